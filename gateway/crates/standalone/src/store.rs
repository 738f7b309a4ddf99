//! The SQLite file: how it is opened, checked, read and written.

use std::{
    fmt,
    fs::{DirBuilder, OpenOptions},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::{
    error::{StandaloneError, StoreError, copy},
    folder,
    key_file::{KEY_FILE, KeyWrap, keep_private},
    schema,
    writer::Writer,
};

/// The database in the data folder.
pub(super) const FILE: &str = "mana.sqlite";
/// How long to wait for another process's transaction.
const BUSY: Duration = Duration::from_secs(5);
const BUSY_PAUSE: Duration = Duration::from_millis(10);
/// Readers at a time; more wait their turn.
const READERS: usize = 4;
/// A larger file is not read through at the start: damage then shows when it is met, and is refused there.
const CHECKED_AT_OPEN: u64 = 64 << 20;

/// The database of a data folder.
pub(super) struct Store {
    path: PathBuf,
    keys: Arc<KeyWrap>,
    writer: Writer,
    idle: Mutex<Vec<Connection>>,
    readers: Semaphore,
    /// Whether the last read, and the last write, met a database that does not work.
    reads_fail: AtomicBool,
    writes_fail: AtomicBool,
}

/// Whether there is a database in the folder.
pub(super) fn is_in(data_dir: &Path) -> bool {
    data_dir.join(FILE).exists()
}

impl Store {
    pub(super) fn open(data_dir: &Path) -> Result<Self, StandaloneError> {
        if !data_dir.is_dir() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(data_dir);
            made.map_err(|reason| StandaloneError::NoFolder { path: data_dir.to_owned(), reason })?;
        }
        folder::check(data_dir)?;
        let path = data_dir.join(FILE);
        folder::refuse_link(&path)?;
        // SQLite gives its journals the mode of the database.
        let mut file = OpenOptions::new();
        file.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(folder::NO_LINK);
        let file = file.open(&path);
        let size = file.and_then(|file| file.metadata());
        let size = size.map_err(|error| StandaloneError::of_file(path.clone(), error))?.len();
        // It is closed by now: closing a file gives up every lock that the process has on it (fcntl(2)), SQLite's too. Then
        // another process takes itself for the last one, and removes the journal in which this one goes on writing.
        for file in ["", "-wal", "-shm"] {
            keep_private(&data_dir.join(format!("{FILE}{file}")));
        }
        let failed = |source| StandaloneError::of_sqlite(path.clone(), source);
        let mut connection = connect(&path).map_err(failed)?;
        check(&connection, &path, size)?;
        prepare(&mut connection, &path)?;
        let has_keys = "SELECT EXISTS (SELECT 1 FROM vaults) OR EXISTS (SELECT 1 FROM signing_keys)";
        let has_keys = connection.query_row(has_keys, [], |row| row.get(0)).map_err(failed)?;
        let keys = KeyWrap::open(data_dir, has_keys)?;
        Ok(Self {
            keys: Arc::new(keys),
            writer: Writer::start(connection),
            idle: Mutex::default(),
            readers: Semaphore::new(READERS),
            reads_fail: AtomicBool::new(false),
            writes_fail: AtomicBool::new(false),
            path,
        })
    }

    /// Runs one write and returns when it is durable. Writes that arrive together share a transaction.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let outcome = self.writer.write(work).await;
        self.note(&self.writes_fail, outcome.as_ref().err());
        outcome
    }

    /// As [`Store::write`], for callers that are no tasks.
    pub(super) fn write_blocking<T, F>(&self, work: F) -> Result<T, StandaloneError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write_blocking(work).map_err(|error| self.told(error))
    }

    /// Runs a read in a transaction of its own, on a thread that may block.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let outcome = self.read_unnoted(work).await;
        self.note(&self.reads_fail, outcome.as_ref().err());
        outcome
    }

    /// Whether the database works, as far as its last uses tell. Where writes failed, one is tried.
    pub(super) async fn works(&self) -> bool {
        if self.writes_fail.load(Ordering::Relaxed) {
            // Writes a page, and changes nothing.
            let same = |db: &Connection| Ok(db.pragma_update(None, "user_version", schema::VERSION)?);
            return self.write(same).await.is_ok();
        }
        !self.reads_fail.load(Ordering::Relaxed)
    }

    /// Tells the operator what is wrong with the database, once until it works again.
    fn note(&self, fails: &AtomicBool, error: Option<&StoreError>) {
        let error = match error {
            Some(StoreError::Sqlite(error)) => error,
            // A transaction that another write broke: that one is noted.
            Some(_) => return,
            None => return fails.store(false, Ordering::Relaxed),
        };
        if !fails.swap(true, Ordering::Relaxed) {
            tracing::error!("{}", StandaloneError::of_sqlite(self.path.clone(), copy(error)));
        }
    }

    async fn read_unnoted<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let _permit = self.readers.acquire().await.map_err(|_| StoreError::Closed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut connection = match idle {
                Some(connection) => connection,
                None => connect(&path)?,
            };
            let transaction = connection.transaction()?;
            let value = work(&transaction);
            transaction.finish()?;
            Ok::<_, StoreError>((value?, connection))
        });
        let (value, connection) = done.await.map_err(|_| StoreError::Closed)??;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(value)
    }

    /// A secret for one purpose, kept with the data.
    pub(super) fn secret(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.keys.secret(purpose)
    }

    /// Where the database is.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// What wraps the keys in the database.
    pub(super) fn key_wrap(&self) -> Arc<KeyWrap> {
        Arc::clone(&self.keys)
    }

    /// An error for the operator.
    fn told(&self, error: StoreError) -> StandaloneError {
        match error {
            StoreError::Sqlite(source) => StandaloneError::of_sqlite(self.path.clone(), source),
            StoreError::NoRandomness => StandaloneError::NoRandomness,
            StoreError::KeyDoesNotOpen => StandaloneError::WrongKeyFile { path: self.path.with_file_name(KEY_FILE) },
            StoreError::NoSuchSpace(space) => StandaloneError::NoSuchSpace(space),
            StoreError::Closed | StoreError::RolledBack => StandaloneError::Closed,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A connection to the database, which must be there.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    // A write is durable before it is answered, also when the machine loses power.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Else a statement is compiled anew for each value of a range that it is given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Refuses a file that is damaged, or not ours.
fn check(connection: &Connection, path: &Path, size: u64) -> Result<(), StandaloneError> {
    let failed = |source| StandaloneError::of_sqlite(path.to_owned(), source);
    let damaged = |detail| Err(StandaloneError::Damaged { path: path.to_owned(), detail });
    // One statement, and so one moment: another process may be writing the schema just now.
    let look = "SELECT (SELECT user_version FROM pragma_user_version),
                       (SELECT name FROM sqlite_schema WHERE type = 'table' LIMIT 1)";
    let looked: rusqlite::Result<(i64, Option<String>)> =
        connection.query_row(look, [], |row| Ok((row.get(0)?, row.get(1)?)));
    let (found, table) = looked.map_err(failed)?;
    if !(0..=schema::VERSION).contains(&found) {
        return Err(StandaloneError::NewerSchema { path: path.to_owned(), found, known: schema::VERSION });
    }
    if size <= CHECKED_AT_OPEN {
        let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
        if verdict != "ok" {
            // Its first line is a heading, where there are more.
            return damaged(verdict.lines().last().unwrap_or_default().to_owned());
        }
    }
    match table {
        Some(table) if found == 0 => damaged(format!("it is another program's: it has a table `{table}`")),
        _ => Ok(()),
    }
}

/// Brings the schema up to date. Several processes may do so at the same time: where the journal's mode changes, SQLite
/// does not wait for the others by itself.
fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StandaloneError> {
    let begun = Instant::now();
    loop {
        match bring_up_to_date(connection) {
            Err(error) if is_busy(&error) && begun.elapsed() < BUSY => std::thread::sleep(BUSY_PAUSE),
            done => return done.map_err(|source| StandaloneError::of_sqlite(path.to_owned(), source)),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
}

fn bring_up_to_date(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Also shows a file that can be read and not written.
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == 0 {
        transaction.execute_batch(schema::BASE)?;
        transaction.pragma_update(None, "user_version", schema::VERSION)?;
    }
    transaction.execute_batch(schema::ENDED_SESSIONS)?;
    transaction.execute_batch(schema::GRANTS)?;
    transaction.commit()
}
