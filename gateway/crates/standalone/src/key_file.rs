//! The key file `mana.key`: 32 random bytes under which the keys in the database are wrapped, and from which the gateway's
//! other secrets are derived, so that they outlive a restart.
//!
//! It protects against one thing: somebody who has a copy of the database **alone** (a backup, a file sent for support, a
//! snapshot of one volume) can neither read encrypted fields nor make tokens. It does not protect against somebody who
//! reads the whole data folder or runs code as its owner: to serve, the process must open the keys without asking
//! anybody. Plain fields of rows are readable in the database either way.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use mana_mcp_runtime::crypto::derived;
use rand::{TryRng, rngs::SysRng};
use zeroize::Zeroizing;

use super::{
    error::{StandaloneError, StoreError},
    folder,
};

/// Its name in the data folder.
pub(super) const KEY_FILE: &str = "mana.key";

const IV: usize = 12;

/// Wraps and opens keys under the key of the file.
pub(super) struct KeyWrap {
    cipher: Aes256Gcm,
    key: Zeroizing<[u8; 32]>,
}

impl KeyWrap {
    /// Reads the key file. It is made where there is none and the database holds no keys yet.
    pub(super) fn open(data_dir: &Path, database_has_keys: bool) -> Result<Self, StandaloneError> {
        let path = data_dir.join(KEY_FILE);
        let failed = |error| StandaloneError::of_file(path.clone(), error);
        folder::refuse_link(&path)?;
        if !path.try_exists().map_err(failed)? {
            if database_has_keys {
                return Err(StandaloneError::NoKeyFile { path });
            }
            create(data_dir, &path).map_err(failed)?;
        }
        keep_private(&path);
        let bytes = read_private(&path).map_err(failed)?;
        let Ok(key) = <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new) else {
            return Err(StandaloneError::WrongKeyFile { path });
        };
        Ok(Self { cipher: Aes256Gcm::new((&*key).into()), key })
    }

    /// A secret for one purpose, the same for as long as the file is.
    pub(super) fn secret(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        derived(&self.key, purpose)
    }

    /// Wraps a key that belongs to `owner`, and opens for that owner only.
    pub(super) fn wrap(&self, owner: &str, key: &[u8; 32]) -> Result<Vec<u8>, StoreError> {
        let mut wrapped = vec![0; IV];
        SysRng.try_fill_bytes(&mut wrapped).map_err(|_| StoreError::NoRandomness)?;
        let iv: [u8; IV] = wrapped.first_chunk().copied().ok_or(StoreError::NoRandomness)?;
        let payload = Payload { msg: key, aad: owner.as_bytes() };
        wrapped.extend(self.cipher.encrypt(&Nonce::from(iv), payload).map_err(|_| StoreError::NoRandomness)?);
        Ok(wrapped)
    }

    /// Opens a wrapped key of `owner`.
    pub(super) fn unwrap(&self, owner: &str, wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        let (iv, sealed) = wrapped.split_first_chunk::<IV>().ok_or(StoreError::KeyDoesNotOpen)?;
        let payload = Payload { msg: sealed, aad: owner.as_bytes() };
        let opened = self.cipher.decrypt(&Nonce::from(*iv), payload).map_err(|_| StoreError::KeyDoesNotOpen)?;
        let opened = Zeroizing::new(opened);
        opened.as_slice().try_into().map(Zeroizing::new).map_err(|_| StoreError::KeyDoesNotOpen)
    }
}

/// Takes from others the rights to a file that lies in a folder of ours: who restores a copy of it gives them easily.
pub(super) fn keep_private(path: &Path) {
    let is_open = |metadata: fs::Metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0;
    if fs::symlink_metadata(path).is_ok_and(is_open) {
        // Where it is not this user's, nothing is to be done.
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
    }
}

/// What a key file holds: the key, and a byte more at most where it is none.
pub(super) fn read_private(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = OpenOptions::new().read(true).custom_flags(folder::NO_LINK).open(path)?;
    // With room for all, so that no copy is left behind where it grew.
    let mut bytes = Zeroizing::new(Vec::with_capacity(64));
    file.take(33).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Random bytes for a new key.
pub(super) fn random_key() -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let mut key = Zeroizing::new([0; 32]);
    SysRng.try_fill_bytes(key.as_mut_slice()).map_err(|_| StoreError::NoRandomness)?;
    Ok(key)
}

/// Makes the key file whole or not at all. Where another process was faster, its file stays.
fn create(data_dir: &Path, path: &Path) -> io::Result<()> {
    let key = random_key().map_err(io::Error::other)?;
    let draft = Draft(data_dir.join(format!(".mana.key.{}", uuid::Uuid::new_v4())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft.0)?;
    file.write_all(key.as_slice())?;
    file.sync_all()?;
    match fs::hard_link(&draft.0, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    drop(draft);
    File::open(data_dir)?.sync_all()
}

/// A file that is removed again.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        // Where it cannot be removed, a file with an unused key remains.
        let _ = fs::remove_file(&self.0);
    }
}
