//! What tables need from the process: the sync service, the key ring, the replicas.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use mana_mcp_replica::{Caller, Log, Replica, ReplicaKey, ReplicaStats, Replicas};
use mana_mcp_runtime::{
    crypto::Sealer,
    data::{DataError, WritePermit},
    decode::Timestamp,
    failure::{BackendError, FailureKind, Service},
    log::Change,
    rows::TableSpec,
};
use mana_mcp_service::{http::permits::Load, link::Bulkhead, metrics::Counter};
use tokio::sync::OwnedMutexGuard;

use super::{KeyRing, claims::Claims};
use crate::{
    auth::BearerToken,
    backend::{IdentityClient, Push, SyncClient},
    telemetry::{
        Metrics,
        metrics::{SHED, Shed},
    },
};

/// The bound on the memory of all replicas where nothing else is configured.
pub const DEFAULT_REPLICA_BYTES: usize = 256 << 20;

/// What every write is sent under. It differs from the id that reads: the service hides from a client what it wrote.
const WRITER: &str = "mana-mcp-writer";
/// The pauses before an unanswered write is sent again.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];
/// After this time it is not sent again: its caller has waited long enough.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// Calls that may be at rows at a time where nothing else is configured.
const DEFAULT_MAX_CALLS: usize = 192;

const BUSY: BackendError = BackendError { service: Service::SYNC, kind: FailureKind::Busy };

/// Built once, shared by all calls.
#[derive(Debug)]
pub struct DataServices {
    sync: SyncClient,
    keys: KeyRing,
    replicas: Replicas,
    places: Claims,
    walks: Claims,
    bulkhead: Bulkhead,
    refused: Counter,
    cursor_key: Arc<Sealer>,
}

impl DataServices {
    /// Services over these clients, whose replicas together take at most `replica_bytes`.
    #[must_use]
    pub fn new(sync: SyncClient, identity: IdentityClient, replica_bytes: usize) -> Self {
        let bulkhead = Bulkhead::new(DEFAULT_MAX_CALLS, 0, Duration::ZERO);
        Self {
            replicas: Replicas::new(replica_bytes),
            places: Claims::default(),
            walks: Claims::default(),
            keys: KeyRing::new(identity),
            sync,
            bulkhead,
            refused: Counter::noop(),
            cursor_key: Arc::new(Sealer::new([rand::random::<[u8; 32]>().into()])),
        }
    }

    /// The same services, counted.
    #[must_use]
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.keys = self.keys.with_metrics(metrics);
        self.refused = metrics.counter(&SHED, (Shed::RowCalls.into(),));
        self
    }

    /// The same services for `calls` calls at a time. Further ones are refused at once: where the sync service hangs, the
    /// calls that wait for it leave room for those that need no rows.
    #[must_use]
    pub fn with_max_calls(mut self, calls: usize) -> Self {
        self.bulkhead = Bulkhead::new(calls, 0, Duration::ZERO);
        self
    }

    /// The same services, whose lists' cursors are sealed with that key: so they open in every gateway of the deployment and
    /// after a restart.
    #[must_use]
    pub fn with_cursor_key(mut self, key: Sealer) -> Self {
        self.cursor_key = Arc::new(key);
        self
    }

    /// The key that seals the cursors of lists.
    pub(crate) fn cursor_key(&self) -> &Arc<Sealer> {
        &self.cursor_key
    }

    /// The calls that are at rows, and how many there may be.
    #[must_use]
    pub fn load(&self) -> Load {
        self.bulkhead.load()
    }

    /// The users' keys.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// What the replicas take and have done.
    #[must_use]
    pub fn replica_stats(&self) -> ReplicaStats {
        self.replicas.stats()
    }

    fn refuse(&self) -> BackendError {
        self.refused.increment(1);
        BUSY
    }

    #[cfg(test)]
    pub(super) fn replicas(&self) -> &Replicas {
        &self.replicas
    }

    pub(crate) fn sync(&self) -> &SyncClient {
        &self.sync
    }

    /// The caller's replica of a table, up to date.
    pub(crate) async fn replica(
        &self,
        log: &Arc<dyn Log>,
        table: TableSpec,
        caller: &Caller,
    ) -> Result<Arc<Replica>, DataError> {
        let _permit = self.bulkhead.acquire().await.ok_or_else(|| self.refuse())?;
        self.replicas.refresh(log, table, caller, Instant::now()).await
    }

    /// A claim to the place of the user's next row in that table.
    pub(crate) async fn claim_place(&self, user: &str, table: &TableSpec) -> OwnedMutexGuard<()> {
        self.places.claim(ReplicaKey::of(user, table)).await
    }

    /// A claim to walk over many bytes of the user's rows in that table.
    pub(crate) async fn claim_walk(&self, user: &str, table: &TableSpec) -> OwnedMutexGuard<()> {
        self.walks.claim(ReplicaKey::of(user, table)).await
    }

    /// The permission to write, for all pushes of one call.
    pub(crate) async fn begin_writes(&self) -> Result<WritePermit, DataError> {
        Ok(WritePermit::holding(self.bulkhead.acquire().await.ok_or_else(|| self.refuse())?))
    }

    /// Stores changes of one app, and takes them into the replicas. A push that was not answered is sent again as it is: the
    /// log may then hold its rows twice, which readers do not see.
    pub(crate) async fn push(
        &self,
        user: &str,
        token: &BearerToken,
        _permit: &WritePermit,
        app: &'static str,
        changes: Vec<(TableSpec, Change)>,
    ) -> Result<(), DataError> {
        let begun = Instant::now();
        let (tables, changes): (Vec<TableSpec>, Vec<Change>) = changes.into_iter().unzip();
        let push = Push { client_id: WRITER.to_owned(), since: Timestamp::now().to_string(), changes };
        let mut was_sent = false;
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.sync.push(token, app, &push).await {
                Ok(()) => break,
                Err(error) => error,
            };
            was_sent |= error.kind.is_unanswered() && error.kind != FailureKind::Unreachable;
            match pauses.next() {
                Some(pause) if error.kind.is_unanswered() && begun.elapsed() < SEND_WITHIN => {
                    tokio::time::sleep(pause).await
                }
                _ if was_sent => return Err(DataError::Unconfirmed(error)),
                _ => return Err(error.into()),
            }
        }
        for (table, change) in tables.iter().zip(&push.changes) {
            self.replicas.confirm(&ReplicaKey::of(user, table), change);
        }
        Ok(())
    }
}
