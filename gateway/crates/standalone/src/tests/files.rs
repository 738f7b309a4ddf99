//! The data folder: who may read it, what survives, and what is refused.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{ISSUER, Services, insert, make_vault, master_key, spaces};
use crate::{Standalone, StandaloneError, open};

fn token(standalone: &Standalone, email: &str) -> String {
    standalone.issue_token(email, Duration::from_secs(60)).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_folder_and_its_files_are_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/data");
    let standalone = open(&data, ISSUER).unwrap();
    standalone.issue_token("ada@example.org", Duration::from_secs(1)).unwrap();
    assert_eq!(mode(&data), 0o700);
    for file in fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert_eq!(fs::metadata(data.join("mana.key")).unwrap().len(), 32);
}

#[test]
fn files_that_were_restored_for_everybody_are_the_owners_alone_again() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), ISSUER).unwrap().issue_token("ada@example.org", Duration::from_secs(1)).unwrap();
    let files = ["mana.key", "mana.sqlite"].map(|name| folder.path().join(name));
    for file in &files {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    open(folder.path(), ISSUER).unwrap();
    assert_eq!(files.map(|file| mode(&file)), [0o600; 2]);
}

#[tokio::test]
async fn everything_is_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), ISSUER).unwrap();
    let ada = token(&first, "ada@example.org");
    let key = make_vault(&first.identity, &ada).await;
    drop(first);
    let second = open(folder.path(), ISSUER).unwrap();
    assert_eq!(master_key(&second.identity, &ada).await, Some(key));
}

#[tokio::test]
async fn a_second_opener_issues_tokens_that_the_first_takes() {
    let folder = tempfile::tempdir().unwrap();
    let server = open(folder.path(), ISSUER).unwrap();
    let command = open(folder.path(), ISSUER).unwrap();
    let ada = token(&command, "ada@example.org");
    assert_eq!(spaces(&server.identity, &ada).await.unwrap().len(), 1);
}

#[test]
fn openers_of_a_new_folder_agree_on_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let opened: Vec<Standalone> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| open(folder.path(), ISSUER).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let ids: std::collections::HashSet<_> = opened
        .iter()
        .map(|one| {
            let token = one.issue_token("ada@example.org", Duration::from_secs(1)).unwrap();
            jsonwebtoken::decode_header(token).unwrap().kid
        })
        .collect();
    assert_eq!(ids.len(), 1);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[tokio::test]
async fn the_database_alone_holds_no_key() {
    let services = Services::start();
    let ada = services.token("ada@example.org");
    let key = STANDARD.decode(make_vault(&services.standalone.identity, &ada).await).unwrap();
    let secret = fs::read(services.folder.path().join("mana.key")).unwrap();
    for name in ["mana.sqlite", "mana.sqlite-wal"] {
        let bytes = fs::read(services.folder.path().join(name)).unwrap();
        assert!(!bytes.windows(32).any(|window| window == key || window == secret));
    }
}

#[tokio::test]
async fn a_database_without_its_key_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), ISSUER).unwrap());
    let path = folder.path().join("mana.key");
    let key = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(matches!(open(folder.path(), ISSUER), Err(StandaloneError::NoKeyFile { .. })));
    assert!(!path.exists(), "no new key may be made");
    for wrong in [[7; 32].as_slice(), &[], &[7; 31], &[7; 33]] {
        fs::write(&path, wrong).unwrap();
        assert!(matches!(open(folder.path(), ISSUER), Err(StandaloneError::WrongKeyFile { .. })));
    }
    fs::write(&path, key).unwrap();
    open(folder.path(), ISSUER).unwrap();
}

#[tokio::test]
async fn a_damaged_database_is_refused_by_name_and_left_as_it_is() {
    let services = Services::start();
    let ada = services.token("ada@example.org");
    services.push(&ada, "w", (0..500).map(|index| insert(&index.to_string(), None)).collect()).await;
    let Services { folder, standalone } = services;
    drop(standalone);
    let path = folder.path().join("mana.sqlite");
    let sound = fs::read(&path).unwrap();
    assert!(sound.len() > 16 * 4096);
    for (what, at, length) in [("the header", 0, 100), ("the middle", 4096, 8 * 4096), ("a page", 3 * 4096, 4096)] {
        fs::write(&path, &sound).unwrap();
        let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&vec![0xA5; length]).unwrap();
        drop(file);
        let damaged = fs::read(&path).unwrap();
        let error = open(folder.path(), ISSUER).unwrap_err();
        assert!(matches!(error, StandaloneError::Damaged { .. }), "{what}: {error:?}");
        let text = error.to_string();
        assert!(text.contains(path.to_str().unwrap()) && text.contains("backup"), "{text}");
        assert!(fs::read(&path).unwrap() == damaged, "{what}: the file was changed");
    }
    fs::write(&path, b"this is a diary, not a database, and longer than a header would be, so that it is read")
        .unwrap();
    assert!(matches!(open(folder.path(), ISSUER), Err(StandaloneError::Damaged { .. })));
    fs::write(&path, &sound[..sound.len() / 2]).unwrap();
    assert!(matches!(open(folder.path(), ISSUER), Err(StandaloneError::Damaged { .. })));
    fs::write(&path, &sound).unwrap();
    open(folder.path(), ISSUER).unwrap();
}

#[test]
fn a_newer_or_foreign_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), ISSUER).unwrap());
    let path = folder.path().join("mana.sqlite");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = open(folder.path(), ISSUER).unwrap_err();
    assert!(matches!(error, StandaloneError::NewerSchema { found: 99, known: 1, .. }), "{error:?}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mana.sqlite");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(matches!(open(folder.path(), ISSUER), Err(StandaloneError::Damaged { .. })));
}

#[test]
fn a_folder_that_cannot_be_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(open(&file, ISSUER), Err(StandaloneError::NoFolder { .. })));
    assert!(matches!(open(&file.join("below"), ISSUER), Err(StandaloneError::NoFolder { .. })));
    let data = folder.path().join("data");
    fs::create_dir_all(data.join("mana.sqlite")).unwrap();
    assert!(matches!(open(&data, ISSUER), Err(StandaloneError::NoAccess { .. })));
}
