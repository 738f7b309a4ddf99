//! Tables over the standalone services, with a gate before the sync service that counts, fails and delays.

mod batch;
mod hostile;
mod listing;
mod memory;
mod replica;
mod shared;
mod steps;
mod tables;
mod visibility;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{Request, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use mana_mcp_macros::Record;
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;
use tower::ServiceExt;

pub(super) use mana_mcp_replica::testing::{delete, in_space, insert, numbered, update, web_note};
use mana_mcp_replica::{Replica, ReplicaKey};
use mana_mcp_runtime::{
    crypto::{FieldCipher, MasterKey},
    data::DataError,
    decode::{Id, Timestamp},
    log::Change,
    rows::{Patch, Record},
    space::{Space, SpaceType},
    table::{Filter, Query, Restored, Rows, Table},
    tool::{AgentActor, CallInfo, PolicyHint, Scope, ToolContext},
    zone::Zone,
};
use mana_mcp_standalone::Standalone;

use super::{DEFAULT_REPLICA_BYTES, DataServices};
use crate::{
    auth::{BearerToken, Principal, SpaceAccess, SpaceResolver},
    backend::{IdentityClient, Linked as _, Push, SyncClient, Transport},
    call::{CallerData, Cleared, testing},
    policy::Permit,
};

pub(super) const ADA: &str = "ada@example.org";
pub(super) const BOB: &str = "bob@example.org";
pub(super) const EPOCH: &str = "1970-01-01T00:00:00.000Z";

/// A record with each kind of field.
#[derive(Debug, Clone, PartialEq, Record, Serialize)]
#[record(app = "notes", table = "notes", sync_name = "notes", noun = "note")]
pub(super) struct Note {
    id: Id,
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
    id: Id,
    title: String,
    #[record(optional)]
    parent: Option<Option<String>>,
}

pub(super) fn habit(title: &str) -> Habit {
    Habit { id: Id::new(), title: title.to_owned(), parent: None }
}

/// An identity service whose user's vault opens on the user's own devices only.
pub(super) fn zero_knowledge_identity() -> IdentityClient {
    let answer = async || Json(json!({ "requiresRecoveryCode": true }));
    let vault = Router::new().route("/api/v1/me/encryption-vault/key", get(answer));
    IdentityClient::new(Transport::InProcess(vault))
}

pub(super) fn note(title: &str, order: i64) -> Note {
    Note {
        id: Id::new(),
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
    /// The service does what was asked, but another answer comes.
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
        let standalone = mana_mcp_standalone::open(folder.path(), "http://localhost:3069").unwrap();
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
        self.access(email, None).await.personal_space().to_owned()
    }

    pub(super) async fn access(&self, email: &str, space: Option<&str>) -> SpaceAccess {
        let token = self.token(email);
        let spaces: Arc<[Arc<Space>]> = self.identity.spaces(&token).await.unwrap().into_iter().map(Arc::new).collect();
        let personal = spaces.iter().find(|space| space.kind == Some(SpaceType::Personal)).unwrap();
        let space = space.unwrap_or(&personal.id);
        SpaceAccess::for_tests(Principal::for_tests(email).with_token(token), space, &spaces)
    }

    pub(super) fn key<R: Record>(&self, email: &str) -> ReplicaKey {
        ReplicaKey::of(Principal::for_tests(email).user().as_str(), &R::TABLE)
    }

    /// A user's replica, brought up to date at that time.
    pub(super) async fn refreshed<R: Record>(&self, email: &str, now: Instant) -> Result<Arc<Replica>, DataError> {
        let data = CallerData::new(
            Arc::clone(&self.services),
            self.resolver(),
            self.access(email, None).await,
            Cleared::ToRun(Permit::for_tests()),
        );
        self.services.replicas().refresh(&data.log(), R::TABLE, data.caller(), now).await
    }

    pub(super) async fn table<R: Record>(&self, email: &str, space: Option<&str>) -> Calls<R> {
        let access = self.access(email, space).await;
        Calls::new(&self.services, self.resolver(), access)
    }

    fn resolver(&self) -> Arc<SpaceResolver> {
        Arc::new(SpaceResolver::new(self.identity.clone()))
    }

    pub(super) async fn notes(&self, email: &str) -> Calls<Note> {
        self.table(email, None).await
    }

    pub(super) async fn cipher(&self, email: &str) -> FieldCipher {
        FieldCipher::new(&self.identity.make_vault(&self.token(email)).await.unwrap())
    }

    /// The id of a user.
    pub(super) async fn user(&self, email: &str) -> String {
        self.access(email, None).await.principal().subject().to_owned()
    }

    /// Pushes notes as the web application does, past the gate.
    pub(super) async fn push(&self, email: &str, changes: Vec<Change>) {
        self.push_to(email, "notes", changes).await;
    }

    /// As [`World::push`], to another app.
    pub(super) async fn push_to(&self, email: &str, app: &str, changes: Vec<Change>) {
        let push = Push { client_id: "web".to_owned(), since: EPOCH.to_owned(), changes };
        self.sync.push(&self.token(email), app, &push).await.unwrap();
    }

    /// The whole log, as the user sees it.
    pub(super) async fn log(&self, email: &str, app: &str) -> Vec<Change> {
        let page = self.sync.pull(&self.token(email), app, app, EPOCH, "test").await.unwrap();
        let page = mana_mcp_replica::whole_page(page).await.unwrap();
        mana_mcp_replica::testing::changes(&page).unwrap().0
    }
}

/// Calls of one user on one table, each of its own: every write is a batch.
pub(super) struct Calls<R> {
    services: Arc<DataServices>,
    spaces: Arc<SpaceResolver>,
    access: SpaceAccess,
    record: std::marker::PhantomData<fn() -> R>,
}

impl<R: Record> Calls<R> {
    pub(super) fn new(services: &Arc<DataServices>, spaces: Arc<SpaceResolver>, access: SpaceAccess) -> Self {
        Self { services: Arc::clone(services), spaces, access, record: std::marker::PhantomData }
    }

    /// The same user in the same space, with another token.
    pub(super) fn with_token(&self, token: BearerToken) -> Self {
        let principal = self.access.principal().with_token(token);
        let access = SpaceAccess::for_tests(principal, &self.access.space().id, self.access.spaces());
        Self::new(&self.services, Arc::clone(&self.spaces), access)
    }

    /// The same calls over other services.
    pub(super) fn over(&self, services: &Arc<DataServices>) -> Self {
        Self::new(services, Arc::clone(&self.spaces), self.access.clone())
    }

    /// A new call.
    pub(super) fn context(&self) -> ToolContext {
        self.context_with(json!({}))
    }

    /// A new call with those arguments.
    pub(super) fn context_with(&self, arguments: Value) -> ToolContext {
        let data = CallerData::new(
            Arc::clone(&self.services),
            Arc::clone(&self.spaces),
            self.access.clone(),
            Cleared::ToRun(Permit::for_tests()),
        );
        let (space, personal_space) = (self.access.space().id.clone(), self.access.personal_space().to_owned());
        let user = self.access.principal().subject().to_owned();
        let tool = testing::tool(Scope::UserSpace, PolicyHint::Write).name();
        let (agent, zone, space_type) = (agent(), Zone::UTC, self.access.space().kind);
        let info = CallInfo { tool, arguments, user, space, space_type, personal_space, agent, zone, is_dry: false };
        ToolContext::new(Arc::new(data), info)
    }

    pub(super) fn table(&self) -> Table<R> {
        self.context().table()
    }

    pub(super) async fn count(&self) -> Result<i64, DataError> {
        self.table().count().await
    }

    pub(super) async fn list(&self, query: Query) -> Result<Rows<R>, DataError> {
        self.table().list(query).await
    }

    pub(super) async fn insert(&self, row: R) -> Result<R, DataError> {
        let mut batch = self.context().batch();
        batch.insert(&row).await?;
        batch.commit().await?;
        Ok(row)
    }

    pub(super) async fn update(&self, id: &Id, patch: R::Patch) -> Result<(), DataError>
    where
        R::Patch: Patch,
    {
        let mut batch = self.context().batch();
        batch.update::<R>(id, &patch).await?;
        batch.commit().await
    }

    pub(super) async fn update_unless(&self, id: &Id, unless: Filter, patch: R::Patch) -> Result<(), DataError> {
        let mut batch = self.context().batch();
        batch.update_unless::<R>(id, &unless, &patch).await?;
        batch.commit().await
    }

    pub(super) async fn soft_delete(&self, id: &Id) -> Result<(), DataError> {
        let mut batch = self.context().batch();
        batch.soft_delete::<R>(id).await?;
        batch.commit().await
    }

    pub(super) async fn restore(&self, id: &Id) -> Result<Restored, DataError> {
        let mut batch = self.context().batch();
        let restored = batch.restore::<R>(id).await?;
        batch.commit().await?;
        Ok(restored)
    }

    pub(super) async fn hard_delete(&self, id: &Id) -> Result<(), DataError> {
        let mut batch = self.context().batch();
        batch.hard_delete::<R>(id).await?;
        batch.commit().await
    }
}

pub(super) fn agent() -> AgentActor {
    AgentActor { principal_id: "agent-1".to_owned(), display_name: "Claude".to_owned() }
}

pub(super) fn other_cipher() -> FieldCipher {
    FieldCipher::new(&MasterKey::new([9; 32]))
}

pub(super) fn titles(rows: &[Note]) -> Vec<&str> {
    rows.iter().map(|row| row.title.as_str()).collect()
}
