//! One pull: page after page of a table's log. While rows are taken in, the next ones are received.

use std::{
    panic::resume_unwind,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use bytes::Bytes;
use futures::{Stream, StreamExt as _, future::BoxFuture};
use jiff::SignedDuration;
use tokio::{
    sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, mpsc},
    task::{JoinError, spawn_blocking},
};
use tokio_util::task::AbortOnDropHandle;

use mana_mcp_runtime::{
    failure::{BackendError, FailureKind, Service},
    log::stamp::before,
    rows::TableSpec,
    table::DataError,
};

use super::{
    Caller,
    memberships::FirstSeen,
    puller::{Next, Puller},
    replica::Replica,
    splitter::{Batch, PageEnd, Splitter},
};

/// How far before its end the next page begins: rows may share a time with the last one of a page. As little as the
/// service's times can differ by (PostgreSQL's `timestamptz`).
const PAGE_OVERLAP: SignedDuration = SignedDuration::from_micros(1);
/// Pages of one pull, at most. What has come by then is kept.
const MAX_PAGES: usize = 10_000;
/// Rows of as many bytes are taken in together, and by a thread that may be busy.
const BATCH: usize = 64 << 10;
/// Batches that have been received and wait to be taken in, at most.
const BATCHES_WAITING: usize = 4;

/// The body of a page, as it arrives.
pub type PageBody = Pin<Box<dyn Stream<Item = Result<Bytes, BackendError>> + Send>>;

/// Where a caller's rows come from.
pub trait Log: Send + Sync {
    /// The page of that table's log that begins at `since`.
    fn page(&self, table: TableSpec, since: &str) -> BoxFuture<'static, Result<PageBody, BackendError>>;

    /// The failure of an answer that is no page.
    fn malformed(&self) -> BackendError;

    /// A number for the token that it reads with. Two tokens have one by a rare chance only.
    fn token(&self) -> u64;
}

/// What a pull needs from outside.
pub(super) struct Pull<'a> {
    pub(super) log: &'a Arc<dyn Log>,
    pub(super) caller: &'a Caller,
    /// When the caller was first seen in each space.
    pub(super) memberships: Arc<FirstSeen>,
    pub(super) now: Instant,
    /// The bytes that a space other than the personal one may take.
    pub(super) shared_limit: usize,
    /// Called after each batch; fails when the replica may not grow further.
    pub(super) grown: &'a (dyn Fn() -> Result<(), DataError> + Send + Sync),
    /// What all pulls share.
    pub(super) shared: &'a Arc<Shared>,
}

/// What all pulls of the process share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Counts the requests.
    pub(super) asked: AtomicU64,
    /// Rows that are longer than a batch, while they are received and taken in.
    long_rows: Arc<Semaphore>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { asked: AtomicU64::new(0), long_rows: Arc::new(Semaphore::new(16)) }
    }
}

/// The right to take rows in. A thread that nobody waits for any more keeps it until it has done so: no row comes late.
pub(super) type Turn = OwnedMutexGuard<Puller>;

/// What has been received.
enum Received {
    Rows(Batch, Option<OwnedSemaphorePermit>),
    End(PageEnd),
}

/// Receives page after page, as each names the beginning of the next one.
struct Pages {
    log: Arc<dyn Log>,
    table: TableSpec,
    shared: Arc<Shared>,
    /// Where the page begins.
    since: String,
    state: State,
    splitter: Splitter,
    /// Held for the row that is being received, where it is long.
    long_row: Option<OwnedSemaphorePermit>,
}

enum State {
    /// No page is asked for.
    Idle,
    Receiving(PageBody),
    /// The body has come to its end.
    Received,
}

/// Pages that are received here or, from the first long one on, by a task.
struct Source {
    here: Option<Box<Pages>>,
    ahead: Option<Ahead>,
}

/// What a task receives. When this is dropped, nobody waits for it any more.
struct Ahead {
    received: mpsc::Receiver<Result<Received, BackendError>>,
    _receiving: AbortOnDropHandle<()>,
}

impl Pull<'_> {
    pub(super) fn first_seen(&self, space: &str) -> Option<Instant> {
        self.memberships.at(space)
    }

    /// Brings the replica up to date. The turn is given back, unless a thread has ended with it.
    pub(super) async fn run(&self, replica: &Arc<Replica>, turn: &mut Option<Turn>) -> Result<(), DataError> {
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
        Err(BackendError { service: Service::Sync, kind: FailureKind::Malformed }.into())
    }

    fn source(&self, replica: &Replica, since: &str) -> Source {
        Source::of(Pages {
            log: Arc::clone(self.log),
            table: replica.table,
            shared: Arc::clone(self.shared),
            since: since.to_owned(),
            state: State::Idle,
            splitter: Splitter::default(),
            long_row: None,
        })
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

impl Source {
    fn of(pages: Pages) -> Self {
        Self { here: Some(Box::new(pages)), ahead: None }
    }

    async fn next(&mut self) -> Result<Received, BackendError> {
        match (&mut self.here, &mut self.ahead) {
            (Some(pages), _) => pages.next().await,
            (None, Some(ahead)) => ahead.received.recv().await.unwrap_or_else(|| Err(closed())),
            (None, None) => Err(closed()),
        }
    }

    /// Receives what follows on a task of its own.
    fn go_ahead(&mut self) {
        let Some(mut pages) = self.here.take() else { return };
        let (handed, received) = mpsc::channel(BATCHES_WAITING);
        let receiving = async move {
            loop {
                let next = pages.next().await;
                let is_last = match &next {
                    Ok(Received::End(end)) => !end.has_more,
                    Ok(Received::Rows(..)) => false,
                    Err(_) => true,
                };
                if handed.send(next).await.is_err() || is_last {
                    return;
                }
            }
        };
        self.ahead = Some(Ahead { received, _receiving: AbortOnDropHandle::new(tokio::spawn(receiving)) });
    }
}

impl Pages {
    /// The next rows, or the end of the page; the next page is asked for only then.
    async fn next(&mut self) -> Result<Received, BackendError> {
        loop {
            match &mut self.state {
                State::Idle => {
                    self.shared.asked.fetch_add(1, Ordering::Relaxed);
                    self.state = State::Receiving(self.log.page(self.table, &self.since).await?);
                    self.splitter = Splitter::default();
                }
                State::Receiving(_) if self.splitter.bytes_of_rows() >= BATCH => return Ok(self.rows()),
                State::Receiving(body) => {
                    if self.splitter.bytes_of_begun_row() >= BATCH && self.long_row.is_none() {
                        self.long_row = Arc::clone(&self.shared.long_rows).acquire_owned().await.ok();
                    }
                    match body.next().await {
                        Some(piece) => self.splitter.feed(&piece?).map_err(|_| self.log.malformed())?,
                        None => self.state = State::Received,
                    }
                }
                State::Received if self.splitter.has_rows() => return Ok(self.rows()),
                State::Received => {
                    self.state = State::Idle;
                    let end = self.splitter.finish().map_err(|_| self.log.malformed())?;
                    self.since = following(&self.since, &end.synced_until);
                    return Ok(Received::End(end));
                }
            }
        }
    }

    fn rows(&mut self) -> Received {
        Received::Rows(self.splitter.take(), self.long_row.take())
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
