//! The services of one call, bound to its caller.

use std::{
    fmt::Debug,
    hash::{BuildHasher, RandomState},
    panic::resume_unwind,
    sync::{Arc, LazyLock},
};

use futures::future::BoxFuture;
use mana_mcp_replica::{Caller, Log, PageBody};
use mana_mcp_runtime::{
    crypto::{FieldCipher, Sealer},
    data::{Data, DataError, ModuleAccess, PlaceClaim, TableRows, WalkClaim, WritePermit},
    failure::{BackendError, FailureKind, Service},
    log::Change,
    rows::TableSpec,
    service::{ServiceAnswer, ServiceError, ServiceRequest},
    space::Space,
    tool::{Catalog, Effect, ToolId},
};
use mana_mcp_service::trace::{self, TaskContext};
use serde_json::Value;

use super::{
    availability,
    weight::{BytesRead, CountedRows},
};
use crate::{
    auth::{BearerToken, SpaceAccess, SpaceError, SpaceResolver},
    backend::{ServiceClients, SyncClient},
    data::DataServices,
    policy::{Permit, Question},
};

/// Nobody writes under this id, so the service leaves nothing out.
const READER: &str = "mana-mcp-reader";

/// Finds tools for `catalog.find`: those that the address of a call reaches.
pub trait FindTools: Debug + Send + Sync {
    /// The tools that fit these words best, for a call in that space.
    fn find(&self, words: &str, space: &Space) -> Value;
}

/// What a caller may read and write in the space of a call, with the caller's own token.
#[derive(Debug)]
pub(crate) struct CallerData {
    services: Arc<DataServices>,
    spaces: Arc<SpaceResolver>,
    clients: ServiceClients,
    access: SpaceAccess,
    caller: Caller,
    read: BytesRead,
    finder: Option<Arc<dyn FindTools>>,
    catalog: Option<&'static Catalog>,
    web: Option<Arc<str>>,
    /// Held as the proof that the gate was asked.
    _cleared: Cleared,
}

/// What the gate has said.
#[derive(Debug)]
pub(crate) enum Cleared {
    /// The call may run.
    ToRun(Permit),
    /// The person is asked first, and may be told what the call will change.
    ToAsk,
}

impl Cleared {
    /// For the words of a question that the gate wants put.
    pub(crate) fn to_ask(_: &Question) -> Self {
        Self::ToAsk
    }
}

impl CallerData {
    /// For a cleared call of a proven member of a space.
    pub(crate) fn new(
        services: Arc<DataServices>,
        spaces: Arc<SpaceResolver>,
        access: SpaceAccess,
        cleared: Cleared,
    ) -> Self {
        let caller = Caller {
            user: access.principal().user().as_str().to_owned(),
            subject: access.principal().subject().to_owned(),
            space: access.space().id.clone(),
            personal_space: access.personal_space().to_owned(),
            spaces: Arc::clone(access.spaces()),
        };
        let (clients, read) = (ServiceClients::default(), BytesRead::default());
        Self {
            services,
            spaces,
            clients,
            access,
            caller,
            read,
            finder: None,
            catalog: None,
            web: None,
            _cleared: cleared,
        }
    }

    /// The same, with these services of the catalog.
    pub(crate) fn with_clients(self, clients: ServiceClients) -> Self {
        Self { clients, ..self }
    }

    /// The same with what `catalog.find` asks.
    pub(super) fn with_finder(self, finder: Option<Arc<dyn FindTools>>) -> Self {
        Self { finder, ..self }
    }

    /// The same with the modules whose rows a call over the whole suite reads, and where people see them.
    pub(super) fn with_suite(self, catalog: &'static Catalog, web: Option<Arc<str>>) -> Self {
        Self { catalog: Some(catalog), web, ..self }
    }

    /// Who reads, and in which space.
    #[cfg(test)]
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// What the call reads from now on is counted there.
    pub(super) fn bytes_read(&self) -> BytesRead {
        self.read.clone()
    }

    /// The log as the caller's token reads it.
    pub(crate) fn log(&self) -> Arc<dyn Log> {
        let (sync, token) = (self.services.sync().clone(), self.token().clone());
        Arc::new(CallerLog { sync, token, task: TaskContext::here() })
    }

    fn token(&self) -> &BearerToken {
        self.access.principal().token()
    }
}

impl Data for CallerData {
    fn rows(&self, table: TableSpec) -> BoxFuture<'_, Result<Arc<dyn TableRows>, DataError>> {
        Box::pin(async move {
            let replica = self.services.replica(&self.log(), table, &self.caller).await?;
            Ok(Arc::new(CountedRows::new(replica, self.read.clone())) as Arc<dyn TableRows>)
        })
    }

    fn opening_cipher(&self) -> BoxFuture<'_, Result<Option<Arc<FieldCipher>>, DataError>> {
        Box::pin(async move { Ok(self.services.keys().opening(&self.caller.user, self.token()).await?) })
    }

    fn sealing_cipher(&self) -> BoxFuture<'_, Result<Arc<FieldCipher>, DataError>> {
        Box::pin(async move { Ok(self.services.keys().sealing(&self.caller.user, self.token()).await?) })
    }

    fn renewed_cipher<'a>(
        &'a self,
        failed: &'a Arc<FieldCipher>,
        newest: &'a str,
    ) -> BoxFuture<'a, Option<Arc<FieldCipher>>> {
        let now = std::time::Instant::now();
        Box::pin(self.services.keys().renewed(&self.caller.user, self.token(), failed, newest, now))
    }

    fn cursor_key(&self) -> Arc<Sealer> {
        Arc::clone(self.services.cursor_key())
    }

    fn claim_place(&self, table: TableSpec) -> BoxFuture<'_, PlaceClaim> {
        Box::pin(async move { PlaceClaim::holding(self.services.claim_place(&self.caller.user, &table).await) })
    }

    fn claim_walk(&self, table: TableSpec) -> BoxFuture<'_, WalkClaim> {
        Box::pin(async move { WalkClaim::holding(self.services.claim_walk(&self.caller.user, &table).await) })
    }

    fn begin_writes(&self) -> BoxFuture<'_, Result<WritePermit, DataError>> {
        Box::pin(self.services.begin_writes())
    }

    fn push<'a>(
        &'a self,
        permit: &'a WritePermit,
        app: &'static str,
        changes: Vec<(TableSpec, Change)>,
    ) -> BoxFuture<'a, Result<(), DataError>> {
        Box::pin(self.services.push(&self.caller.user, self.token(), permit, app, changes))
    }

    fn detach(&self, work: BoxFuture<'static, Result<(), DataError>>) -> BoxFuture<'static, Result<(), DataError>> {
        let task = tokio::spawn(trace::carried(work));
        Box::pin(async move {
            task.await.unwrap_or_else(|end| match end.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The process ends.
                Err(_) => {
                    Err(DataError::Unconfirmed(BackendError { service: Service::SYNC, kind: FailureKind::Closed }))
                }
            })
        })
    }

    fn find_tools(&self, words: &str) -> serde_json::Value {
        let finder = self.finder.as_ref();
        finder.map_or_else(|| serde_json::json!({ "tools": [] }), |finder| finder.find(words, self.access.space()))
    }

    fn modules(&self) -> Vec<ModuleAccess> {
        let Some(catalog) = self.catalog else { return Vec::new() };
        let mut reading: Vec<ToolId> = catalog.served().filter(|tool| tool.effect() == Effect::Read).collect();
        // They are ordered by name, and names begin with those of modules.
        reading.dedup_by_key(|tool| tool.module());
        let (rights, space) = (self.access.principal().rights(), self.access.space());
        let access = |tool: ToolId| {
            let module = catalog.modules().iter().copied().find(|module| module.name == tool.module())?;
            let granted = rights.check(tool, space).map_err(|refusal| refusal.to_string());
            let here = || availability::check(tool, space).map_err(|refusal| refusal.to_string());
            let refusal = granted.and_then(|()| here()).err();
            Some(ModuleAccess { module: module.name, tables: module.tables, refusal })
        };
        reading.into_iter().filter_map(access).collect()
    }

    fn web_address(&self) -> Option<&str> {
        self.web.as_deref()
    }

    fn spaces(&self) -> BoxFuture<'_, Result<Arc<[Arc<Space>]>, BackendError>> {
        Box::pin(async {
            let rights = self.access.principal().rights();
            let spaces = match self.spaces.spaces(self.access.principal()).await {
                Ok(spaces) => spaces,
                Err(SpaceError::Backend(error)) => return Err(error),
                // The deployment's way to spaces is gone since this call was admitted, with these.
                Err(_) => Arc::clone(self.access.spaces()),
            };
            if spaces.iter().all(|space| rights.has_space(&space.id)) {
                return Ok(spaces);
            }
            Ok(spaces.iter().filter(|space| rights.has_space(&space.id)).cloned().collect())
        })
    }

    fn call_service(&self, request: ServiceRequest) -> BoxFuture<'_, Result<ServiceAnswer, ServiceError>> {
        Box::pin(self.clients.call(self.token(), request))
    }
}

/// Pulls with one caller's token.
struct CallerLog {
    sync: SyncClient,
    token: BearerToken,
    /// Pages are asked for on tasks of their own too.
    task: TaskContext,
}

impl Log for CallerLog {
    fn page(&self, table: TableSpec, since: &str) -> BoxFuture<'static, Result<PageBody, BackendError>> {
        let (sync, token, since) = (self.sync.clone(), self.token.clone(), since.to_owned());
        let page = async move { sync.pull(&token, table.app, table.sync_name, &since, READER).await };
        Box::pin(self.task.clone().carry(page))
    }

    fn malformed(&self) -> BackendError {
        self.sync.malformed()
    }

    fn token(&self) -> u64 {
        static HASHES: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        HASHES.hash_one(self.token.expose())
    }
}
