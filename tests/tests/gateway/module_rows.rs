//! The rows of each module (`tests/modules/<module>.yaml`): what the web application stores is read right, and what the tools
//! store is, field by field, what the web application would have stored. `MODULES=drink,mood` runs these alone.
//!
//! In a row that is pushed, `{ sealed: value }` is a value under the user's key. Of a row that the gateway wrote, ids, times
//! and ciphertexts are masked: `<id>` is the row's own id, `<uuid>` another one, `<now>` the time of the call, `<today>` its
//! day, `<user>` and `<space>` whose and where it is. An insert has the stamps of every insert besides what is written; a
//! stamp that it must not have is `<absent>`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use mana_mcp_tests::services::subject;
use mana_mcp_tests::{Backends, Gateway, Mcp, Program, Vault, repository};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::examples::{differences, structured};
use super::goals::{Named, filled};

const NOW: &str = "2026-05-06T08:00:00.000Z";
const STORED_AT: &str = "2026-05-01T08:00:00.000Z";

/// `app/table`, as the sync service knows them.
type Table = String;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    it: String,
    /// Of the person's requests.
    #[serde(default = "utc")]
    zone: String,
    /// What the web application has stored before.
    #[serde(default)]
    rows: BTreeMap<Table, Vec<Value>>,
    calls: Vec<Call>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    tool: String,
    #[serde(default = "nothing")]
    with: Value,
    #[serde(rename = "as")]
    name: Option<String>,
    /// What the answer has among others.
    holds: Option<Value>,
    /// What is pushed, change by change; no table but these gets any.
    #[serde(default)]
    writes: BTreeMap<Table, Vec<BTreeMap<Operation, Value>>>,
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Operation {
    Insert,
    Update,
    Delete,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn nothing() -> Value {
    json!({})
}

/// A new user with a case of their own.
struct User<'a> {
    backends: &'a Backends,
    gateway: &'a Gateway,
    token: String,
    id: String,
    space: String,
    vault: Vault,
    /// How many changes each table has had so far.
    seen: BTreeMap<Table, usize>,
}

impl<'a> User<'a> {
    async fn new(backends: &'a Backends, gateway: &'a Gateway, number: usize, tables: &BTreeSet<Table>) -> Self {
        let token = backends.short_token(&format!("rows{number}@example.org"), 600).await;
        let spaces = structured(&Mcp::modern(gateway, &token).await, "spaces.list", json!({})).await.unwrap();
        let space = spaces["activeSpaceId"].as_str().unwrap().to_owned();
        let vault = Vault::open(backends, &token, 0).await.unwrap();
        let seen = tables.iter().map(|table| (table.clone(), 0)).collect();
        Self { backends, gateway, id: subject(&token), token, space, vault, seen }
    }

    /// Stores rows as the web application does before it knows the active space.
    async fn store(&mut self, table: &str, rows: &[Value]) {
        let (app, name) = table.split_once('/').unwrap();
        let mut changes = Vec::new();
        for row in rows {
            let mut data = json!({ "spaceId": format!("_personal:{}", self.id), "authorId": self.id,
                "createdAt": STORED_AT, "updatedAt": STORED_AT });
            for (field, value) in row.as_object().unwrap() {
                data[field] = match value.get("sealed").filter(|_| value.as_object().unwrap().len() == 1) {
                    Some(text) => self.vault.seal(text).unwrap(),
                    None => value.clone(),
                };
            }
            data.as_object_mut().unwrap().retain(|_, value| value != "<absent>");
            changes.push(json!({ "table": name, "id": data["id"], "op": "insert", "data": data }));
        }
        self.backends.push(&self.token, app, changes).await;
        *self.seen.get_mut(table).unwrap() += rows.len();
    }

    /// The changes of a table since the last look.
    async fn written(&mut self, table: &str) -> Vec<Value> {
        let (app, name) = table.split_once('/').unwrap();
        let log = self.backends.rows(&self.token, app, name).await;
        let seen = self.seen.get_mut(table).unwrap();
        let new = log[(*seen).min(log.len())..].to_vec();
        *seen = log.len();
        new
    }

    /// What a change stores, masked.
    fn masked(&self, change: &Value) -> Value {
        let own = change["id"].as_str().unwrap();
        let fields: Map<String, Value> = match change["op"].as_str().unwrap() {
            "insert" => change["data"].as_object().unwrap().clone(),
            "update" => {
                let fields = change["fields"].as_object().unwrap().iter();
                fields.map(|(name, field)| (name.clone(), field["value"].clone())).collect()
            }
            _ => Map::new(),
        };
        fields.iter().map(|(name, value)| (name.clone(), self.masked_value(value, own))).collect()
    }

    fn masked_value(&self, value: &Value, own: &str) -> Value {
        let inner = |value| self.masked_value(value, own);
        match value {
            Value::String(text) if text == own => json!("<id>"),
            Value::String(text) if *text == self.id => json!("<user>"),
            Value::String(text) if *text == self.space => json!("<space>"),
            Value::String(text) if text.starts_with("enc:1:") => {
                json!({ "sealed": inner(&self.vault.open_value(text).unwrap()) })
            }
            Value::String(text) if text.starts_with(&NOW[..19]) && text.len() == NOW.len() => json!("<now>"),
            Value::String(text) if *text == NOW[..10] => json!("<today>"),
            Value::String(text) if is_uuid(text) => json!("<uuid>"),
            Value::Array(items) => items.iter().map(inner).collect(),
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), inner(value))).collect(),
            other => other.clone(),
        }
    }

    /// Runs a case and tells everything that is not as it should be.
    async fn run(&mut self, case: &Case) -> Result<Vec<String>, String> {
        for (table, rows) in &case.rows {
            self.store(table, rows).await;
        }
        let gateway = self.gateway;
        let mcp = Mcp::modern(gateway, &self.token).await.with_zone(&case.zone).at("/all");
        let (mut answers, mut problems) = (Named::new(), Vec::new());
        for call in &case.calls {
            gateway.set_clock(NOW);
            let answer = structured(&mcp, &call.tool, filled(&call.with, &answers)?).await?;
            if let Some(holds) = &call.holds {
                problems.extend(differences(&format!("{}: answer", call.tool), &answer, &filled(holds, &answers)?));
            }
            if let Some(name) = &call.name {
                answers.insert(name.clone(), answer);
            }
            for table in self.seen.keys().cloned().collect::<Vec<_>>() {
                let written = self.written(&table).await;
                let wanted = call.writes.get(&table).map(Vec::as_slice).unwrap_or_default();
                let at = format!("{}: {table}", call.tool);
                if written.len() != wanted.len() {
                    let shown: Vec<String> = written.iter().map(|change| self.masked(change).to_string()).collect();
                    problems.push(format!("{at}: {} changes, expected {}: {shown:?}", written.len(), wanted.len()));
                }
                for (change, wanted) in written.iter().zip(wanted) {
                    let (operation, fields) = wanted.first_key_value().ok_or("a change without an operation")?;
                    problems.extend(self.compared(&at, change, *operation, fields));
                }
            }
        }
        Ok(problems)
    }

    /// Holds a change against what it should be, member by member.
    fn compared(&self, at: &str, change: &Value, operation: Operation, wanted: &Value) -> Vec<String> {
        let named = match operation {
            Operation::Insert => "insert",
            Operation::Update => "update",
            Operation::Delete => "delete",
        };
        if change["op"] != named {
            return vec![format!("{at}: `{}` where `{named}` is expected: {}", change["op"], self.masked(change))];
        }
        let stamps: &[(&str, &str)] = match operation {
            Operation::Insert => &[
                ("id", "<id>"),
                ("spaceId", "<space>"),
                ("authorId", "<user>"),
                ("visibility", "space"),
                ("createdAt", "<now>"),
                ("updatedAt", "<now>"),
            ],
            Operation::Update => &[("updatedAt", "<now>")],
            Operation::Delete => &[],
        };
        let mut all: Map<String, Value> =
            stamps.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        all.extend(wanted.as_object().cloned().unwrap_or_default());
        all.retain(|_, value| value != "<absent>");
        let stored = self.masked(change);
        let stored = stored.as_object().unwrap();
        let names: BTreeSet<&String> = stored.keys().chain(all.keys()).collect();
        let same = |a: Option<&Value>, b: Option<&Value>| match (a, b) {
            (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_f64() == b.as_f64(),
            (a, b) => a == b,
        };
        let shown = |value: Option<&Value>| value.map_or("absent".to_owned(), Value::to_string);
        names
            .into_iter()
            .filter(|name| !same(stored.get(*name), all.get(*name)))
            .map(|name| format!("{at}/{name} is {}, expected {}", shown(stored.get(name)), shown(all.get(name))))
            .collect()
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[tokio::test]
async fn rows_of_every_module_are_read_and_written_as_the_web_application_does() {
    let asked = std::env::var("MODULES").ok();
    let is_asked = |module: &str| asked.as_deref().is_none_or(|asked| asked.split(',').any(|one| one == module));
    let backends = Backends::of(Program::Examples).await;
    let gateway = backends.gateway().start().await;
    let (mut failed, mut number) = (Vec::new(), 0);
    let mut files: Vec<_> =
        fs::read_dir(repository().join("tests/modules")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let module = file.file_stem().unwrap().to_string_lossy().into_owned();
        if !is_asked(&module) {
            continue;
        }
        let cases: Vec<Case> = serde_yaml::from_str(&fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let given = cases.iter().flat_map(|case| case.rows.keys());
        let written = cases.iter().flat_map(|case| &case.calls).flat_map(|call| call.writes.keys());
        let tables: BTreeSet<Table> = given.chain(written).cloned().collect();
        for case in &cases {
            number += 1;
            let mut user = User::new(&backends, &gateway, number, &tables).await;
            let problems = user.run(case).await.unwrap_or_else(|problem| vec![problem]);
            failed.extend(problems.iter().map(|problem| format!("{module}: it {}: {problem}", case.it)));
        }
    }
    assert!(number > 0, "no case ran");
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}
