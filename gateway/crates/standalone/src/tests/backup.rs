//! Copies that are made while the services work.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::{ISSUER, Services, insert, make_vault, master_key, rows};
use crate::{StandaloneError, back_up, open};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_copy_is_a_data_folder_of_what_was_there() {
    let services = Services::start();
    let ada = services.token("ada@example.org");
    let key = make_vault(&services.standalone.identity, &ada).await;
    services.push(&ada, "w", vec![insert("before", None)]).await;
    let place = tempfile::tempdir().unwrap();
    let copy = place.path().join("copy");
    back_up(services.folder.path(), &copy).unwrap();
    services.push(&ada, "w", vec![insert("after", None)]).await;

    assert_eq!(names(place.path()), ["copy"]);
    assert_eq!(names(&copy), ["mana.key", "mana.sqlite"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&copy), 0o700);
    assert_eq!(["mana.key", "mana.sqlite"].map(|name| mode(&copy.join(name))), [0o600; 2]);
    let restored = open(&copy, ISSUER).unwrap();
    assert_eq!(master_key(&restored.identity, &ada).await, Some(key));
    let copied = Services { folder: place, standalone: restored };
    let stored = rows(&copied.page(&ada, super::EPOCH, "r").await);
    assert_eq!(stored.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), ["before"]);
    assert_eq!(services.pull(&ada, "r").await.len(), 2);
}

#[test]
fn nothing_is_overwritten_and_nothing_left_behind() {
    let services = Services::start();
    let place = tempfile::tempdir().unwrap();
    let refused = |from: &Path, into: &Path| back_up(from, into).unwrap_err();

    let there = place.path().join("there");
    fs::write(&there, "a diary").unwrap();
    assert!(matches!(refused(services.folder.path(), &there), StandaloneError::BackupExists { .. }));
    assert_eq!(fs::read_to_string(&there).unwrap(), "a diary");
    let below_a_file = there.join("copy");
    assert!(matches!(refused(services.folder.path(), &below_a_file), StandaloneError::NoBackup { .. }));
    let without_data = place.path().join("empty");
    let error = refused(&without_data, &place.path().join("copy"));
    assert!(matches!(error, StandaloneError::NothingToBackUp { .. }), "{error:?}");
    assert!(!without_data.exists(), "a look makes nothing");

    fs::remove_file(services.folder.path().join("mana.key")).unwrap();
    let error = refused(services.folder.path(), &place.path().join("copy"));
    assert!(error.to_string().contains("mana.key"), "{error}");
    let damaged = tempfile::tempdir().unwrap();
    fs::write(damaged.path().join("mana.sqlite"), "this is a diary, not a database").unwrap();
    fs::write(damaged.path().join("mana.key"), [7; 32]).unwrap();
    let error = refused(damaged.path(), &place.path().join("copy"));
    assert!(matches!(error, StandaloneError::NoBackup { .. }), "{error:?}");
    assert_eq!(names(place.path()), ["there"]);
}
