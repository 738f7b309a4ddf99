//! Opt-ins from the policy service, kept for a short time. Where it does not say, nothing is allowed.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::{future::Cache, notification::RemovalCause, policy::EvictionPolicy};

use super::space::SpaceOptIns;
use crate::{
    backend::SpacePoliciesClient,
    telemetry::{Evicted, Metrics, PolicyLookup},
};
use mana_mcp_runtime::{failure::BackendError, tool::Catalog};

/// A space that withdraws its consent is obeyed by then.
const KEPT_FOR: Duration = Duration::from_secs(30);
/// Spaces whose opt-ins are kept; under 1 KiB each.
const MAX_SPACES: u64 = 10_000;
/// Names that are logged as unknown, each once.
const MAX_TOLD: usize = 100;
const MAX_TOLD_CHARS: usize = 64;

/// The opt-ins of spaces, as the policy service has them.
pub(super) struct ServiceOptIns {
    client: SpacePoliciesClient,
    catalog: &'static Catalog,
    spaces: Cache<String, Arc<SpaceOptIns>>,
    told: Mutex<BTreeSet<String>>,
    metrics: Arc<Metrics>,
}

impl ServiceOptIns {
    pub(super) fn new(client: SpacePoliciesClient, catalog: &'static Catalog, metrics: Arc<Metrics>) -> Self {
        let evictions = Arc::clone(&metrics);
        let spaces = Cache::builder()
            .max_capacity(MAX_SPACES)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(KEPT_FOR)
            .eviction_listener(move |_, _, cause| {
                if cause == RemovalCause::Size {
                    evictions.evicted(Evicted::SpacePolicy);
                }
            })
            .build();
        Self { client, catalog, spaces, told: Mutex::default(), metrics }
    }

    /// What a space allows; nothing where the service does not say. Calls that arrive while it is asked wait for the same
    /// answer.
    pub(super) async fn of(&self, space: &str) -> Arc<SpaceOptIns> {
        let mut lookup = PolicyLookup::Kept;
        let ask = async {
            lookup = PolicyLookup::Answered;
            let names = self.client.allowed_destructive(space).await?;
            Ok(Arc::new(SpaceOptIns::of_names(self.catalog, &names, |name| self.tell_unknown(name))))
        };
        // Boxed: what few calls need makes no room in what every call carries around.
        let outcome = Box::pin(self.spaces.try_get_with_by_ref(space, ask)).await;
        let outcome = outcome.map_err(|error: Arc<BackendError>| *error);
        match outcome {
            Ok(allowed) => {
                self.metrics.policy_lookup(lookup);
                allowed
            }
            Err(error) => {
                self.metrics.policy_lookup(PolicyLookup::Failed);
                tracing::warn!(failure = error.kind.name(), "the policy service does not say what a space allows");
                Arc::default()
            }
        }
    }

    fn tell_unknown(&self, name: &str) {
        let name: String = name.chars().filter(|char| !char.is_control()).take(MAX_TOLD_CHARS).collect();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MAX_TOLD && told.insert(name.clone()) {
            drop(told);
            tracing::warn!(
                name,
                "the policy service allows what is no destructive tool of the catalog: it means nothing"
            );
        }
    }
}

impl std::fmt::Debug for ServiceOptIns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceOptIns").finish_non_exhaustive()
    }
}
