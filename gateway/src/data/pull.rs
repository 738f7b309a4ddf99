//! One pull: page after page of a table's log. While one is taken in, the next ones are asked for.

use std::{
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

use super::{
    Caller, DataError, TableSpec,
    replica::{Next, Puller, Replica},
    stamp::before,
};
use crate::{
    auth::BearerToken,
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
/// Pages that have been handed on and wait to be taken in, at most; one more is asked for or has come.
const PAGES_WAITING: usize = 1;

/// What a pull needs from outside.
pub(super) struct Pull<'a> {
    pub(super) sync: &'a SyncClient,
    pub(super) caller: &'a Caller,
    pub(super) now: Instant,
    /// Told after each page; refuses when the replica may not grow further.
    pub(super) grown: Arc<dyn Fn() -> Result<(), DataError> + Send + Sync>,
    /// Counts the requests.
    pub(super) asked: &'a Arc<AtomicU64>,
}

/// Who has it takes in pages. A thread that nobody waits for any more keeps it until it has done so: no row comes late.
pub(super) type Turn = OwnedMutexGuard<Puller>;

/// Where pages come from.
struct Source {
    sync: SyncClient,
    token: BearerToken,
    table: TableSpec,
    asked: Arc<AtomicU64>,
}

/// Pages that are asked for one behind the other, as each foretells where the next one begins.
struct Ahead {
    /// Where the next one in line begins.
    begins: String,
    pages: mpsc::Receiver<Result<PulledPage, BackendError>>,
}

/// Asks for pages ahead. When this is dropped, nobody waits for them any more.
type Asking = AbortOnDropHandle<()>;

/// What a pull goes on with, on whichever thread it is.
struct Course {
    turn: Turn,
    reader: PageReader,
    ahead: Option<Ahead>,
    /// Where the page begins that is to be taken in.
    since: String,
    /// How many more pages are taken in.
    left: usize,
}

impl Pull<'_> {
    /// Brings the replica up to date. The turn is given back, unless a thread has ended with it.
    pub(super) async fn run(&self, replica: &Arc<Replica>, turn: &mut Option<Turn>) -> Result<(), DataError> {
        let mut own = turn.take().ok_or_else(closed)?;
        let since = replica.begin(&mut own, self.caller, self.now);
        let course = Course { turn: own, reader: PageReader::default(), ahead: None, since, left: MAX_PAGES };
        let mut course = Some(course);
        let outcome = self.follow(replica, &mut course).await;
        *turn = course.map(|course| course.turn);
        outcome
    }

    async fn follow(&self, replica: &Arc<Replica>, course: &mut Option<Course>) -> Result<(), DataError> {
        let mut asking = None;
        loop {
            let page = self.page(replica, course.as_mut().ok_or_else(closed)?, &mut asking).await?;
            if self.take_in(replica, course, page).await? {
                return Ok(());
            }
        }
    }

    /// The page that is to be taken in. One that was asked for ahead in vain, because that task has ended, is asked for here.
    async fn page(
        &self,
        replica: &Replica,
        course: &mut Course,
        asking: &mut Option<Asking>,
    ) -> Result<PulledPage, BackendError> {
        if let Some(line) = course.line()
            && let Some(page) = line.pages.recv().await
        {
            return page.inspect(|page| course.came(page));
        }
        let (sync, token, asked) = (self.sync.clone(), self.caller.token.clone(), Arc::clone(self.asked));
        let source = Source { sync, token, table: replica.table, asked };
        // What was asked for with another cursor is let go.
        (course.ahead, *asking) = (None, None);
        let page = source.page(&course.since).await?;
        if let Some(until) = page.foretold() {
            let (ahead, task) = ahead(source, following(&course.since, &until));
            (course.ahead, *asking) = (Some(ahead), Some(task));
        }
        Ok(page)
    }

    /// Takes in a page, and tells whether it was the last one. Where that is much, a thread that may be busy does it: the others
    /// go on to ask, answer and listen.
    async fn take_in(
        &self,
        replica: &Arc<Replica>,
        course: &mut Option<Course>,
        page: PulledPage,
    ) -> Result<bool, DataError> {
        let (sync, grown, replica) = (self.sync.clone(), Arc::clone(&self.grown), Arc::clone(replica));
        let mut own = course.take().ok_or_else(closed)?;
        let is_much = page.len() >= LARGE || page.foretold().is_some();
        let work = move || {
            let outcome = own.take_in(&replica, &sync, &*grown, page);
            (own, outcome)
        };
        let (own, outcome) = if is_much { ended(spawn_blocking(work).await)? } else { work() };
        *course = Some(own);
        outcome
    }
}

impl Course {
    /// Takes in a page, and the ones behind it that have come by then: so the thread goes on while there is work for it. Tells
    /// whether the last one was among them.
    fn take_in(
        &mut self,
        replica: &Replica,
        sync: &SyncClient,
        grown: &dyn Fn() -> Result<(), DataError>,
        mut page: PulledPage,
    ) -> Result<bool, DataError> {
        loop {
            let next = replica.take_in(&mut self.turn, |take| sync.read(page, &mut self.reader, take))?;
            grown()?;
            let next = match next {
                Next::Page { is_new: true, until } => following(&self.since, &until),
                Next::Page { is_new: false, until } => until,
                Next::End { until } => {
                    replica.end(&mut self.turn, until);
                    return grown().map(|()| true);
                }
            };
            self.left -= 1;
            if next == self.since || self.left == 0 {
                // The service promises more for ever, or hands out the same page again.
                return Err(BackendError { service: Service::Sync, kind: FailureKind::Malformed }.into());
            }
            self.since = next;
            let Some(more) = self.line().and_then(|line| line.pages.try_recv().ok()) else { return Ok(false) };
            page = more?;
            self.came(&page);
        }
    }

    /// The line of pages, where the one that is to be taken in is its next one.
    fn line(&mut self) -> Option<&mut Ahead> {
        self.ahead.as_mut().filter(|line| line.begins == self.since)
    }

    /// Notes what stands in line behind a page that has come.
    fn came(&mut self, page: &PulledPage) {
        match (page.foretold(), &mut self.ahead) {
            (Some(until), Some(line)) => line.begins = following(&self.since, &until),
            _ => self.ahead = None,
        }
    }
}

impl Source {
    async fn page(&self, since: &str) -> Result<PulledPage, BackendError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.sync.pull(&self.token, self.table.app, self.table.sync_name, since, READER).await
    }
}

/// The pages from there on.
fn ahead(source: Source, since: String) -> (Ahead, Asking) {
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
    (Ahead { begins, pages }, AbortOnDropHandle::new(tokio::spawn(trace::carried(asking))))
}

/// What a thread has made. One that was ended before is one of a process that ends.
fn ended<T>(outcome: Result<T, JoinError>) -> Result<T, BackendError> {
    outcome.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => closed(),
    })
}

fn closed() -> BackendError {
    BackendError { service: Service::Sync, kind: FailureKind::Closed }
}

/// Where the page behind the one begins that began at `since` and ended at `until`: so that they overlap, if that is another
/// place than `since`.
fn following(since: &str, until: &str) -> String {
    Some(before(until, PAGE_OVERLAP)).filter(|next| next != since).unwrap_or_else(|| until.to_owned())
}
