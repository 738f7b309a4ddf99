//! Whether the services are there that a gateway needs, and the way to users' spaces.

use std::sync::Arc;

use mana_mcp_runtime::failure::BackendError;
use mana_mcp_service::http::readiness::{Finding, Probe, Readiness};
use serde_json::json;

use crate::{
    auth::{NoSource, Source, SourceState, SpaceResolver},
    backend::{Answering, IdentityClient, MembershipsKey, ServiceClients, SyncClient},
};

/// The probe that looks for the way to spaces.
const SPACES: &str = "spaces";

/// Whether calls can get their spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spaces {
    /// Not known yet: only a call can show it.
    Unknown,
    /// They come from there.
    From(Source),
    /// No call can get them.
    Missing(NoSource),
}

/// The probes of a gateway: the two services, those of the catalog, which some tools need and the gateway itself does not, and
/// the way to spaces.
pub(crate) fn probes(
    identity: &IdentityClient,
    sync: &SyncClient,
    clients: &ServiceClients,
    spaces: &Arc<SpaceResolver>,
) -> Vec<Probe> {
    let (of_identity, of_sync) = (identity.clone(), sync.clone());
    let own = [
        Probe::new("identity", move || told(of_identity.clone(), async |client| client.probe().await)),
        Probe::new("sync", move || told(of_sync.clone(), async |client| client.probe().await)),
    ];
    let catalog = clients.all().iter().map(|client| {
        let (name, client) = (client.service().name, client.clone());
        Probe::new(name, move || told(client.clone(), async |client| client.probe().await)).optional()
    });
    let (identity, spaces) = (identity.clone(), Arc::clone(spaces));
    let way = Probe::detail(SPACES, move || {
        let (identity, spaces) = (identity.clone(), Arc::clone(&spaces));
        async move { look_at_spaces(&identity, &spaces).await.into() }
    });
    own.into_iter().chain(catalog).chain([way]).collect()
}

/// The name of what is wrong with a client's service.
async fn told<C>(
    client: C,
    probe: impl AsyncFnOnce(&C) -> Result<Answering, BackendError>,
) -> Result<(), &'static str> {
    probe(&client).await.map(drop).map_err(|error| error.kind.name())
}

/// Looks once and logs which service is missing: the operator reads of a wrong address at once and not with the first call.
/// Where they answer, the connections that this has made serve the first calls.
pub(crate) async fn look_at_start(readiness: Readiness, clients: ServiceClients) {
    let found = readiness.look().await;
    if let Some(why) = found.iter().find(|found| found.name == SPACES).and_then(|found| found.finding.problem.as_ref())
    {
        tracing::warn!("no user's spaces can be read: {why}");
    }
    let own = [("identity", "MANA_AUTH_URL"), ("sync", "MANA_SYNC_URL")];
    let catalog = clients.all().iter().map(|client| (client.service().name, client.service().setting));
    for (service, setting) in own.into_iter().chain(catalog) {
        let of_service = found.iter().find(|found| found.name == service);
        if let Some(problem) = of_service.and_then(|found| found.finding.problem.as_deref()) {
            tracing::warn!(service, setting, problem, "a service is missing: `mana-mcp doctor` says what is wrong");
        }
    }
}

impl From<Spaces> for Finding {
    fn from(spaces: Spaces) -> Self {
        let shown = match spaces {
            Spaces::Unknown => json!({ "source": "unknown" }),
            Spaces::From(Source::List) => json!({ "source": "list" }),
            Spaces::From(Source::Memberships) => json!({ "source": "memberships" }),
            Spaces::Missing(why) => json!({ "source": "none", "problem": why.to_string() }),
        };
        let problem = if let Spaces::Missing(why) = spaces { Some(why.to_string()) } else { None };
        Self { shown, problem }
    }
}

/// What the calls have shown, and whether the service takes the gateway's own key at this moment. Where a way has
/// served anybody, that it failed since is the matter of the user whom it failed.
async fn look_at_spaces(identity: &IdentityClient, spaces: &SpaceResolver) -> Spaces {
    let probed = identity.probe_key().await;
    let state = spaces.source_state();
    if let SourceState::Works(Source::List) | SourceState::Missing { worked: Some(Source::List), .. } = state {
        return Spaces::From(Source::List);
    }
    if let Err(error) = probed {
        let refused = NoSource::of_memberships(error.kind);
        return match (refused, state, identity.key()) {
            // The key may be for the policy service alone, and the list may take tokens: a call shows it.
            (Some(_), SourceState::Unknown, Some(MembershipsKey::Shared(_))) | (None, _, _) => Spaces::Unknown,
            (Some(why), _, _) => Spaces::Missing(why),
        };
    }
    match state {
        SourceState::Works(source) | SourceState::Missing { worked: Some(source), .. } => Spaces::From(source),
        SourceState::Missing { why: why @ (NoSource::NoKey | NoSource::NoMemberships), worked: None } => {
            Spaces::Missing(why)
        }
        SourceState::Missing { why: NoSource::KeyRefused, worked: None } | SourceState::Unknown => {
            identity.key().map_or(Spaces::Unknown, |_| Spaces::From(Source::Memberships))
        }
    }
}
