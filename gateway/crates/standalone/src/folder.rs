//! Whose the data folder is. Another user of the machine who can write it could put keys of their own there, or links to
//! files that are then changed in this user's name.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

use super::error::StandaloneError;

/// With this flag a link is not opened.
pub(super) const NO_LINK: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

/// Refuses a folder that belongs to another user, or that others may write.
pub(super) fn check(folder: &Path) -> Result<(), StandaloneError> {
    let metadata = fs::metadata(folder);
    let metadata = metadata.map_err(|reason| StandaloneError::NoAccess { path: folder.to_owned(), reason })?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(StandaloneError::ForeignFolder { path: folder.to_owned() });
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(StandaloneError::OpenFolder { path: folder.to_owned() });
    }
    Ok(())
}

/// Refuses a file that is a link. One that is not there yet is none.
pub(super) fn refuse_link(path: &Path) -> Result<(), StandaloneError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(StandaloneError::Link { path: path.to_owned() }),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StandaloneError::of_file(path.to_owned(), error)),
        _ => Ok(()),
    }
}
