//! Services in memory: a log that is folded at once, a key, claims that are noted.

mod data;

use std::{
    cell::Cell,
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use serde_json::{Value as Json, json};

use super::{ADA, PERSONAL, Steps, TableInfo, catalog::MODULES};
use crate::{
    crypto::{FieldCipher, MasterKey, Sealer},
    data::{LastListing, ModuleAccess, TableRows as _},
    decode::Timestamp,
    log::{Change, Operation, Row, Stamped},
    rows::{Folder, Placement, StoredRow, TableSpec},
    service::{ServiceAnswer, ServiceFailure, ServiceRequest},
    space::{Homes, SpaceType},
    tool::{AgentActor, CallInfo, Catalog, Module, ToolContext, set_clock},
    zone::Zone,
};

thread_local! {
    /// The time of calls, where a test says it.
    static CLOCK: Cell<Option<Timestamp>> = const { Cell::new(None) };
}

/// The services of one user, Ada.
#[derive(Clone)]
pub(in crate::steps) struct World(Arc<Inner>);

struct Inner {
    homes: Homes,
    tables: Mutex<HashMap<(&'static str, &'static str), Arc<Rows>>>,
    key: Mutex<Arc<FieldCipher>>,
    /// The key after a rotation, which is had where another one did not open.
    renewed: Mutex<Option<Arc<FieldCipher>>>,
    keys_fetched: AtomicUsize,
    /// The pushes that came, with their app.
    pushed: Mutex<Vec<(&'static str, Vec<Change>)>>,
    claimed: Mutex<Vec<&'static str>>,
    cursor_key: Arc<Sealer>,
    space: Mutex<(&'static str, &'static str)>,
    zone: Mutex<Zone>,
    is_dry: AtomicBool,
    /// The push with that number is refused.
    refused: Mutex<Option<usize>>,
    /// What services were asked, and what they answer next.
    asked: Mutex<Vec<ServiceRequest>>,
    answers: Mutex<VecDeque<Result<ServiceAnswer, ServiceFailure>>>,
    /// What a call over the whole suite may read.
    modules: Mutex<Vec<ModuleAccess>>,
    web: Option<&'static str>,
}

#[derive(Default)]
struct Rows {
    rows: Mutex<Vec<StoredRow>>,
    version: AtomicU64,
    listing: LastListing,
}

impl World {
    pub(in crate::steps) fn new() -> Self {
        Self::with_web(None)
    }

    /// With a web application at that address.
    pub(in crate::steps) fn with_web(web: Option<&'static str>) -> Self {
        CLOCK.set(None);
        Self(Arc::new(Inner {
            homes: Homes::new(ADA, PERSONAL),
            tables: Mutex::default(),
            key: Mutex::new(cipher(1)),
            renewed: Mutex::default(),
            keys_fetched: AtomicUsize::new(0),
            pushed: Mutex::default(),
            claimed: Mutex::default(),
            cursor_key: Arc::new(Sealer::new([[3; 32].into()])),
            space: Mutex::new((ADA, PERSONAL)),
            zone: Mutex::new(Zone::UTC),
            is_dry: AtomicBool::new(false),
            refused: Mutex::default(),
            asked: Mutex::default(),
            answers: Mutex::default(),
            modules: Mutex::default(),
            web,
        }))
    }

    /// The steps of a new call.
    pub(in crate::steps) fn steps(&self, arguments: Json) -> Steps {
        Steps::new(&self.context("user.write", arguments))
    }

    /// A new call.
    pub(in crate::steps) fn context(&self, tool: &str, arguments: Json) -> ToolContext {
        let (user, space) = *self.0.space.lock().unwrap();
        let info = CallInfo {
            tool: Catalog::new(MODULES).find(tool).unwrap().name(),
            arguments,
            user: user.to_owned(),
            space: space.to_owned(),
            space_type: (space == PERSONAL).then_some(SpaceType::Personal),
            personal_space: PERSONAL.to_owned(),
            agent: AgentActor { principal_id: "agent-1".to_owned(), display_name: "Claude".to_owned() },
            zone: self.0.zone.lock().unwrap().clone(),
            is_dry: self.0.is_dry.load(Ordering::Relaxed),
        };
        ToolContext::new(Arc::new(self.clone()), info)
    }

    /// Calls from now on are dry runs.
    pub(in crate::steps) fn only_dry_runs(&self) {
        self.0.is_dry.store(true, Ordering::Relaxed);
    }

    /// The module's rows are read by calls over the whole suite, unless that is refused.
    pub(in crate::steps) fn module(&self, module: &'static Module, refusal: Option<&str>) {
        let access = ModuleAccess { module: module.name, tables: module.tables, refusal: refusal.map(str::to_owned) };
        self.0.modules.lock().unwrap().push(access);
    }

    /// Services answer so, in turn.
    pub(in crate::steps) fn answer(&self, status: u16, body: impl Into<Vec<u8>>) {
        self.will(Ok(ServiceAnswer { status, retry_after: None, body: body.into() }));
    }

    pub(in crate::steps) fn will(&self, outcome: Result<ServiceAnswer, ServiceFailure>) {
        self.0.answers.lock().unwrap().push_back(outcome);
    }

    /// What services were asked: method and target, and the body.
    pub(in crate::steps) fn asked(&self) -> Vec<(String, Option<String>)> {
        let asked = self.0.asked.lock().unwrap();
        let one = |request: &ServiceRequest| {
            let body = request.body.as_ref().map(|body| String::from_utf8(body.to_vec()).unwrap());
            (format!("{} {}", request.operation.method, request.target), body)
        };
        asked.iter().map(one).collect()
    }

    /// Calls from now on are of that user, in that space.
    pub(in crate::steps) fn as_user(&self, user: &'static str, space: &'static str) {
        *self.0.space.lock().unwrap() = (user, space);
    }

    /// Calls of this test are made at that time from now on.
    pub(in crate::steps) fn at(&self, time: &str) {
        set_clock(|| CLOCK.get().unwrap_or_else(Timestamp::now));
        CLOCK.set(Some(time.parse().unwrap()));
    }

    pub(in crate::steps) fn in_zone(&self, zone: &str) {
        *self.0.zone.lock().unwrap() = zone.parse().unwrap();
    }

    /// A row as the web application adds it, in Ada's personal space where `data` names none.
    pub(in crate::steps) fn row(&self, table: &TableInfo, id: &str, data: Json) {
        let Json::Object(mut data) = data else { panic!("{data}") };
        data.insert("id".to_owned(), id.into());
        let space = data.get("spaceId").and_then(Json::as_str).unwrap_or(PERSONAL).to_owned();
        self.change(table, id, Operation::Insert { data }, Some(space).filter(|_| !table.is_of_user));
    }

    /// A field of a row as somebody else sets it.
    pub(in crate::steps) fn set(&self, table: &TableInfo, id: &str, field: &str, value: Json, at: &str) {
        let fields = [(field.to_owned(), Stamped { value, at: at.to_owned() })].into_iter().collect();
        self.change(table, id, Operation::Update { fields }, Some(PERSONAL.to_owned()));
    }

    pub(in crate::steps) fn change(&self, table: &TableInfo, id: &str, operation: Operation, space_id: Option<String>) {
        let change = Change {
            event_id: String::new(),
            table: table.spec.sync_name.to_owned(),
            id: id.to_owned(),
            operation,
            space_id,
            actor: None,
            origin: None,
        };
        self.fold(table.spec, &change);
    }

    /// A text as it is stored under the key of the user.
    pub(in crate::steps) fn sealed(&self, text: &str) -> Json {
        self.0.key.lock().unwrap().seal(&json!(text)).unwrap().into()
    }

    /// The user's key is another one from now on, which a call learns of when a value does not open.
    pub(in crate::steps) fn rotate(&self) {
        *self.0.renewed.lock().unwrap() = Some(cipher(2));
    }

    /// A text as it is stored under the key after the rotation.
    pub(in crate::steps) fn sealed_with_another(text: &str) -> Json {
        cipher(2).seal(&json!(text)).unwrap().into()
    }

    pub(in crate::steps) fn keys_fetched(&self) -> usize {
        self.0.keys_fetched.load(Ordering::SeqCst)
    }

    pub(in crate::steps) fn pushes(&self) -> usize {
        self.0.pushed.lock().unwrap().len()
    }

    /// The apps that were pushed to.
    pub(in crate::steps) fn apps(&self) -> Vec<&'static str> {
        self.0.pushed.lock().unwrap().iter().map(|(app, _)| *app).collect()
    }

    /// All changes that were pushed.
    pub(in crate::steps) fn changes(&self) -> Vec<Change> {
        self.0.pushed.lock().unwrap().iter().flat_map(|(_, changes)| changes.clone()).collect()
    }

    /// The tables in which places were claimed.
    pub(in crate::steps) fn claimed(&self) -> Vec<&'static str> {
        self.0.claimed.lock().unwrap().clone()
    }

    /// The push with that number is refused.
    pub(in crate::steps) fn refuse(&self, push: usize) {
        *self.0.refused.lock().unwrap() = Some(push);
    }

    /// A row as it is stored, in whatever home.
    pub(in crate::steps) fn stored(&self, table: &TableInfo, id: &str) -> Option<StoredRow> {
        self.table(table.spec).find(id, &|_| true)
    }

    /// A field of a row as it is stored.
    pub(in crate::steps) fn field(&self, table: &TableInfo, id: &str, field: &str) -> Json {
        self.stored(table, id).unwrap().get(field).map_or(Json::Null, |stored| stored.to_value())
    }

    /// The text of a sealed field.
    pub(in crate::steps) fn opened(&self, table: &TableInfo, id: &str, field: &str) -> Json {
        let stored = self.field(table, id, field);
        let stored = stored.as_str().unwrap();
        assert!(stored.starts_with("enc:1:"), "{stored}");
        self.0.key.lock().unwrap().open(stored).unwrap().expose().clone()
    }

    fn table(&self, table: TableSpec) -> Arc<Rows> {
        Arc::clone(self.0.tables.lock().unwrap().entry((table.app, table.sync_name)).or_default())
    }

    fn fold(&self, table: TableSpec, change: &Change) {
        let row = Row::from(change);
        let home = row.home(&self.0.homes);
        let table_rows = self.table(table);
        let mut rows = table_rows.rows.lock().unwrap();
        let place = rows.iter().position(|known| known.id() == change.id && known.home() == home);
        let standing = place.map(|place| rows.swap_remove(place));
        let placement = Placement { home, arrived: "2026-01-01T00:00:00.000Z" };
        rows.push(Folder::new(table).step(standing.as_ref(), &row, placement));
        table_rows.version.fetch_add(1, Ordering::SeqCst);
    }
}

fn cipher(key: u8) -> Arc<FieldCipher> {
    Arc::new(FieldCipher::new(&MasterKey::new([key; 32])))
}
