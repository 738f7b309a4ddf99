//! Tables over the standalone services, with a gate before the sync service that counts, fails and delays.

mod fold;
mod hostile;
mod listing;
mod memory;
mod model;
mod packed;
mod replica;
mod shared;
mod tables;
mod written;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Request, StatusCode},
    response::{IntoResponse, Response},
};
use mana_mcp_macros::Record;
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;
use tower::ServiceExt;

use super::{AgentActor, Caller, DEFAULT_REPLICA_BYTES, DataServices, Table};
use crate::backend::Linked as _;
use mana_mcp_runtime::{crypto::{FieldCipher, MasterKey}, decode::{JsonObject, Timestamp, Uuid}, log::{Change, Operation, Stamped}, space::SpaceType};
use crate::{auth::BearerToken, backend::{IdentityClient, Push, SyncClient, Transport, standalone::{self, Standalone}}};

pub(super) const ADA: &str = "ada@example.org";
pub(super) const BOB: &str = "bob@example.org";
pub(super) const EPOCH: &str = "1970-01-01T00:00:00.000Z";

/// A record with each kind of field.
#[derive(Debug, Clone, PartialEq, Record, Serialize)]
#[record(app = "notes", table = "notes", sync_name = "notes", noun = "note")]
pub(super) struct Note {
    id: Uuid,
    #[record(encrypted)]
    title: String,
    #[record(encrypted, optional)]
    content: Option<String>,
    #[record(name = "isArchived")]
    is_archived: bool,
    order: i64,
    #[record(optional)]
    color: Option<Option<String>>,
    #[record(name = "updatedAt", optional)]
    updated_at: Option<Timestamp>,
}

/// A record of a table without encrypted fields.
#[derive(Debug, Clone, PartialEq, Record, Serialize)]
#[record(app = "habits", table = "habits", sync_name = "habits", noun = "habit")]
pub(super) struct Habit {
    id: Uuid,
    title: String,
}

pub(super) fn note(title: &str, order: i64) -> Note {
    Note {
        id: Uuid::new_v4(),
        title: title.to_owned(),
        content: None,
        is_archived: false,
        order,
        color: None,
        updated_at: None,
    }
}

/// What the gate does with one request instead of passing it on.
pub(super) enum Fault {
    /// This one is passed on.
    None,
    Answer(u16, &'static str),
    /// The service does as it is told, but another answer comes.
    AnswerAfter(u16, &'static str),
    Hang,
}

#[derive(Default)]
pub(super) struct Gate {
    faults: Mutex<VecDeque<Fault>>,
    pulls: Mutex<Vec<String>>,
    pushes: Mutex<usize>,
    /// While set, pulls wait here.
    closed: Mutex<Option<Arc<Notify>>>,
}

impl Gate {
    pub(super) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    pub(super) fn pulls(&self) -> usize {
        self.pulls.lock().unwrap().len()
    }

    pub(super) fn last_pull(&self) -> String {
        self.pulls.lock().unwrap().last().unwrap().clone()
    }

    pub(super) fn pushes(&self) -> usize {
        *self.pushes.lock().unwrap()
    }

    /// Makes pulls wait until they are let through one by one.
    pub(super) fn close(&self) -> Arc<Notify> {
        let door = Arc::new(Notify::new());
        *self.closed.lock().unwrap() = Some(Arc::clone(&door));
        door
    }

    pub(super) fn open(&self) {
        if let Some(door) = self.closed.lock().unwrap().take() {
            door.notify_waiters();
        }
    }
}

async fn through((gate, inner): (Arc<Gate>, Router), request: Request<Body>) -> Response {
    if request.uri().path().ends_with("/pull") {
        gate.pulls.lock().unwrap().push(request.uri().to_string());
        let door = gate.closed.lock().unwrap().clone();
        if let Some(door) = door {
            door.notified().await;
        }
    } else {
        *gate.pushes.lock().unwrap() += 1;
    }
    let fault = gate.faults.lock().unwrap().pop_front();
    let answer = |status, text: &'static str| (StatusCode::from_u16(status).unwrap(), text).into_response();
    match fault {
        None | Some(Fault::None) => inner.oneshot(request).await.unwrap(),
        Some(Fault::Answer(status, text)) => answer(status, text),
        Some(Fault::AnswerAfter(status, text)) => {
            inner.oneshot(request).await.unwrap();
            answer(status, text)
        }
        Some(Fault::Hang) => std::future::pending().await,
    }
}

pub(super) struct World {
    _folder: TempDir,
    pub(super) standalone: Standalone,
    pub(super) gate: Arc<Gate>,
    pub(super) services: Arc<DataServices>,
    identity: IdentityClient,
    /// Past the gate.
    sync: SyncClient,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with_budget(DEFAULT_REPLICA_BYTES)
    }

    pub(super) fn with_budget(replica_bytes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let standalone = standalone::open(folder.path(), "http://localhost:3069").unwrap();
        let gate = Arc::new(Gate::default());
        let handler = async |state: State<(Arc<Gate>, Router)>, request| through(state.0, request).await;
        let gated = Router::new().fallback(handler).with_state((Arc::clone(&gate), standalone.sync.clone()));
        let identity = IdentityClient::new(Transport::InProcess(standalone.identity.clone()));
        let through_gate = SyncClient::new(Transport::InProcess(gated)).with_timeout(Duration::from_millis(300));
        let services = Arc::new(DataServices::new(through_gate, identity.clone(), replica_bytes));
        let sync = SyncClient::new(Transport::InProcess(standalone.sync.clone()));
        Self { _folder: folder, standalone, gate, services, identity, sync }
    }

    pub(super) fn token(&self, email: &str) -> BearerToken {
        BearerToken::new(self.standalone.issue_token(email, Duration::from_secs(600)).unwrap())
    }

    pub(super) async fn personal_space(&self, email: &str) -> String {
        self.caller(email, None).await.personal_space
    }

    pub(super) async fn caller(&self, email: &str, space: Option<&str>) -> Caller {
        let token = self.token(email);
        let spaces = self.identity.spaces(&token).await.unwrap();
        let personal = spaces.iter().find(|space| space.kind == Some(SpaceType::Personal)).unwrap();
        let personal_space = personal.id.clone();
        let space = space.map_or_else(|| personal_space.clone(), str::to_owned);
        let spaces = spaces.into_iter().map(Arc::new).collect();
        Caller { user: email.to_owned(), token, space, personal_space, spaces }
    }

    pub(super) async fn table<R: super::Record>(&self, email: &str, space: Option<&str>) -> Table<R> {
        let caller = self.caller(email, space).await;
        self.services.table(caller, Timestamp::now(), agent()).await.unwrap()
    }

    pub(super) async fn notes(&self, email: &str) -> Table<Note> {
        self.table(email, None).await
    }

    pub(super) async fn cipher(&self, email: &str) -> FieldCipher {
        FieldCipher::new(&self.identity.master_key(&self.token(email)).await.unwrap())
    }

    /// Pushes as the web application does, past the gate.
    pub(super) async fn push(&self, email: &str, changes: Vec<Change>) {
        let push = Push { client_id: "web".to_owned(), since: EPOCH.to_owned(), changes };
        self.sync.push(&self.token(email), "notes", &push).await.unwrap();
    }

    /// The whole log, as the user sees it.
    pub(super) async fn log(&self, email: &str, app: &str) -> Vec<Change> {
        self.sync.pull(&self.token(email), app, app, EPOCH, "test").await.unwrap().changes()
    }
}

/// A caller in his personal space, which is his only one.
pub(super) fn at_home() -> Caller {
    Caller {
        user: "ada".to_owned(),
        token: BearerToken::new("t"),
        space: "p".to_owned(),
        personal_space: "p".to_owned(),
        spaces: Arc::default(),
    }
}

pub(super) fn agent() -> AgentActor {
    AgentActor { principal_id: "agent-1".to_owned(), display_name: "Claude".to_owned() }
}

pub(super) fn other_cipher() -> FieldCipher {
    FieldCipher::new(&MasterKey::new([9; 32]))
}

pub(super) fn object(value: Value) -> JsonObject {
    let Value::Object(object) = value else { panic!("not an object") };
    object
}

fn change(id: &str, operation: Operation) -> Change {
    Change {
        event_id: String::new(),
        table: "notes".to_owned(),
        id: id.to_owned(),
        operation,
        space_id: None,
        actor: None,
        origin: None,
    }
}

pub(super) fn insert(id: &str, data: Value) -> Change {
    change(id, Operation::Insert { data: object(data) })
}

pub(super) fn update(id: &str, at: &str, fields: Value) -> Change {
    let stamped = |(name, value)| (name, Stamped { value, at: at.to_owned() });
    change(id, Operation::Update { fields: object(fields).into_iter().map(stamped).collect() })
}

pub(super) fn delete(id: &str, deleted_at: Option<&str>) -> Change {
    change(id, Operation::Delete { deleted_at: deleted_at.map(str::to_owned) })
}

pub(super) fn in_space(mut change: Change, space: &str) -> Change {
    change.space_id = Some(space.to_owned());
    change
}

/// A note as the web application stores it, in plain text of old.
pub(super) fn web_note(title: &str, order: i64) -> Value {
    json!({ "title": title, "isArchived": false, "order": order, "updatedAt": "2026-01-01T00:00:00.000Z" })
}

/// Inserts with those numbers as titles.
pub(super) fn numbered(from: i64, to: i64) -> Vec<Change> {
    (from..to).map(|index| insert(&format!("row-{index:05}"), web_note(&index.to_string(), index))).collect()
}

pub(super) fn titles(rows: &[Note]) -> Vec<&str> {
    rows.iter().map(|row| row.title.as_str()).collect()
}
