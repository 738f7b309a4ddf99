//! One pull: page after page of a table's log, taken in one after the other. While that is done with a page, the next one is
//! asked for and read by a task of its own: the service, the reading and the fold then work at the same time.

use std::{sync::Arc, time::Instant};

use jiff::SignedDuration;
use tokio::sync::{OwnedMutexGuard, oneshot};
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

/// Who has it takes in pages. A task that nobody waits for any more keeps it until it has done so: no row comes late.
pub(super) type Turn = OwnedMutexGuard<Puller>;

/// A page in a task of its own, which reads it when it comes, and takes it in when it is given the turn.
struct Coming {
    since: String,
    /// Where the next page begins, as far as this one foretells; once it has come.
    foretold: oneshot::Receiver<String>,
    turn: oneshot::Sender<Turn>,
    /// `None` where it was given no turn.
    taken_in: AbortOnDropHandle<Option<Taken>>,
}

/// A page that was taken in, or why not; and what others need then.
struct Taken {
    turn: Turn,
    reader: PageReader,
    next: Result<Next, BackendError>,
}

/// A pull under way.
struct Run<'a> {
    pull: &'a Pull<'a>,
    replica: &'a Arc<Replica>,
    is_full: bool,
    /// None while a task has it.
    turn: &'a mut Option<Turn>,
    coming: Option<Coming>,
    /// Those that read no page now.
    readers: Vec<PageReader>,
}

impl Pull<'_> {
    /// Brings the replica up to date. The turn is given back, unless a task has ended with it.
    pub(super) async fn run(
        &self,
        replica: &Arc<Replica>,
        turn: &mut Option<Turn>,
        wants_full: bool,
    ) -> Result<(), DataError> {
        let puller = turn.as_mut().ok_or_else(closed)?;
        let is_full = wants_full || puller.resume.is_some();
        let mut since = replica.begin(puller, is_full);
        let mut run = Run { pull: self, replica, is_full, turn, coming: None, readers: Vec::new() };
        for _ in 0..MAX_PAGES {
            let next = match run.coming.take().filter(|coming| coming.since == since) {
                Some(coming) => run.take_in_there(coming).await?,
                None => run.take_in_here(&since).await?,
            };
            (self.grown)()?;
            let puller = run.turn.as_mut().ok_or_else(closed)?;
            match next {
                Next::Page { is_new, until } => {
                    let next = overlapping(&since, &until).filter(|_| is_new).unwrap_or(until);
                    if next == since {
                        break;
                    }
                    since = next;
                    if is_full {
                        puller.resume = Some(since.clone());
                    }
                }
                Next::End { until } => {
                    replica.end(puller, until, is_full, self.caller, self.now);
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
}

impl Run<'_> {
    /// Takes in the page that begins there. Most pulls have one page: it needs no task.
    async fn take_in_here(&mut self, since: &str) -> Result<Next, BackendError> {
        let mut page = self.pull.asking(self.replica, since).await?;
        if let Some(until) = page.foretold() {
            self.look_ahead(since, until).await;
        }
        let mut reader = self.readers.pop().unwrap_or_default();
        let read = self.pull.sync.read(&mut page, &mut reader)?;
        let next = self.replica.take_in(self.turn.as_mut().ok_or_else(closed)?, &read, self.is_full);
        reader.done(read);
        self.readers.push(reader);
        Ok(next)
    }

    /// Has a page taken in by the task that has asked for it.
    async fn take_in_there(&mut self, coming: Coming) -> Result<Next, BackendError> {
        let Coming { since, foretold, turn, taken_in } = coming;
        if let Ok(until) = foretold.await {
            self.look_ahead(&since, &until).await;
        }
        if let Some(own) = self.turn.take() {
            // Where it is not taken, the task has ended.
            let _ = turn.send(own);
        }
        let taken = taken_in.await.ok().flatten().ok_or_else(closed)?;
        *self.turn = Some(taken.turn);
        self.readers.push(taken.reader);
        taken.next
    }

    /// Has the page behind `until` asked for, which is where the one ends that begins at `since`.
    async fn look_ahead(&mut self, since: &str, until: &str) {
        let since = overlapping(since, until).unwrap_or_else(|| until.to_owned());
        let (foretell, foretold) = oneshot::channel();
        let (give, turn) = oneshot::channel::<Turn>();
        let (sync, asking) = (self.pull.sync.clone(), self.pull.asking(self.replica, &since));
        let (replica, is_full) = (Arc::clone(self.replica), self.is_full);
        let mut reader = self.readers.pop().unwrap_or_default();
        let work = async move {
            let mut page = asking.await;
            let until = page.as_ref().ok().and_then(PulledPage::foretold).map(str::to_owned);
            // Who waits for it asks for the page behind this one, before this one is read.
            if until.is_some_and(|until| foretell.send(until).is_ok()) {
                tokio::task::yield_now().await;
            }
            let read = page.as_mut().map_err(|error| *error).and_then(|page| sync.read(page, &mut reader));
            let mut turn = turn.await.ok()?;
            let next = read.map(|read| {
                let next = replica.take_in(&mut turn, &read, is_full);
                reader.done(read);
                next
            });
            Some(Taken { turn, reader, next })
        };
        let taken_in = AbortOnDropHandle::new(tokio::spawn(trace::carried(work)));
        self.coming = Some(Coming { since, foretold, turn: give, taken_in });
        // A task that was just made waits for the one that made it: now it sends the request.
        tokio::task::yield_now().await;
    }
}

/// A task that is ended before it is done is one of a process that ends.
fn closed() -> BackendError {
    BackendError { service: Service::Sync, kind: FailureKind::Closed }
}

/// Where the page behind `until` is asked for, so that it overlaps with the one that began at `since`, if the two differ.
fn overlapping(since: &str, until: &str) -> Option<String> {
    Some(before(until, PAGE_OVERLAP)).filter(|next| next != since)
}
