//! Where pulls and pages begin, and when rows are seen.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{future::BoxFuture, stream};
use mana_mcp_runtime::{
    data::{DataError, TableRows},
    failure::{BackendError, FailureKind, Service},
    rows::TableSpec,
};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::{FnLog, HABITS, at_home};
use crate::{Log, PageBody, Replica, Replicas, puller::Puller};

/// A log whose pages come in the pieces that a test hands out, each up to an empty one.
struct Slow(Arc<tokio::sync::Mutex<UnboundedReceiver<String>>>);

impl Log for Slow {
    fn page(&self, _: TableSpec, _: &str) -> BoxFuture<'static, Result<PageBody, BackendError>> {
        let pieces = stream::unfold(Arc::clone(&self.0), async |pieces| {
            let piece = pieces.lock().await.recv().await.filter(|piece| !piece.is_empty())?;
            Some((Ok(Bytes::from(piece)), pieces))
        });
        Box::pin(async { Ok(Box::pin(pieces) as PageBody) })
    }

    fn malformed(&self) -> BackendError {
        BackendError { service: Service::SYNC, kind: FailureKind::Malformed }
    }

    fn token(&self) -> u64 {
        0
    }
}

/// Replicas over those pages, and where each page was asked for.
fn scripted(pages: Vec<Value>) -> (Scripted, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let pages = Mutex::new(pages.into_iter());
    let noted = Arc::clone(&asked);
    let page = move |since: &str| {
        noted.lock().unwrap().push(since.to_owned());
        pages.lock().unwrap().next().unwrap()
    };
    (Scripted { replicas: Replicas::new(1 << 20), log: Arc::new(FnLog(page)) }, asked)
}

/// Replicas over a log whose pages the test chooses.
struct Scripted {
    replicas: Replicas,
    log: Arc<dyn Log>,
}

impl Scripted {
    async fn refreshed(&self) -> Result<Arc<Replica>, DataError> {
        self.replicas.refresh(&self.log, HABITS, &at_home(), Instant::now()).await
    }

    /// The title of the one row.
    async fn title(&self) -> String {
        let rows = self.refreshed().await.unwrap().select(&|_| true);
        rows[0].get("title").unwrap().as_str().unwrap().to_owned()
    }
}

fn row(event: &str, title: &str, at: &str) -> Value {
    json!({ "eventId": event, "schemaVersion": 1, "table": "habits", "id": "11111111-1111-4111-8111-111111111111",
        "op": "insert", "data": { "title": title, "updatedAt": at } })
}

/// A page of those rows. Where there are no more, the service says nothing of that.
fn page(rows: Value, until: &str, has_more: bool) -> Value {
    let mut page = json!({ "serverChanges": rows, "conflicts": [], "syncedUntil": until });
    if has_more {
        page["hasMore"] = true.into();
    }
    page
}

#[tokio::test]
async fn a_pull_begins_before_its_cursor_and_pages_overlap() {
    let pages = vec![
        page(json!([row("e1", "a", "t1")]), "2026-01-01T00:00:10.000Z", true),
        page(json!([row("e1", "a", "t1"), row("e2", "b", "t2")]), "2026-01-01T00:00:20.000Z", false),
        // Late: its transaction was under way when the cursor was read.
        page(json!([row("e1.5", "late", "t3"), row("e2", "b", "t2")]), "2026-01-01T00:00:30.000Z", false),
    ];
    let (scripted, asked) = scripted(pages);
    assert_eq!(scripted.title().await, "b");
    assert_eq!(scripted.title().await, "late");
    let asked = asked.lock().unwrap();
    assert_eq!(asked[..2], ["1970-01-01T00:00:00.000Z", "2026-01-01T00:00:09.999999000Z"]);
    // Earlier where the pull before was slow.
    assert!(asked[2].as_str() <= "2026-01-01T00:00:15.000Z", "{asked:?}");
}

#[tokio::test]
async fn a_page_that_was_asked_for_too_early_is_let_go() {
    let pages = vec![
        page(json!([row("e1", "a", "t1")]), "2026-01-01T00:00:10.000Z", true),
        // Nothing new: what is asked for meanwhile begins too early.
        page(json!([row("e1", "a", "t1")]), "2026-01-01T00:00:11.000Z", true),
        page(json!([row("e9", "let go", "t9")]), "2026-01-01T00:00:12.000Z", false),
        page(json!([row("e2", "b", "t2")]), "2026-01-01T00:00:12.000Z", false),
    ];
    let (scripted, asked) = scripted(pages);
    assert_eq!(scripted.title().await, "b");
    let asked = asked.lock().unwrap();
    assert_eq!(
        asked[1..],
        ["2026-01-01T00:00:09.999999000Z", "2026-01-01T00:00:10.999999000Z", "2026-01-01T00:00:11.000Z"]
    );
}

#[tokio::test]
async fn a_page_that_is_known_from_a_pull_that_broke_off_overlaps_with_the_next() {
    let page = |rows, has_more| page(rows, "2026-01-01T00:00:10.000Z", has_more);
    let pages = vec![
        page(json!([row("e1", "a", "t1")]), false),
        page(json!([row("e2", "b", "t2")]), true),
        json!("no page"),
        page(json!([row("e2", "b", "t2")]), true),
        // Of the very time at which the page before ended.
        page(json!([row("e2", "b", "t2"), row("e3", "c", "t3")]), false),
    ];
    let (scripted, asked) = scripted(pages);
    assert_eq!(scripted.title().await, "a");
    scripted.refreshed().await.unwrap_err();
    assert_eq!(scripted.title().await, "c");
    let asked = asked.lock().unwrap();
    // Earlier where the pull before was slow.
    assert!(asked[1].as_str() <= "2026-01-01T00:00:05.000Z", "{asked:?}");
    assert_eq!(asked[2..], ["2026-01-01T00:00:09.999999000Z", &asked[1], "2026-01-01T00:00:09.999999000Z"]);
}

#[tokio::test]
async fn readers_see_whole_pages_and_wait_for_none() {
    let (handed, received) = tokio::sync::mpsc::unbounded_channel();
    let replicas = Replicas::new(1 << 20);
    let log: Arc<dyn Log> = Arc::new(Slow(Arc::new(tokio::sync::Mutex::new(received))));
    let send = |text: &str| handed.send(text.to_owned()).unwrap();
    send(&page(json!([row("e1", "a", "t1")]), "2026-01-01T00:00:10.000Z", false).to_string());
    send("");
    let replica = replicas.refresh(&log, HABITS, &at_home(), Instant::now()).await.unwrap();
    let titles = || -> Vec<String> {
        let rows = replica.select(&|_| true);
        rows.iter().map(|row| row.get("title").unwrap().as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles(), ["a"]);

    // The next page comes slowly, and its first row is more than is taken in at once.
    let long = row("e2", &"b".repeat(200_000), "t2").to_string();
    send(&format!(r#"{{"serverChanges":[{long},"#));
    let caller = at_home();
    let reading = replicas.refresh(&log, HABITS, &caller, Instant::now());
    tokio::pin!(reading);
    for _ in 0..100 {
        assert!(futures::poll!(reading.as_mut()).is_pending());
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(titles(), ["a"]);
    }
    send(&format!(r#"{}],"syncedUntil":"2026-01-01T00:00:20.000Z"}}"#, row("e3", "c", "t3")));
    send("");
    drop(reading.await.unwrap());
    assert_eq!(titles(), ["c"]);
}

#[tokio::test]
async fn a_slow_pull_is_overlapped_by_as_much_more() {
    let pages = [1, 2, 3].map(|_| page(json!([]), "2026-01-01T00:01:00.000Z", false));
    let (scripted, asked) = scripted(pages.to_vec());
    scripted.refreshed().await.unwrap();
    scripted.refreshed().await.unwrap();
    assert_eq!(asked.lock().unwrap()[1], "2026-01-01T00:00:55.000Z");
    let mut puller = Puller::new(HABITS);
    Replica::new(HABITS).end(&mut puller, "2026-01-01T00:01:00.000Z", Duration::from_millis(8_000));
    assert_eq!(puller.cursor(), "2026-01-01T00:00:52.000Z");
}

#[tokio::test]
async fn of_equal_times_the_order_of_the_log_decides_even_when_a_row_comes_late() {
    let page = |rows| page(rows, "2026-01-01T00:00:10.000Z", false);
    let pages =
        vec![page(json!([row("e2", "second", "t")])), page(json!([row("e1", "first", "t"), row("e2", "second", "t")]))];
    let (scripted, _) = scripted(pages);
    assert_eq!(scripted.title().await, "second");
    assert_eq!(scripted.title().await, "second");
}

#[tokio::test]
async fn a_service_that_hands_out_the_same_page_for_ever_is_left() {
    let page = page(json!([row("e1", "a", "t")]), "2026-01-01T00:00:10.000Z", true);
    let (scripted, asked) = scripted(vec![page; 10]);
    scripted.refreshed().await.unwrap_err();
    assert!(asked.lock().unwrap().len() < 6);
}
