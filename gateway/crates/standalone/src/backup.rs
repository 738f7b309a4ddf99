//! A copy of the data folder, made while services work in it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{
    error::StandaloneError,
    folder,
    key_file::{self, KEY_FILE},
    store::{self, FILE},
};

/// Copies the data of a folder into a new one, which is itself a data folder. Services may go on writing: the copy has
/// everything that was confirmed before it began, and of each write all or nothing.
///
/// # Errors
/// Where there are no data, the new folder is there already, or a file cannot be written. Then nothing is left behind.
pub fn back_up(data_dir: &Path, into: &Path) -> Result<(), StandaloneError> {
    let no_access = |path: &Path, reason| StandaloneError::NoBackup { path: path.to_owned(), reason };
    if !store::is_in(data_dir) {
        return Err(StandaloneError::NothingToBackUp { path: data_dir.to_owned() });
    }
    if fs::symlink_metadata(into).is_ok() {
        return Err(StandaloneError::BackupExists { path: into.to_owned() });
    }
    let draft = Draft::beside(into).map_err(|reason| no_access(into, reason))?;
    copy_database(&data_dir.join(FILE), &draft.0.join(FILE)).map_err(|reason| no_access(into, reason))?;
    // The key is never changed once it is there, and a database with keys has one.
    let key = data_dir.join(KEY_FILE);
    folder::refuse_link(&key)?;
    let key = key_file::read_private(&key).map_err(|source| StandaloneError::of_file(key.clone(), source))?;
    write_private(&draft.0.join(KEY_FILE), key.as_slice()).map_err(|reason| no_access(into, reason))?;
    draft.rename(into).map_err(|reason| no_access(into, reason))
}

/// One moment of the database, in a file of its own.
fn copy_database(from: &Path, to: &Path) -> io::Result<()> {
    // SQLite takes an empty file for a new one, and keeps its mode.
    write_private(to, b"")?;
    let text = to.to_str().ok_or_else(|| io::Error::other("its path is not UTF-8"))?;
    let copied = store::connect(from).and_then(|database| database.execute("VACUUM INTO ?1", [text]));
    copied.map_err(io::Error::other)?;
    File::open(to)?.sync_all()
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A folder that is removed again, unless it gets its name.
struct Draft(PathBuf);

impl Draft {
    fn beside(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
        let draft = path.with_file_name(format!(".{}.{}", name.display(), uuid::Uuid::new_v4()));
        DirBuilder::new().mode(0o700).create(&draft)?;
        Ok(Self(draft))
    }

    fn rename(self, to: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        fs::rename(&self.0, to)?;
        // A bare name has an empty parent, which is the folder here.
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent)?.sync_all()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Where it has its name, there is nothing to remove.
        let _ = fs::remove_dir_all(&self.0);
    }
}
