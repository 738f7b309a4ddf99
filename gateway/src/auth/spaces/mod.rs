//! Proven access to a space: membership according to the identity service, asked anew after a short time.

mod access;
mod error;
mod personal;
mod source;

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use tokio::time::Instant;

pub use access::SpaceAccess;
pub use error::{Candidates, NoSource, SpaceError};
pub(crate) use source::takes_no_bearer;
pub use source::{Source, SourceState};

use self::{
    personal::Personal,
    source::{FetchError, Sources},
};
use super::{Principal, UserId};
use crate::{
    backend::IdentityClient,
    telemetry::{
        Metrics,
        metrics::{Cache as CacheName, CacheMeter, SPACE_REFUSALS, SpaceRefusal},
    },
};
use mana_mcp_runtime::space::Space;
use mana_mcp_service::metrics::Counter;

/// A member who was removed keeps access no longer than this.
const FRESH_FOR: Duration = Duration::from_secs(15);
/// A wanted space that is not in the list may be new: look once more, but not at every request.
const RELOOK_AFTER: Duration = Duration::from_secs(1);
/// What all lists together may take. One user's take a unit at least, and up to some hundred with very many spaces.
const MAX_UNITS: u64 = 10_000;
/// Bytes of a unit.
const UNIT: usize = 1024;

/// Finds the space of a call, and proves that the caller is a member.
pub struct SpaceResolver {
    sources: Sources,
    lists: Cache<UserId, Listed>,
    meter: CacheMeter,
    refusals: Refusals,
}

/// Refusals by reason.
struct Refusals {
    not_a_member: Counter,
    no_personal_space: Counter,
    ambiguous: Counter,
    no_source: Counter,
}

#[derive(Clone)]
struct Listed {
    spaces: Arc<[Arc<Space>]>,
    source: Source,
    personal: Personal,
    at: Instant,
}

impl SpaceResolver {
    /// A resolver that asks that identity service.
    #[must_use]
    pub fn new(identity: IdentityClient) -> Self {
        let meter = CacheMeter::default();
        Self { sources: Sources::new(identity), lists: lists(&meter), meter, refusals: Refusals::uncounted() }
    }

    /// The same resolver, counted.
    #[must_use]
    pub fn with_metrics(mut self, metrics: &Metrics) -> Self {
        self.meter = metrics.cache(CacheName::Spaces);
        self.lists = lists(&self.meter);
        self.refusals = Refusals::counted(metrics);
        self
    }

    /// What the lists take that are kept, and what they may take, in units of the size of a common one.
    #[must_use]
    pub fn fill(&self) -> (u64, u64) {
        (self.lists.weighted_size(), MAX_UNITS)
    }

    #[cfg(test)]
    pub(super) async fn fill_now(&self) -> u64 {
        self.lists.run_pending_tasks().await;
        self.fill().0
    }

    /// Where spaces come from in this deployment, as far as calls have shown.
    #[must_use]
    pub fn source_state(&self) -> SourceState {
        self.sources.state(Instant::now())
    }

    /// The caller's spaces.
    pub async fn spaces(&self, principal: &Principal) -> Result<Arc<[Arc<Space>]>, SpaceError> {
        Ok(self.listed(principal, FRESH_FOR, Instant::now()).await?.spaces)
    }

    /// Access to the space of that id or slug, else to the personal one.
    pub async fn resolve(&self, principal: &Principal, wanted: Option<&str>) -> Result<SpaceAccess, SpaceError> {
        let resolved = self.resolve_at(principal, wanted, Instant::now()).await;
        if let Err(error) = &resolved {
            self.refusals.count(error);
        }
        resolved
    }

    pub(super) async fn resolve_at(
        &self,
        principal: &Principal,
        wanted: Option<&str>,
        now: Instant,
    ) -> Result<SpaceAccess, SpaceError> {
        let listed = self.listed(principal, FRESH_FOR, now).await?;
        if let Some(access) = listed.access(principal, wanted) {
            return Ok(access);
        }
        let listed = Box::pin(self.listed(principal, RELOOK_AFTER, now)).await?;
        listed.access(principal, wanted).ok_or_else(|| match wanted {
            Some(_) => SpaceError::NotAMember,
            None => listed.personal.refusal(&listed.spaces, listed.source),
        })
    }

    /// A list no older than `max_age`. Requests of one user that arrive meanwhile wait for the same fetch.
    async fn listed(&self, principal: &Principal, max_age: Duration, now: Instant) -> Result<Listed, SpaceError> {
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
                let (spaces, source) = self.sources.fetch(principal, now).await?;
                Ok(Listed::new(spaces.into_iter().map(Arc::new).collect(), source, now))
            };
            // Boxed: what is seldom needed makes no room in what every call carries around.
            let listed = Box::pin(self.lists.try_get_with_by_ref(principal.user(), fetch)).await;
            match listed.map_err(|error: Arc<FetchError>| *error) {
                // That was another request's token, which says nothing about this one's.
                Err(FetchError::NoSource(_)) if !asked => {}
                outcome => return outcome.map_err(SpaceError::from),
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
        .max_capacity(MAX_UNITS)
        .weigher(|user: &UserId, listed: &Listed| {
            let bytes = user.as_str().len() + listed.bytes();
            u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
        })
        .time_to_live(FRESH_FOR)
        .eviction_listener(move |_, _, cause| meter.removed(cause))
        .build()
}

impl Listed {
    fn new(spaces: Arc<[Arc<Space>]>, source: Source, at: Instant) -> Self {
        Self { personal: Personal::among(&spaces, source), spaces, source, at }
    }

    fn access(&self, principal: &Principal, wanted: Option<&str>) -> Option<SpaceAccess> {
        let personal = match self.personal {
            Personal::Known(place) => self.spaces.get(place),
            Personal::Missing | Personal::Ambiguous => None,
        };
        let space = match wanted {
            Some(wanted) => named(&self.spaces, wanted)?,
            None => personal?,
        };
        let (space, personal) = (Arc::clone(space), personal.cloned());
        Some(SpaceAccess::proven(principal.clone(), space, personal, Arc::clone(&self.spaces)))
    }

    /// An estimate of the memory that it takes.
    fn bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let texts = |space: &Space| space.id.len() + space.name.len() + text(&space.slug) + text(&space.role);
        self.spaces.iter().map(|space| size_of::<Arc<Space>>() + size_of::<Space>() + texts(space)).sum()
    }
}

/// The space of that id, else the only one of that slug. Members choose slugs, also ones that look like an id.
fn named<'a>(spaces: &'a [Arc<Space>], wanted: &str) -> Option<&'a Arc<Space>> {
    let by_id = spaces.iter().find(|space| space.id == wanted);
    by_id.or_else(|| {
        let mut by_slug = spaces.iter().filter(|space| space.slug.as_deref() == Some(wanted) && !wanted.is_empty());
        by_slug.next().filter(|_| by_slug.next().is_none())
    })
}

impl Refusals {
    fn uncounted() -> Self {
        Self {
            not_a_member: Counter::noop(),
            no_personal_space: Counter::noop(),
            ambiguous: Counter::noop(),
            no_source: Counter::noop(),
        }
    }

    fn counted(metrics: &Metrics) -> Self {
        let counter = |refusal| metrics.counter(&SPACE_REFUSALS, (refusal,));
        Self {
            not_a_member: counter(SpaceRefusal::NotAMember),
            no_personal_space: counter(SpaceRefusal::NoPersonalSpace),
            ambiguous: counter(SpaceRefusal::Ambiguous),
            no_source: counter(SpaceRefusal::NoSource),
        }
    }

    fn count(&self, error: &SpaceError) {
        let counter = match error {
            SpaceError::NotAMember => &self.not_a_member,
            SpaceError::NoPersonalSpace(_) => &self.no_personal_space,
            SpaceError::Ambiguous(_) => {
                tracing::warn!("a call named no space, and several could be the user's personal one: it was refused");
                &self.ambiguous
            }
            SpaceError::NoSource(_) => &self.no_source,
            SpaceError::Backend(_) => return,
        };
        counter.increment(1);
    }
}
