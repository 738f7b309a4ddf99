//! The routes of the services that the gateway asks, as labels name them: without ids.

use mana_mcp_runtime::{failure::Service, service::Operation};
use mana_mcp_service::link;

/// A route of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// The keys under which tokens are signed.
    Keys,
    /// The spaces of a user.
    Spaces,
    /// The spaces that a user is a member of, by id.
    Memberships,
    /// A user's master key.
    MasterKey,
    /// Makes a user's vault.
    InitVault,
    /// Stores changes.
    Push,
    /// Hands out rows.
    Pull,
    /// What a space has opted into.
    SpacePolicy,
    /// An operation of a service of the catalog.
    Operation(&'static Operation),
}

impl Route {
    /// Every route that the gateway itself knows.
    pub const ALL: [Self; 8] = [
        Self::Keys,
        Self::Spaces,
        Self::Memberships,
        Self::MasterKey,
        Self::InitVault,
        Self::Push,
        Self::Pull,
        Self::SpacePolicy,
    ];

    /// The service that has it.
    #[must_use]
    pub const fn service(self) -> Service {
        match self {
            Self::Keys | Self::Spaces | Self::Memberships | Self::MasterKey | Self::InitVault => Service::Identity,
            Self::Push | Self::Pull => Service::Sync,
            Self::SpacePolicy => Service::Policy,
            Self::Operation(operation) => Service::Catalog(operation.service.name),
        }
    }

    /// Its path, with names for what differs from request to request.
    #[must_use]
    pub const fn template(self) -> &'static str {
        match self {
            Self::Keys => "/api/auth/jwks",
            // The default; a deployment may name another path.
            Self::Spaces => "/api/auth/organization/list",
            Self::Memberships => "/api/v1/internal/users/{user}/memberships",
            Self::MasterKey => "/api/v1/me/encryption-vault/key",
            Self::InitVault => "/api/v1/me/encryption-vault/init",
            Self::Push => "/sync/{app}",
            Self::Pull => "/sync/{app}/pull",
            Self::SpacePolicy => "/internal/spaces/{space}/policy",
            Self::Operation(operation) => operation.path,
        }
    }
}

impl link::Route for Route {
    fn service(self) -> &'static str {
        Route::service(self).name()
    }

    fn template(self) -> &'static str {
        Route::template(self)
    }
}
