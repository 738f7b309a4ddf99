//! Proven access to a space: membership according to the identity service, asked anew after a short time.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use thiserror::Error;
use tokio::time::Instant;

use super::{Principal, UserId};
use crate::{
    backend::IdentityClient,
    telemetry::{
        Metrics,
        metrics::{Cache as CacheName, CacheMeter},
    },
};
use mana_mcp_runtime::{
    failure::{BackendError, FailureKind},
    space::{Space, SpaceType},
};

/// A member who was removed keeps access no longer than this.
const FRESH_FOR: Duration = Duration::from_secs(15);
/// A wanted space that is not in the list may be new: look once more, but not at every request.
const RELOOK_AFTER: Duration = Duration::from_secs(1);
/// About 1 KiB each.
const MAX_USERS: u64 = 10_000;

/// A caller in a space of which he is a proven member; made by [`SpaceResolver::resolve`] alone.
#[derive(Debug, Clone)]
pub struct SpaceAccess {
    principal: Principal,
    space: Arc<Space>,
    personal_space: Option<Arc<Space>>,
    spaces: Arc<[Arc<Space>]>,
}

impl SpaceAccess {
    /// Access to a space that nobody has proven.
    #[cfg(test)]
    pub(crate) fn for_tests(principal: Principal, space: &str, spaces: &Arc<[Arc<Space>]>) -> Self {
        let personal_space = spaces.iter().find(|space| space.kind == Some(SpaceType::Personal)).cloned();
        let unknown = || Space { id: space.to_owned(), name: String::new(), slug: None, kind: None, role: None };
        let space = spaces.iter().find(|one| one.id == space).cloned().unwrap_or_else(|| Arc::new(unknown()));
        Self { principal, space, personal_space, spaces: Arc::clone(spaces) }
    }

    /// The caller.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The active space.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Whether the active space is the caller's personal one.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.personal_space() == self.space.id
    }

    /// The id of the caller's personal space: home of records that name no space. Empty, as no id is, for somebody who
    /// has none.
    #[must_use]
    pub fn personal_space(&self) -> &str {
        self.personal_space.as_ref().map_or("", |space| &space.id)
    }

    /// All spaces that the caller was a member of when this was proven.
    #[must_use]
    pub fn spaces(&self) -> &Arc<[Arc<Space>]> {
        &self.spaces
    }
}

/// Why no space could be had.
#[derive(Debug, Error)]
pub enum SpaceError {
    /// The wanted space does not exist, or the caller is not a member: the same answer for both.
    #[error(
        "X-Mana-Space names no space that you are a member of; leave the header out to work in your personal space, \
         or call spaces.list to see your spaces"
    )]
    NotAMember,
    /// No space was named, and there is no personal one.
    #[error("you have no personal space; name a space with the X-Mana-Space header")]
    NoPersonalSpace,
    /// The identity service could not tell.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Finds the space of a call, and proves that the caller is a member.
pub struct SpaceResolver {
    identity: IdentityClient,
    lists: Cache<UserId, Listed>,
    meter: CacheMeter,
}

#[derive(Clone)]
struct Listed {
    spaces: Arc<[Arc<Space>]>,
    at: Instant,
}

impl SpaceResolver {
    /// A resolver that asks that identity service.
    #[must_use]
    pub fn new(identity: IdentityClient) -> Self {
        let meter = CacheMeter::default();
        Self { identity, lists: lists(&meter), meter }
    }

    /// The same resolver, counted.
    #[must_use]
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.meter = metrics.cache(CacheName::Spaces);
        self.lists = lists(&self.meter);
        self
    }

    /// Users whose spaces are kept, and how many there may be.
    #[must_use]
    pub fn fill(&self) -> (u64, u64) {
        (self.lists.entry_count(), MAX_USERS)
    }

    /// Access to the wanted space, else to the personal one.
    pub async fn resolve(&self, principal: &Principal, wanted: Option<&str>) -> Result<SpaceAccess, SpaceError> {
        self.resolve_at(principal, wanted, Instant::now()).await
    }

    /// The caller's spaces.
    pub async fn spaces(&self, principal: &Principal) -> Result<Arc<[Arc<Space>]>, BackendError> {
        Ok(self.listed(principal, FRESH_FOR, Instant::now()).await?.spaces)
    }

    pub(super) async fn resolve_at(
        &self,
        principal: &Principal,
        wanted: Option<&str>,
        now: Instant,
    ) -> Result<SpaceAccess, SpaceError> {
        let listed = self.listed(principal, FRESH_FOR, now).await?;
        if let Some(access) = access(principal, &listed.spaces, wanted) {
            return Ok(access);
        }
        let listed = Box::pin(self.listed(principal, RELOOK_AFTER, now)).await?;
        access(principal, &listed.spaces, wanted).ok_or(match wanted {
            Some(_) => SpaceError::NotAMember,
            None => SpaceError::NoPersonalSpace,
        })
    }

    /// A list no older than `max_age`. Requests of one user that arrive meanwhile wait for the same fetch.
    async fn listed(&self, principal: &Principal, max_age: Duration, now: Instant) -> Result<Listed, BackendError> {
        if let Some(listed) = self.lists.get(principal.user()).await {
            if now.saturating_duration_since(listed.at) < max_age {
                self.meter.hit();
                return Ok(listed);
            }
            Box::pin(self.lists.invalidate(principal.user())).await;
        }
        self.meter.missed();
        loop {
            let mut asked = false;
            let fetch = async {
                asked = true;
                let spaces = self.identity.spaces(principal.token()).await?;
                Ok(Listed { spaces: spaces.into_iter().map(Arc::new).collect(), at: now })
            };
            // Boxed: what is seldom needed makes no room in what every call carries around.
            let listed = Box::pin(self.lists.try_get_with_by_ref(principal.user(), fetch)).await;
            match listed.map_err(|error: Arc<BackendError>| *error) {
                // That was another request's token, which says nothing about this one's.
                Err(error) if error.kind == FailureKind::Unauthorized && !asked => {}
                outcome => return outcome,
            }
        }
    }
}

impl std::fmt::Debug for SpaceResolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpaceResolver").finish_non_exhaustive()
    }
}

fn lists(meter: &CacheMeter) -> Cache<UserId, Listed> {
    let meter = meter.clone();
    Cache::builder()
        .max_capacity(MAX_USERS)
        .time_to_live(FRESH_FOR)
        .eviction_listener(move |_, _, cause| meter.removed(cause))
        .build()
}

fn access(principal: &Principal, spaces: &Arc<[Arc<Space>]>, wanted: Option<&str>) -> Option<SpaceAccess> {
    let personal = spaces.iter().find(|space| space.kind == Some(SpaceType::Personal));
    let space = match wanted {
        Some(wanted) => spaces.iter().find(|space| space.id == wanted)?,
        None => personal?,
    };
    let (space, personal_space) = (Arc::clone(space), personal.cloned());
    Some(SpaceAccess { principal: principal.clone(), space, personal_space, spaces: Arc::clone(spaces) })
}
