//! Whether the services are there that a gateway needs, and the way to users' spaces.

use std::sync::Arc;

use mana_mcp_service::http::readiness::{Finding, Probe, Readiness};
use serde_json::json;

use crate::{
    auth::{NoSource, Source, SourceState, SpaceResolver},
    backend::{Backends, IdentityClient, MembershipsKey},
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

/// The probes of a gateway: the services that are looked at, of which the catalog's are needed by some tools and not by the
/// gateway itself, and the way to spaces.
pub(crate) fn probes(backends: &Backends, identity: &IdentityClient, spaces: &Arc<SpaceResolver>) -> Vec<Probe> {
    let services = backends.all().iter().filter_map(|backend| {
        let look = backend.look()?;
        let probe = Probe::new(backend.service.name(), move || {
            let looked = look();
            // The name of what is wrong.
            async move { looked.await.map(drop).map_err(|error| error.kind.name()) }
        });
        Some(if backend.is_needed { probe } else { probe.optional() })
    });
    let (identity, spaces) = (identity.clone(), Arc::clone(spaces));
    let way = Probe::detail(SPACES, move || {
        let (identity, spaces) = (identity.clone(), Arc::clone(&spaces));
        async move { look_at_spaces(&identity, &spaces).await.into() }
    });
    services.chain([way]).collect()
}

/// Looks once and logs which service is missing: the operator reads of a wrong address at once and not with the first call.
/// Where they answer, the connections that this has made serve the first calls.
pub(crate) async fn look_at_start(readiness: Readiness, backends: Backends) {
    let found = readiness.look().await;
    if let Some(why) = found.iter().find(|found| found.name == SPACES).and_then(|found| found.finding.problem.as_ref())
    {
        tracing::warn!("no user's spaces can be read: {why}");
    }
    for backend in backends.all() {
        let (service, setting) = (backend.service.name(), backend.setting);
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
