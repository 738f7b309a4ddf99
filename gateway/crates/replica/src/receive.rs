//! Receives the pages of a log, one after the other. What was received is taken in batch by batch, while the next ones come.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures::StreamExt as _;
use jiff::SignedDuration;
use mana_mcp_runtime::{
    failure::{BackendError, FailureKind, Service},
    log::stamp::before,
    rows::TableSpec,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::task::AbortOnDropHandle;

use super::{
    log::{Log, PageBody},
    splitter::{Batch, PageEnd, Splitter},
};

/// How far before its end the next page begins: rows may share a time with the last one of a page. As little as the
/// service's times can differ by (PostgreSQL's `timestamptz`).
const PAGE_OVERLAP: SignedDuration = SignedDuration::from_micros(1);
/// Rows of as many bytes are taken in together, and by a thread that may be busy.
pub(super) const BATCH: usize = 64 << 10;
/// Batches that have been received and wait to be taken in, at most.
const BATCHES_WAITING: usize = 4;

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

/// What has been received.
pub(super) enum Received {
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
pub(super) struct Source {
    here: Option<Box<Pages>>,
    ahead: Option<Ahead>,
}

/// What a task receives. When this is dropped, nobody waits for it any more.
struct Ahead {
    received: mpsc::Receiver<Result<Received, BackendError>>,
    _receiving: AbortOnDropHandle<()>,
}

impl Source {
    /// The pages of that table's log from `since` on.
    pub(super) fn new(log: &Arc<dyn Log>, table: TableSpec, since: &str, shared: &Arc<Shared>) -> Self {
        let pages = Pages {
            log: Arc::clone(log),
            table,
            shared: Arc::clone(shared),
            since: since.to_owned(),
            state: State::Idle,
            splitter: Splitter::default(),
            long_row: None,
        };
        Self { here: Some(Box::new(pages)), ahead: None }
    }

    pub(super) async fn next(&mut self) -> Result<Received, BackendError> {
        match (&mut self.here, &mut self.ahead) {
            (Some(pages), _) => pages.next().await,
            (None, Some(ahead)) => ahead.received.recv().await.unwrap_or_else(|| Err(closed())),
            (None, None) => Err(closed()),
        }
    }

    /// Receives what follows on a task of its own.
    pub(super) fn go_ahead(&mut self) {
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

pub(super) fn closed() -> BackendError {
    BackendError { service: Service::SYNC, kind: FailureKind::Closed }
}

/// Where the page behind the one begins that began at `since` and ended at `until`: so that they overlap, if that is another
/// place than `since`.
pub(super) fn following(since: &str, until: &str) -> String {
    Some(before(until, PAGE_OVERLAP)).filter(|next| next != since).unwrap_or_else(|| until.to_owned())
}
