//! The services that the gateway itself knows, whatever the catalog: one entry for each. Settings, labels, gauges, readiness,
//! the doctor and the start of the gateway go through them.

use mana_mcp_runtime::failure::Service;

use super::route::Route;

/// A service of the platform.
#[derive(Debug)]
pub(crate) struct Platform {
    /// Its name in labels, logs and answers.
    pub(crate) service: Service,
    /// The setting that holds its address.
    pub(crate) setting: &'static str,
    /// Its routes, as labels name them.
    pub(crate) routes: &'static [Route],
    /// Whether nothing works without it: then readiness and the doctor look at it.
    pub(crate) is_needed: bool,
}

/// Every service of the platform.
pub(crate) const PLATFORM: [&Platform; 3] = [&IDENTITY, &SYNC, &POLICY];

const USERS: Service = Service::Platform("identity");
/// Users, their spaces, and their keys.
pub(crate) const IDENTITY: Platform = Platform {
    service: USERS,
    setting: "MANA_AUTH_URL",
    routes: &[KEYS, SPACES, MEMBERSHIPS, MASTER_KEY, INIT_VAULT],
    is_needed: true,
};
/// The keys under which tokens are signed.
pub(super) const KEYS: Route = Route::own(USERS, "/api/auth/jwks");
/// The spaces of a user. This is the default; a deployment may name another path.
pub(super) const SPACES: Route = Route::own(USERS, "/api/auth/organization/list");
/// The spaces that a user is a member of, by id.
pub(super) const MEMBERSHIPS: Route = Route::own(USERS, "/api/v1/internal/users/{user}/memberships");
/// A user's master key.
pub(super) const MASTER_KEY: Route = Route::own(USERS, "/api/v1/me/encryption-vault/key");
/// Makes a user's vault.
pub(super) const INIT_VAULT: Route = Route::own(USERS, "/api/v1/me/encryption-vault/init");

/// Rows.
pub(crate) const SYNC: Platform =
    Platform { service: Service::SYNC, setting: "MANA_SYNC_URL", routes: &[PUSH, PULL], is_needed: true };
/// Stores rows.
pub(super) const PUSH: Route = Route::own(Service::SYNC, "/sync/{app}");
/// Reads rows.
pub(super) const PULL: Route = Route::own(Service::SYNC, "/sync/{app}/pull");

const OPT_INS: Service = Service::Platform("policy");
/// What spaces have opted in to.
pub(crate) const POLICY: Platform =
    Platform { service: OPT_INS, setting: "MANA_API_URL", routes: &[SPACE_POLICY], is_needed: false };
/// What a space has opted in to.
pub(super) const SPACE_POLICY: Route = Route::own(OPT_INS, "/internal/spaces/{space}/policy");

impl Route {
    /// Every route that the gateway itself knows.
    pub fn all_own() -> impl Iterator<Item = Self> {
        PLATFORM.into_iter().flat_map(|entry| entry.routes.iter().copied())
    }
}
