//! Brings a replica up to date: a pull, page after page of its table's log. While rows are taken in, the next ones are
//! received.

use std::{
    panic::resume_unwind,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use mana_mcp_runtime::{
    data::DataError,
    failure::{BackendError, FailureKind, Service},
};
use tokio::{
    sync::OwnedMutexGuard,
    task::{JoinError, spawn_blocking},
};

use super::{
    pull::Pull,
    puller::{Next, Puller},
    receive::{BATCH, Received, Source, closed, following},
    replica::Replica,
    splitter::{Batch, PageEnd},
};

/// Pages of one pull, at most. What has come by then is kept.
const MAX_PAGES: usize = 10_000;

/// The right to take rows in. A thread that nobody waits for any more keeps it until it has done so: no row comes late.
type Turn = OwnedMutexGuard<Puller>;

impl Replica {
    /// Brings the replica up to date with what was stored when this was called.
    pub(super) async fn refresh(self: &Arc<Self>, pull: Pull<'_>) -> Result<(), DataError> {
        let begun_before = self.begun.load(Ordering::SeqCst);
        let puller = Arc::clone(&self.puller).lock_owned().await;
        let wants_full = self.wants_full(&puller, &pull);
        if let Some((number, outcome)) = &puller.last
            && *number > begun_before
            && (outcome.is_err() || (!wants_full && puller.has_accepted(pull.log.token(), pull.now)))
            && !is_of_one_token(outcome)
        {
            return outcome.clone();
        }
        // Yield once so that reads already queued join this pull.
        tokio::task::yield_now().await;
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let mut turn = Some(puller);
        let (token, now) = (pull.log.token(), pull.now);
        let outcome = Box::pin(pull.run(self, &mut turn)).await;
        if let Some(puller) = &mut turn {
            if outcome.is_ok() {
                puller.note_accepted(token, now);
            }
            puller.last = Some((number, outcome.clone()));
        }
        outcome
    }
}

impl Pull<'_> {
    /// Brings the replica up to date. The turn is given back, unless a thread has ended with it.
    async fn run(&self, replica: &Arc<Replica>, turn: &mut Option<Turn>) -> Result<(), DataError> {
        let begun = Instant::now();
        let mut since = replica.begin(turn.as_mut().ok_or_else(closed)?, self);
        if turn.as_ref().is_some_and(|puller| puller.reads_in_full()) {
            // It may have been dropped while this one waited for its turn.
            (self.grown)()?;
        }
        let mut source = self.source(replica, &since);
        for number in 0..MAX_PAGES {
            let end = self.page(replica, turn, &mut source, &since).await?;
            let PageEnd { synced_until: until, .. } = &end;
            match replica.end_page(turn.as_mut().ok_or_else(closed)?, &end) {
                Next::Page { is_new } => {
                    (self.grown)()?;
                    let following = following(&since, until);
                    // A first page may be known from a pull that broke off behind it, and what follows it not.
                    let next = if is_new || number == 0 { following.clone() } else { until.clone() };
                    if next == since {
                        break;
                    }
                    if next != following {
                        source = self.source(replica, &next);
                    }
                    since = next;
                }
                Next::End => {
                    at_end((self.grown)())?;
                    let former = replica.end(turn.as_mut().ok_or_else(closed)?, until, begun.elapsed());
                    // Much may hang on it.
                    drop(spawn_blocking(|| drop(former)));
                    return at_end((self.grown)());
                }
            }
        }
        // The service promises more for ever, or hands out the same page again.
        Err(BackendError { service: Service::SYNC, kind: FailureKind::Malformed }.into())
    }

    fn source(&self, replica: &Replica, since: &str) -> Source {
        Source::new(self.log, replica.table, since, self.shared)
    }

    /// Takes in a page up to its end.
    async fn page(
        &self,
        replica: &Arc<Replica>,
        turn: &mut Option<Turn>,
        source: &mut Source,
        since: &str,
    ) -> Result<PageEnd, DataError> {
        replica.begin_page(turn.as_mut().ok_or_else(closed)?);
        // What has come to its end serves its caller though there is no room for more.
        let mut room = Ok(());
        loop {
            match source.next().await? {
                Received::End(end) => {
                    if end.has_more {
                        source.go_ahead();
                    }
                    return Ok(end);
                }
                Received::Rows(batch, long_row) => {
                    room?;
                    let is_much = batch.bytes() >= BATCH || replica.is_large();
                    if is_much {
                        source.go_ahead();
                    }
                    self.take_in(replica, turn, batch, since, is_much).await?;
                    drop(long_row);
                    room = (self.grown)();
                }
            }
        }
    }

    /// Takes in some rows. Where that is much, a thread that may be busy does it: the others go on to ask, answer and listen.
    async fn take_in(
        &self,
        replica: &Arc<Replica>,
        turn: &mut Option<Turn>,
        batch: Batch,
        since: &str,
        is_much: bool,
    ) -> Result<(), BackendError> {
        let (mut own, replica) = (turn.take().ok_or_else(closed)?, Arc::clone(replica));
        let since = since.to_owned();
        let work = move || {
            replica.take_in(&mut own, &batch, &since);
            own
        };
        *turn = Some(if is_much { ended(spawn_blocking(work).await)? } else { work() });
        Ok(())
    }
}

/// What a thread has made. One that was ended before is one of a process that ends.
fn ended<T>(outcome: Result<T, JoinError>) -> Result<T, BackendError> {
    outcome.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => closed(),
    })
}

/// A replica that was read completely stays usable for its caller even if it has just been evicted.
fn at_end(grown: Result<(), DataError>) -> Result<(), DataError> {
    grown.or_else(|error| if matches!(error, DataError::Crowded { .. }) { Ok(()) } else { Err(error) })
}

/// Whether the outcome says something about one request's token only.
fn is_of_one_token(outcome: &Result<(), DataError>) -> bool {
    matches!(outcome, Err(DataError::Backend(error)) if error.kind == FailureKind::Unauthorized)
}
