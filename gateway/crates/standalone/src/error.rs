//! Why the standalone services cannot work, and what to do about it. These texts are for the operator.

use std::{io, path::PathBuf};

use rusqlite::ErrorCode;

/// A data folder that cannot be used, or a request to it that cannot be met.
#[derive(Debug, thiserror::Error)]
pub enum StandaloneError {
    /// The data folder cannot be made.
    #[error("the data folder {} cannot be created: {reason}. Set DATA_DIR to a folder that this user may write", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// The data folder belongs to another user.
    #[error("the data folder {} belongs to another user, who could read and change what is in it. Set DATA_DIR to a folder of this user", path.display())]
    ForeignFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Others may write the data folder.
    #[error("other users may write the data folder {}. Take that right from them (chmod go-w), or set DATA_DIR to another folder", path.display())]
    OpenFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A file in the data folder is a link.
    #[error("{} is a link, and links are not followed. Put the file itself there, or set DATA_DIR to the folder that it is in", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A file in the data folder cannot be opened for writing.
    #[error("{} cannot be opened for reading and writing: {reason}. Give this user the rights to it and its folder, or set DATA_DIR to another folder", path.display())]
    NoAccess {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// The file, its folder or the file system is read-only.
    #[error("{} is read-only. Give this user the right to write it and its folder, or set DATA_DIR to another folder", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// There is no room on the disk.
    #[error("there is no room left to write {}. Make room on its disk; nothing that was confirmed is lost", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file is no SQLite database, or a damaged one.
    #[error("{} is damaged or no SQLite database ({detail}). It was left as it is. Restore it from a backup, or move it away to begin with an empty one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// The file was written by a newer version of the program, or by another program.
    #[error("{} has schema version {found}, and this program knows up to {known}. Use the newer program that wrote it", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// Another process holds the database.
    #[error("{} is in use by another process, which still holds it. End it, or try again", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The database is there, but the key that opens the keys in it is not.
    #[error("{} is missing, and the keys in the database open with it alone. Restore it from a backup; without it encrypted data cannot be read", path.display())]
    NoKeyFile {
        /// The key file.
        path: PathBuf,
    },
    /// The key file does not hold a key, or not the one that belongs to the database.
    #[error("{} does not hold the key of this database. Restore the file that belongs to it", path.display())]
    WrongKeyFile {
        /// The key file.
        path: PathBuf,
    },
    /// A backup was asked for of a folder without data.
    #[error("there are no data in {} to back up. Set DATA_DIR to the gateway's folder", path.display())]
    NothingToBackUp {
        /// The folder.
        path: PathBuf,
    },
    /// The folder for a backup is there already.
    #[error("{} is there already, and a backup overwrites nothing. Name a new folder", path.display())]
    BackupExists {
        /// The folder.
        path: PathBuf,
    },
    /// A backup cannot be written.
    #[error("no backup could be made in {}: {reason}. Nothing was left behind", path.display())]
    NoBackup {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// SQLite failed in another way.
    #[error("{} cannot be used: {reason}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: rusqlite::Error,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
    /// The text is no e-mail address.
    #[error("`{0}` is not an e-mail address")]
    NotAnEmail(String),
    /// No space has that id.
    #[error("there is no space with the id `{0}`")]
    NoSuchSpace(String),
    /// A token could not be signed.
    #[error("no token could be signed")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// The service is shutting down.
    #[error("the standalone services are shutting down")]
    Closed,
}

/// A failure inside a transaction, before it is known to which file it belongs.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("no random numbers")]
    NoRandomness,
    #[error("a stored key does not open under the key file")]
    KeyDoesNotOpen,
    #[error("no such space: {0}")]
    NoSuchSpace(String),
    #[error("shutting down")]
    Closed,
    /// Another write of the same transaction made it fail.
    #[error("the transaction was rolled back")]
    RolledBack,
}

impl StoreError {
    /// Whether nothing was stored, because there was no room for it.
    pub(super) fn is_want_of_room(&self) -> bool {
        matches!(self, Self::Sqlite(error) if is_want_of_room(error))
    }
}

/// A full disk; also a quota, or a limit on the size of files, which SQLite takes for a failed write.
fn is_want_of_room(error: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(error, _) = error else { return false };
    error.code == ErrorCode::DiskFull || error.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE
}

/// The same error for somebody else.
pub(super) fn copy(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => rusqlite::Error::SqliteFailure(*code, text.clone()),
        other => rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(1), Some(other.to_string())),
    }
}

impl StandaloneError {
    /// An error of SQLite about the database at that path.
    pub(super) fn of_sqlite(path: PathBuf, source: rusqlite::Error) -> Self {
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { path, detail: source.to_string() }
            }
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(_) if is_want_of_room(&source) => Self::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::NoAccess { path, reason: io::Error::other(source) }
            }
            _ => Self::Database { path, reason: source },
        }
    }

    /// An error of the file system about that file.
    pub(super) fn of_file(path: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::NoAccess { path, reason: source },
        }
    }
}
