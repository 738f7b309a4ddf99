//! Writes that share a transaction.

use std::sync::Arc;

use rusqlite::{Connection, ErrorCode};

use crate::{error::StoreError, writer::Writer};

fn database(path: &std::path::Path) -> Connection {
    let db = Connection::open(path).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.execute_batch("CREATE TABLE IF NOT EXISTS rows (id INTEGER NOT NULL UNIQUE, body TEXT) STRICT").unwrap();
    db
}

async fn write(writer: &Writer, id: i64, body: String) -> Result<(), StoreError> {
    let work = move |db: &Connection| {
        db.execute("INSERT INTO rows (id, body) VALUES (?1, ?2)", rusqlite::params![id, body])?;
        // A second step that fails must undo the first.
        db.execute("INSERT INTO rows (id) VALUES (?1)", [if id == 13 { 13 } else { id + 1000 }])?;
        Ok(())
    };
    writer.write(work).await
}

fn stored(path: &std::path::Path) -> i64 {
    let sql = "SELECT count(*) FROM rows WHERE id < 1000";
    Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_write_that_fails_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let writer = Arc::new(Writer::start(database(&path)));
    let outcomes = futures::future::join_all((0..50).map(|id| write(&writer, id, String::new()))).await;
    let failed: Vec<usize> =
        outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_err()).map(|(id, _)| id).collect();
    assert_eq!(failed, [13]);
    assert_eq!(stored(&path), 49);
}

#[tokio::test]
async fn what_is_answered_when_the_disk_is_full_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let db = database(&path);
    db.pragma_update(None, "max_page_count", 60).unwrap();
    let writer = Arc::new(Writer::start(db));
    let large = "x".repeat(20_000);
    let outcomes = futures::future::join_all((100..140).map(|id| write(&writer, id, large.clone()))).await;
    let mut confirmed: Vec<i64> =
        (100..).zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|(id, _)| id).collect();
    // Also those that shared a transaction with the one for which there was no room.
    let is_full = |error: &StoreError| matches!(error, StoreError::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull));
    let failures: Vec<&StoreError> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert!(!failures.is_empty() && failures.iter().all(|error| is_full(error)), "{failures:?}");
    // Small writes go on where there is room for them.
    for id in 200..205 {
        confirmed.extend(write(&writer, id, String::new()).await.is_ok().then_some(id));
    }
    assert!(!confirmed.is_empty());
    let db = Connection::open(&path).unwrap();
    for id in confirmed {
        let sql = "SELECT count(*) FROM rows WHERE id IN (?1, ?1 + 1000)";
        assert_eq!(db.query_row(sql, [id], |row| row.get::<_, i64>(0)).unwrap(), 2, "{id} was confirmed");
    }
}

#[tokio::test]
async fn what_was_sent_is_stored_before_the_writer_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let writer = Writer::start(database(&path));
    {
        let sent = write(&writer, 1, String::new());
        futures::pin_mut!(sent);
        assert!(futures::poll!(sent).is_pending());
    }
    drop(writer);
    assert_eq!(stored(&path), 1);
}
