//! The replica against the fold's definition, over a service whose clock and transactions are the test's: rows become
//! visible late, out of order and twice, times are equal, spaces are mixed, pages are short.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Instant,
};

use jiff::Timestamp as Time;
use proptest::prelude::*;
use serde_json::{Value, json};

use mana_mcp_runtime::{data::TableRows, rows::StoredRow};

use super::{FnLog, HABITS, at_home};
use crate::{Caller, Replicas};

const IDS: [&str; 4] = ["r1", "r2", "r3", "r4"];
const FIELDS: [&str; 3] = ["title", "color", "deletedAt"];
const PAGE: usize = 3;
/// A transaction takes no longer.
const LONGEST: i64 = 4900;
/// Before the first row.
const START: i64 = 1_800_000_000_000;

/// A row of the log, in the order of its time.
#[derive(Debug, Clone)]
struct Logged {
    created: i64,
    /// Until then its transaction is under way, and no query shows it.
    visible: i64,
    row: Value,
}

#[derive(Debug, Default)]
struct Log {
    now: i64,
    rows: Vec<Logged>,
}

impl Log {
    /// As the service's query: what is visible after `since`, a page of it, and the clock after the query.
    fn page(&self, since: i64) -> Value {
        let is_asked_for = |logged: &&Logged| logged.created > since && logged.visible <= self.now;
        let found: Vec<&Logged> = self.rows.iter().filter(is_asked_for).collect();
        let page: Vec<&Value> = found.iter().take(PAGE).map(|logged| &logged.row).collect();
        match found.get(PAGE - 1).filter(|_| found.len() > PAGE) {
            Some(last) => json!({ "serverChanges": page, "syncedUntil": written(last.created), "hasMore": true }),
            None => json!({ "serverChanges": page, "syncedUntil": written(self.now) }),
        }
    }
}

fn written(millisecond: i64) -> String {
    Time::from_millisecond(START + millisecond).unwrap().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn parsed(text: &str) -> i64 {
    text.parse::<Time>().map_or(i64::MIN, |time| time.as_millisecond() - START)
}

/// A record by the definition: of all rows that touch a field, the one with the latest time, and of equal times the later
/// in the log.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    fields: BTreeMap<String, Value>,
    /// The latest time of any row.
    changed: Option<String>,
}

/// All live records, by the definition: straight from the whole log, one question at a time.
fn defined(log: &[Logged]) -> BTreeMap<(String, Option<String>), Expected> {
    let mut records = BTreeMap::new();
    for (id, space) in IDS.into_iter().flat_map(|id| [(id, None), (id, Some("s"))]) {
        let is_here = |row: &&Value| row["id"] == id && home(row).as_deref() == space;
        let rows: Vec<&Value> = log.iter().map(|logged| &logged.row).filter(is_here).collect();
        if rows.iter().any(|row| row["op"] == "delete" && row.get("deletedAt").is_none()) {
            continue;
        }
        let mut expected = Expected::default();
        for field in FIELDS {
            let winner = rows
                .iter()
                .enumerate()
                .filter_map(|(index, row)| written_by(row, field, index))
                .max_by(|(at, index, _), (other_at, other_index, _)| (at, index).cmp(&(other_at, other_index)));
            if let Some((_, _, value)) = winner {
                expected.fields.insert(field.to_owned(), value);
            }
        }
        let is_deleted = expected.fields.get("deletedAt").is_some_and(|value| !value.is_null());
        if is_deleted || !expected.fields.contains_key("title") {
            continue;
        }
        expected.changed = rows.iter().map(|row| time_of(row)).max().filter(|at| !at.is_empty());
        records.insert((id.to_owned(), space.map(str::to_owned)), expected);
    }
    records
}

/// The space that a row names, where it is not the personal one.
fn home(row: &Value) -> Option<String> {
    row["spaceId"].as_str().filter(|space| !["p", "_personal:ada"].contains(space)).map(str::to_owned)
}

/// The time, the place in the log and the value that a row gives to a field.
fn written_by(row: &Value, field: &str, index: usize) -> Option<(String, usize, Value)> {
    let (at, value) = match row["op"].as_str().unwrap() {
        "insert" => (time_of(row), row["data"].get(field)?.clone()),
        "update" => {
            let stamped = row["fields"].get(field)?;
            (stamped["at"].as_str().unwrap().to_owned(), stamped["value"].clone())
        }
        _ if field == "deletedAt" => (time_of(row), row["deletedAt"].clone()),
        _ => return None,
    };
    Some((at, index, value))
}

/// The time of a row as a whole.
fn time_of(row: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match row["op"].as_str().unwrap() {
        "insert" => text(row["data"].get("updatedAt").unwrap_or(&row["data"]["createdAt"])),
        "update" => {
            row["fields"].as_object().unwrap().values().map(|field| text(&field["at"])).max().unwrap_or_default()
        }
        _ => text(&row["deletedAt"]),
    }
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A row, so long after the last one, whose transaction takes so long.
    Write {
        row: Value,
        after: i64,
        takes: i64,
    },
    /// The row this many places back is pushed again.
    Again {
        back: usize,
    },
    Read,
    /// Time for a read from the start.
    ReadFully,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (row(), 0..2000_i64, prop_oneof![Just(0_i64), 0..LONGEST])
            .prop_map(|(row, after, takes)| Step::Write { row, after, takes }),
        1 => (0..8_usize).prop_map(|back| Step::Again { back }),
        3 => Just(Step::Read),
        1 => Just(Step::ReadFully),
    ]
}

fn row() -> impl Strategy<Value = Value> {
    let id = prop::sample::select(IDS.to_vec());
    let at = prop::sample::select(vec!["", "t1", "t2", "t3"]);
    let names = prop::sample::subsequence(vec!["title", "title", "color"], 1..3);
    let space = prop::sample::select(vec![None, Some("p"), Some("_personal:ada"), Some("s")]);
    (id, at, names, space, 0..20_u8, any::<u16>()).prop_map(|(id, at, names, space, kind, value)| {
        let mut row = json!({ "schemaVersion": 1, "table": "habits", "id": id });
        match kind {
            0..=7 => {
                let mut data: serde_json::Map<_, _> =
                    names.iter().map(|name| ((*name).to_owned(), json!(format!("{name} {value}")))).collect();
                if !at.is_empty() {
                    data.insert(if value % 3 == 0 { "createdAt" } else { "updatedAt" }.to_owned(), json!(at));
                }
                (row["op"], row["data"]) = (json!("insert"), Value::Object(data));
            }
            8..=16 => {
                let field = |name: &&str| ((*name).to_owned(), json!({ "value": format!("{name} {value}"), "at": at }));
                let mut fields: serde_json::Map<_, _> = names.iter().map(field).collect();
                if value % 5 == 0 {
                    fields.insert("deletedAt".to_owned(), json!({ "value": null, "at": at }));
                }
                (row["op"], row["fields"]) = (json!("update"), Value::Object(fields));
            }
            17..=18 => {
                row["op"] = json!("delete");
                row["deletedAt"] = json!("t2");
            }
            _ => row["op"] = json!("delete"),
        }
        if let Some(space) = space {
            row["spaceId"] = json!(space);
        }
        row
    })
}

struct Model {
    log: Arc<Mutex<Log>>,
    replicas: Replicas,
    pages: Arc<dyn crate::Log>,
    caller: Caller,
    /// The clock of the replica, which only decides when it reads from the start.
    instant: Instant,
}

impl Model {
    fn new() -> Self {
        let log = Arc::new(Mutex::new(Log::default()));
        let served = Arc::clone(&log);
        let pages = Arc::new(FnLog(move |since: &str| served.lock().unwrap().page(parsed(since))));
        Self { log, replicas: Replicas::new(1 << 20), pages, caller: at_home(), instant: Instant::now() }
    }

    fn write(&self, mut row: Value, after: i64, takes: i64) {
        let mut log = self.log.lock().unwrap();
        log.now += after.max(1);
        let created = log.now;
        row["eventId"] = json!(format!("event-{}", log.rows.len()));
        log.rows.push(Logged { created, visible: created + takes, row });
    }

    async fn read(&self) -> BTreeMap<(String, Option<String>), Expected> {
        let replica = self.replicas.refresh(&self.pages, HABITS, &self.caller, self.instant).await.unwrap();
        let rows = replica.select(&|row| row.is_live() && row.is_whole());
        let expected = |row: &StoredRow| {
            let field = |name: &str| Some((name.to_owned(), row.get(name)?.to_value()));
            let changed = row.get("updatedAt").and_then(|at| Some(at.as_str()?.to_owned()));
            // Rows without any time are dated by their arrival.
            let changed = changed.filter(|at| at.starts_with('t'));
            let id = (row.id().to_owned(), row.home().map(str::to_owned));
            (id, Expected { fields: FIELDS.into_iter().filter_map(field).collect(), changed })
        };
        rows.iter().map(expected).collect()
    }

    /// What is visible now.
    fn visible(&self) -> Vec<Logged> {
        let log = self.log.lock().unwrap();
        log.rows.iter().filter(|logged| logged.visible <= log.now).cloned().collect()
    }

    async fn check(&self) {
        let visible = self.visible();
        assert_eq!(self.read().await, defined(&visible), "after {visible:#?}");
    }
}

fn run(steps: Vec<Step>) -> BTreeSet<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut model = Model::new();
        for step in steps {
            match step {
                Step::Write { row, after, takes } => model.write(row, after, takes),
                Step::Again { back } => {
                    let again = {
                        let log = model.log.lock().unwrap();
                        log.rows.iter().rev().nth(back).map(|logged| logged.row.clone())
                    };
                    if let Some(row) = again {
                        model.write(row, 1, 0);
                    }
                }
                Step::Read => model.check().await,
                Step::ReadFully => {
                    model.instant += std::time::Duration::from_secs(601);
                    model.check().await;
                }
            }
        }
        // Everything that was under way is stored in the end, and seen.
        model.log.lock().unwrap().now += LONGEST;
        model.check().await;
        model.read().await.into_keys().map(|(id, _)| id).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("MANY_CASES").is_some() { 20_000 } else { 300 }))]

    #[test]
    fn the_replica_is_the_fold_of_the_whole_log(steps in prop::collection::vec(step(), 1..60)) {
        run(steps);
    }
}

/// The model itself: with the cursor alone, this row would be lost.
#[test]
fn a_row_whose_transaction_ends_after_the_cursor_is_not_lost() {
    let insert =
        |id: &str| json!({ "table": "habits", "id": id, "op": "insert", "data": { "title": id, "updatedAt": "t1" } });
    let found = run(vec![
        Step::Write { row: insert("r1"), after: 10, takes: 4800 },
        Step::Write { row: insert("r2"), after: 4500, takes: 0 },
        Step::Read,
        Step::Write { row: insert("r3"), after: 400, takes: 0 },
        Step::Read,
    ]);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["r1", "r2", "r3"]);
}
