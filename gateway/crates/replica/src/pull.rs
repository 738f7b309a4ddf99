//! One pull: page after page of a table's log. While one is taken in, the next ones are asked for.

use std::{
    mem,
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use jiff::SignedDuration;
use tokio::{
    sync::{OwnedMutexGuard, mpsc},
    task::{JoinError, spawn_blocking},
};
use tokio_util::task::AbortOnDropHandle;

use futures::future::BoxFuture;
use mana_mcp_runtime::{
    failure::{BackendError, FailureKind, Service},
    log::stamp::before,
    rows::TableSpec,
    table::DataError,
};

use super::{
    Caller, PageReader, PulledPage,
    replica::{Next, Puller, Replica},
};

/// How far before its end the next page begins: rows may share a time with the last one of a page. As little as the
/// service's times can differ by (PostgreSQL's `timestamptz`).
const PAGE_OVERLAP: SignedDuration = SignedDuration::from_micros(1);
/// Pages of one pull, at most. What has come by then is kept.
const MAX_PAGES: usize = 10_000;
/// From so many bytes on, a page by itself is work for a thread that may be busy.
const LARGE: usize = 64 << 10;
/// Pages that have been handed on and wait to be taken in, at most; one more is asked for or has come.
const PAGES_WAITING: usize = 1;

/// Where a caller's rows come from.
pub trait Log: Send + Sync {
    /// The page of that table's log that begins at `since`.
    fn page(&self, table: TableSpec, since: &str) -> BoxFuture<'static, Result<PulledPage, BackendError>>;

    /// The failure of an answer that is no page.
    fn malformed(&self) -> BackendError;
}

/// What a pull needs from outside.
pub(super) struct Pull<'a> {
    pub(super) log: &'a Arc<dyn Log>,
    pub(super) caller: &'a Caller,
    pub(super) now: Instant,
    /// Called after each page; fails when the replica may not grow further.
    pub(super) grown: &'a (dyn Fn() -> Result<(), DataError> + Send + Sync),
    /// Counts the requests.
    pub(super) asked: &'a Arc<AtomicU64>,
}

/// Who has it takes in pages. A thread that nobody waits for any more keeps it until it has done so: no row comes late.
pub(super) type Turn = OwnedMutexGuard<Puller>;

/// Where pages come from.
struct Source {
    log: Arc<dyn Log>,
    table: TableSpec,
    asked: Arc<AtomicU64>,
}

/// Pages that are asked for one behind the other, as each foretells where the next one begins. When this is dropped, nobody
/// waits for them any more.
struct Ahead {
    /// Where the next one in line begins.
    begins: String,
    pages: mpsc::Receiver<Result<PulledPage, BackendError>>,
    _asking: AbortOnDropHandle<()>,
}

impl Pull<'_> {
    /// Brings the replica up to date. The turn is given back, unless a thread has ended with it.
    pub(super) async fn run(&self, replica: &Arc<Replica>, turn: &mut Option<Turn>) -> Result<(), DataError> {
        let begun = Instant::now();
        let mut since = replica.begin(turn.as_mut().ok_or_else(closed)?, self.caller, self.now);
        if turn.as_ref().is_some_and(|puller| puller.reads_in_full()) {
            // It may have been dropped while this one waited for its turn.
            (self.grown)()?;
        }
        let (mut ahead, mut reader) = (None, PageReader::default());
        for number in 0..MAX_PAGES {
            let page = self.page(replica, &mut ahead, &since).await?;
            let next = self.take_in(replica, turn, &mut reader, page).await;
            // Also where the page was none: rows may have come by then.
            let grown = (self.grown)();
            match next? {
                Next::Page { is_new, until } => {
                    grown?;
                    // A first page may be known from a pull that broke off behind it, and what follows it not.
                    let next = if is_new || number == 0 { following(&since, &until) } else { until };
                    if next == since {
                        break;
                    }
                    since = next;
                }
                Next::End { until } => {
                    at_end(grown)?;
                    replica.end(turn.as_mut().ok_or_else(closed)?, &until, begun.elapsed());
                    return at_end((self.grown)());
                }
            }
        }
        // The service promises more for ever, or hands out the same page again.
        Err(BackendError { service: Service::Sync, kind: FailureKind::Malformed }.into())
    }

    /// The page that begins there. One that was asked for ahead in vain, because that task has ended, is asked for here.
    async fn page(
        &self,
        replica: &Replica,
        ahead: &mut Option<Ahead>,
        since: &str,
    ) -> Result<PulledPage, BackendError> {
        if let Some(line) = ahead.as_mut().filter(|line| line.begins == since)
            && let Some(page) = line.pages.recv().await
        {
            let page = page?;
            match page.foretold() {
                Some(until) => line.begins = following(since, &until),
                None => *ahead = None,
            }
            return Ok(page);
        }
        let source = Source { log: Arc::clone(self.log), table: replica.table, asked: Arc::clone(self.asked) };
        // What was asked for with another cursor is let go.
        *ahead = None;
        let page = source.page(since).await?;
        *ahead = page.foretold().map(|until| Ahead::new(source, following(since, &until)));
        Ok(page)
    }

    /// Takes in a page. Where that is much, a thread that may be busy does it: the others go on to ask, answer and listen.
    async fn take_in(
        &self,
        replica: &Arc<Replica>,
        turn: &mut Option<Turn>,
        reader: &mut PageReader,
        page: PulledPage,
    ) -> Result<Next, BackendError> {
        let (log, replica) = (Arc::clone(self.log), Arc::clone(replica));
        let (mut own, mut room) = (turn.take().ok_or_else(closed)?, mem::take(reader));
        let is_much = page.len() >= LARGE || page.foretold().is_some();
        let work = move || {
            let next = replica.take_in(&mut own, |take| room.read(page, take).ok_or_else(|| log.malformed()));
            (own, room, next)
        };
        let (own, room, next) = if is_much { ended(spawn_blocking(work).await)? } else { work() };
        *turn = Some(own);
        *reader = room;
        next
    }
}

impl Source {
    async fn page(&self, since: &str) -> Result<PulledPage, BackendError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.log.page(self.table, since).await
    }
}

impl Ahead {
    /// The pages from there on.
    fn new(source: Source, since: String) -> Self {
        let (begins, (handed, pages)) = (since.clone(), mpsc::channel(PAGES_WAITING));
        let asking = async move {
            let mut page = source.page(&since).await;
            let mut begins = since;
            while let Some(until) = page.as_ref().ok().and_then(PulledPage::foretold) {
                begins = following(&begins, &until);
                let Ok(room) = handed.reserve().await else { return };
                // The next one is asked for before this one is handed on: who takes it may need the processor.
                let (next, ()) = tokio::join!(biased; source.page(&begins), async { room.send(page) });
                page = next;
            }
            // Where this fails, nobody waits for it.
            let _ = handed.send(page).await;
        };
        Self { begins, pages, _asking: AbortOnDropHandle::new(tokio::spawn(asking)) }
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

fn closed() -> BackendError {
    BackendError { service: Service::Sync, kind: FailureKind::Closed }
}

/// Where the page behind the one begins that began at `since` and ended at `until`: so that they overlap, if that is another
/// place than `since`.
fn following(since: &str, until: &str) -> String {
    Some(before(until, PAGE_OVERLAP)).filter(|next| next != since).unwrap_or_else(|| until.to_owned())
}
