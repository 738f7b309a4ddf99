//! Rows to measure with: pushed to the sync service as other clients of a user do, encrypted under their key, and pulled
//! again as bytes.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use mana_mcp_tests::{
    Backends, Vault,
    load::{self, Connection},
};
use serde_json::{Value, json};

const TIME: &str = "2026-05-01T09:00:00.000Z";
/// Rows of one push: a body must stay below 10 MiB.
const PUSHED_AT_ONCE: usize = 1000;

/// A user of the services.
pub(crate) struct Owner<'a> {
    backends: &'a Backends,
    /// Their token.
    pub(crate) token: String,
    /// Their key.
    pub(crate) vault: Vault,
}

/// What a pull of a whole table took and brought.
pub(crate) struct Pulled {
    /// The pages' bodies.
    pub(crate) pages: Vec<Vec<u8>>,
    /// From the first request to the last byte.
    pub(crate) took: std::time::Duration,
}

impl Pulled {
    /// Bytes of all pages.
    pub(crate) fn bytes(&self) -> usize {
        self.pages.iter().map(Vec::len).sum()
    }
}

impl<'a> Owner<'a> {
    /// A new user with a vault.
    pub(crate) async fn new(backends: &'a Backends, email: &str) -> Result<Self> {
        let token = backends.token(email).await;
        let vault = Vault::open(backends, &token, 0).await?;
        Ok(Self { backends, token, vault })
    }

    /// Stores records of a table, each an insert.
    pub(crate) async fn store(&self, app: &str, table: &str, records: Vec<Value>) {
        for some in records.chunks(PUSHED_AT_ONCE) {
            let change = |data: &Value| {
                json!({ "table": table, "id": data["id"], "op": "insert", "data": data, "origin": "agent",
                    "actor": { "kind": "ai", "principalId": "bench", "displayName": "Bench" } })
            };
            let changes: Vec<Value> = some.iter().map(change).collect();
            self.backends.push(&self.token, app, changes).await;
        }
    }

    /// Pulls a table as bytes: as little work as a reader can do.
    pub(crate) async fn pull(&self, app: &str, table: &str) -> Result<Pulled> {
        let address: SocketAddr = self.backends.sync.trim_start_matches("http://").parse()?;
        let authorization = format!("Bearer {}", self.token);
        let headers = [("Authorization", authorization.as_str()), ("X-Client-Id", "reader")];
        let mut connection = Connection::open(address).await?;
        let (mut pages, mut since) = (Vec::new(), "1970-01-01T00:00:00.000Z".to_owned());
        let begun = std::time::Instant::now();
        loop {
            let path = format!("/sync/{app}/pull?collection={table}&since={since}");
            let body = connection.exchange(&load::request("GET", address, &path, &headers, "")).await?.body;
            // The cursor stands at the end: nothing else is read.
            let end = String::from_utf8_lossy(body.get(body.len().saturating_sub(100)..).unwrap_or_default());
            let (_, rest) = end.split_once("\"syncedUntil\":\"").context("a cursor")?;
            since = rest.split('"').next().unwrap_or_default().to_owned();
            let has_more = rest.contains("\"hasMore\":true");
            pages.push(body);
            if !has_more {
                return Ok(Pulled { pages, took: begun.elapsed() });
            }
        }
    }
}

/// A uuid of its own for each number.
pub(crate) fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// A habit.
pub(crate) fn habit(number: usize, is_archived: bool) -> Value {
    json!({ "id": id(number), "title": format!("Stretch and breathe {number}"), "icon": "star", "color": "#6366f1",
        "targetPerDay": null, "defaultDuration": null, "order": number, "isArchived": is_archived, "createdAt": TIME,
        "updatedAt": TIME })
}

/// A task with each of its encrypted fields.
pub(crate) fn task(owner: &mut Owner<'_>, number: usize) -> Result<Value> {
    Ok(json!({ "id": id(number), "title": owner.vault.seal(&json!(format!("Water the plants {number}")))?,
        "description": owner.vault.seal(&json!("Not too much, and not at noon."))?, "priority": "medium",
        "dueDate": TIME, "isCompleted": false, "completedAt": null, "order": number, "createdAt": TIME, "updatedAt": TIME }))
}

/// A note with a text of one KiB that holds `word`.
pub(crate) fn note(owner: &mut Owner<'_>, number: usize, word: &str) -> Result<Value> {
    let mut text = format!("{word} ");
    while text.len() < 1024 {
        text.push_str("the quick brown fox jumps over the lazy dog; ");
    }
    text.truncate(1024);
    Ok(
        json!({ "id": id(number), "title": owner.vault.seal(&json!(format!("Note {number}")))?, "content": owner.vault.seal(&json!(text))?,
        "color": null, "isPinned": false, "isArchived": false, "createdAt": TIME, "updatedAt": TIME }),
    )
}
