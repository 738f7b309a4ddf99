//! The one thread that writes. Writes that wait together share a transaction, and so one wait for the disk.

use std::{
    cell::OnceCell,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::JoinHandle,
};

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use super::error::{StoreError, copy};

/// Writes that share a transaction, at most.
const BATCH: usize = 256;
/// Writes that wait, at most. Tasks beyond that wait for their turn to wait.
const QUEUE: usize = 1024;

/// A write, which leaves behind what is to be done when it is known whether it is durable.
/// Without a transaction it does nothing but fail.
type Job = Box<dyn FnOnce(Result<&Transaction<'_>, StoreError>) -> Finish + Send>;
type Finish = Box<dyn FnOnce(Result<(), StoreError>)>;

/// What the writes of one moment share.
struct Transaction<'a> {
    connection: &'a Connection,
    /// The failure of a write for which SQLite has rolled back all of it, as for a full disk.
    broken_by: OnceCell<rusqlite::Error>,
}

/// The door to the writing thread. Dropping it finishes what was sent and closes the database.
pub(super) struct Writer {
    jobs: Option<SyncSender<Job>>,
    room: Semaphore,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (jobs, waiting) = sync_channel(2 * QUEUE);
        let thread = std::thread::spawn(move || run(&connection, &waiting));
        Self { jobs: Some(jobs), room: Semaphore::new(QUEUE), thread: Some(thread) }
    }

    /// Runs the work and returns when it is durable.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let _room = self.room.acquire().await.map_err(|_| StoreError::Closed)?;
        let (answer, answered) = oneshot::channel();
        let job = job(work, move |outcome| drop(answer.send(outcome)));
        match self.jobs.as_ref().map(|jobs| jobs.try_send(job)) {
            Some(Ok(())) => answered.await.unwrap_or(Err(StoreError::Closed)),
            // The queue has room for all that wait here, and for as many that gave up waiting.
            Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) | None => Err(StoreError::Closed),
        }
    }

    /// As [`Writer::write`], blocking the thread.
    pub(super) fn write_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = sync_channel(1);
        let job = job(work, move |outcome| drop(answer.send(outcome)));
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(StoreError::Closed)?;
        answered.recv().unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been answered as `Closed` already.
            let _ = thread.join();
        }
    }
}

fn job<T, F>(work: F, answer: impl FnOnce(Result<T, StoreError>) + Send + 'static) -> Job
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
{
    Box::new(move |transaction| {
        let outcome = transaction.and_then(|transaction| in_savepoint(transaction, work));
        // What failed by itself says so; what worked is only as good as the commit.
        Box::new(move |committed| answer(outcome.and_then(|value| committed.map(|()| value))))
    })
}

/// Runs the work whole or not at all, whatever becomes of the others in the transaction.
fn in_savepoint<T>(
    Transaction { connection, broken_by }: &Transaction<'_>,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.execute_batch("SAVEPOINT job")?;
    let outcome = work(connection);
    if !connection.is_autocommit() {
        let end = if outcome.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        connection.execute_batch(end)?;
    } else if let Err(StoreError::Sqlite(error)) = &outcome {
        let _ = broken_by.set(copy(error));
    }
    outcome
}

fn run(connection: &Connection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let batch = std::iter::once(first).chain(jobs.try_iter().take(BATCH - 1));
        let begun = connection.execute_batch("BEGIN IMMEDIATE");
        let transaction = Transaction { connection, broken_by: OnceCell::new() };
        let mut finishes = Vec::new();
        for job in batch {
            let transaction = match (&begun, transaction.broken_by.get()) {
                (Err(error), _) | (Ok(()), Some(error)) => Err(StoreError::Sqlite(copy(error))),
                // The job would run outside of any transaction.
                (Ok(()), None) if connection.is_autocommit() => Err(StoreError::RolledBack),
                (Ok(()), None) => Ok(&transaction),
            };
            finishes.push(job(transaction));
        }
        let ended = begun.and_then(|()| match transaction.broken_by.into_inner() {
            Some(error) => Err(error),
            None => connection.execute_batch("COMMIT"),
        });
        if ended.is_err() && !connection.is_autocommit() {
            // A transaction that cannot be ended shows at the next BEGIN.
            let _ = connection.execute_batch("ROLLBACK");
        }
        for finish in finishes {
            finish(ended.as_ref().copied().map_err(|error| StoreError::Sqlite(copy(error))));
        }
    }
}
