//! The services of one call, bound to its caller.

use std::{panic::resume_unwind, sync::Arc};

use futures::future::BoxFuture;
use mana_mcp_replica::{Caller, Log, PageBody};
use mana_mcp_runtime::{
    crypto::{CursorKey, FieldCipher},
    data::{Data, PlaceClaim, TableRows, WalkClaim, WritePermit},
    failure::{BackendError, FailureKind, Service},
    log::Change,
    rows::TableSpec,
    space::Space,
    table::DataError,
};

use super::FindTools;
use crate::{
    auth::{BearerToken, SpaceAccess, SpaceError, SpaceResolver},
    backend::SyncClient,
    data::DataServices,
    policy::Permit,
    telemetry::trace::{self, TaskContext},
};

/// Nobody writes under this id, so the service leaves nothing out.
const READER: &str = "mana-mcp-reader";

/// What a caller may read and write in the space of a call, with the caller's own token.
#[derive(Debug)]
pub(crate) struct CallerData {
    services: Arc<DataServices>,
    spaces: Arc<SpaceResolver>,
    access: SpaceAccess,
    caller: Caller,
    finder: Option<Arc<dyn FindTools>>,
    /// Held as the proof that the gate was asked.
    _permit: Permit,
}

impl CallerData {
    /// For a permitted call of a proven member of a space.
    pub(crate) fn new(
        services: Arc<DataServices>,
        spaces: Arc<SpaceResolver>,
        access: SpaceAccess,
        permit: Permit,
    ) -> Self {
        let caller = Caller {
            user: access.principal().user().as_str().to_owned(),
            subject: access.principal().subject().to_owned(),
            space: access.space().id.clone(),
            personal_space: access.personal_space().to_owned(),
            spaces: Arc::clone(access.spaces()),
        };
        Self { services, spaces, access, caller, finder: None, _permit: permit }
    }

    /// The same with what `catalog.find` asks.
    pub(super) fn with_finder(self, finder: Option<Arc<dyn FindTools>>) -> Self {
        Self { finder, ..self }
    }

    /// Who reads, and in which space.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
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
            Ok(replica as Arc<dyn TableRows>)
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

    fn cursor_key(&self) -> Arc<CursorKey> {
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
                    Err(DataError::Unconfirmed(BackendError { service: Service::Sync, kind: FailureKind::Closed }))
                }
            })
        })
    }

    fn find_tools(&self, words: &str) -> serde_json::Value {
        let finder = self.finder.as_ref();
        finder.map_or_else(|| serde_json::json!({ "tools": [] }), |finder| finder.find(words, self.access.space()))
    }

    fn spaces(&self) -> BoxFuture<'_, Result<Arc<[Arc<Space>]>, BackendError>> {
        Box::pin(async {
            match self.spaces.spaces(self.access.principal()).await {
                Ok(spaces) => Ok(spaces),
                Err(SpaceError::Backend(error)) => Err(error),
                // The deployment's way to spaces is gone since this call was admitted, with these.
                Err(_) => Ok(Arc::clone(self.access.spaces())),
            }
        })
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
}
