//! One pull: page after page of a table's log. While one is taken in, the next one is asked for.

use std::{mem, panic::resume_unwind, sync::Arc, time::Instant};

use jiff::SignedDuration;
use tokio::{
    sync::OwnedMutexGuard,
    task::{JoinError, spawn_blocking},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Caller, DataError,
    replica::{Next, Puller, Replica},
    stamp::before,
};
use crate::{
    backend::{BackendError, FailureKind, PageReader, PulledPage, Service, SyncClient},
    telemetry::trace,
};

/// Nobody writes under this id, so the service leaves nothing out.
const READER: &str = "mana-mcp-reader";
/// How far before its end the next page begins: rows may share a time with the last one of a page. As little as the
/// service's times can differ by (PostgreSQL's `timestamptz`).
const PAGE_OVERLAP: SignedDuration = SignedDuration::from_micros(1);
/// Pages of one pull, at most. What has come by then is kept.
const MAX_PAGES: usize = 10_000;
/// From so many bytes on, a page by itself is work for a thread that may be busy.
const LARGE: usize = 64 << 10;

/// What a pull needs from outside.
pub(super) struct Pull<'a> {
    pub(super) sync: &'a SyncClient,
    pub(super) caller: &'a Caller,
    pub(super) now: Instant,
    /// Told after each page; refuses when the replica may not grow further.
    pub(super) grown: &'a (dyn Fn() -> Result<(), DataError> + Send + Sync),
    /// Told of each request.
    pub(super) asked: &'a (dyn Fn() + Send + Sync),
}

/// Who has it takes in pages. A thread that nobody waits for any more keeps it until it has done so: no row comes late.
pub(super) type Turn = OwnedMutexGuard<Puller>;

/// A page that is asked for already. When this is dropped, nobody waits for it any more.
struct Ahead {
    since: String,
    page: AbortOnDropHandle<Result<PulledPage, BackendError>>,
}

impl Pull<'_> {
    /// Brings the replica up to date. The turn is given back, unless a thread has ended with it.
    pub(super) async fn run(&self, replica: &Arc<Replica>, turn: &mut Option<Turn>) -> Result<(), DataError> {
        let mut since = replica.begin(turn.as_mut().ok_or_else(closed)?, self.caller, self.now);
        let mut ahead: Option<Ahead> = None;
        let mut reader = PageReader::default();
        for _ in 0..MAX_PAGES {
            let page = match ahead.take().filter(|ahead| ahead.since == since) {
                Some(ahead) => ended(ahead.page.await)??,
                None => self.asking(replica, &since).await?,
            };
            ahead = page.foretold().map(|until| self.ask_ahead(replica, &since, until));
            let is_much = ahead.is_some() || page.len() >= LARGE;
            let next = self.take_in(replica, turn, &mut reader, page, is_much).await?;
            (self.grown)()?;
            match next {
                Next::Page { is_new, until } => {
                    let next = overlapping(&since, &until).filter(|_| is_new).unwrap_or(until);
                    if next == since {
                        break;
                    }
                    since = next;
                }
                Next::End { until } => {
                    replica.end(turn.as_mut().ok_or_else(closed)?, until);
                    return (self.grown)();
                }
            }
        }
        // The service promises more for ever, or hands out the same page again.
        Err(BackendError { service: Service::Sync, kind: FailureKind::Malformed }.into())
    }

    /// What asks for the page that begins there.
    fn asking(&self, replica: &Replica, since: &str) -> impl Future<Output = Result<PulledPage, BackendError>> + use<> {
        (self.asked)();
        let (sync, token, since) = (self.sync.clone(), self.caller.token.clone(), since.to_owned());
        let (app, table) = (replica.table.app, replica.table.sync_name);
        async move { sync.pull(&token, app, table, &since, READER).await }
    }

    /// Has a task ask for the page behind `until`, which is where the one ends that began at `since`.
    fn ask_ahead(&self, replica: &Replica, since: &str, until: &str) -> Ahead {
        let since = overlapping(since, until).unwrap_or_else(|| until.to_owned());
        let asking = tokio::spawn(trace::carried(self.asking(replica, &since)));
        Ahead { since, page: AbortOnDropHandle::new(asking) }
    }

    /// Takes in a page. Where that is much, a thread that may be busy does it: the others go on to ask, answer and listen.
    async fn take_in(
        &self,
        replica: &Arc<Replica>,
        turn: &mut Option<Turn>,
        reader: &mut PageReader,
        page: PulledPage,
        is_much: bool,
    ) -> Result<Next, BackendError> {
        let (sync, replica) = (self.sync.clone(), Arc::clone(replica));
        let (mut own, mut room) = (turn.take().ok_or_else(closed)?, mem::take(reader));
        let work = move || {
            let next = sync.read(page, &mut room, |page| replica.take_in(&mut own, &page));
            (own, room, next)
        };
        let (own, room, next) = if is_much { ended(spawn_blocking(work).await)? } else { work() };
        *turn = Some(own);
        *reader = room;
        next
    }
}

/// What a task or a thread has made. One that was ended before is one of a process that ends.
fn ended<T>(outcome: Result<T, JoinError>) -> Result<T, BackendError> {
    outcome.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => closed(),
    })
}

fn closed() -> BackendError {
    BackendError { service: Service::Sync, kind: FailureKind::Closed }
}

/// Where the page behind `until` is asked for, so that it overlaps with the one that began at `since`, if the two differ.
fn overlapping(since: &str, until: &str) -> Option<String> {
    Some(before(until, PAGE_OVERLAP)).filter(|next| next != since)
}
