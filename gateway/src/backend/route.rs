//! The routes of the services that the gateway asks, as labels name them: without ids.

use mana_mcp_runtime::{failure::Service, service::Operation};
use mana_mcp_service::link;

/// A route of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// One that the gateway itself knows. It stands with the client that asks for it.
    Own {
        /// The service that has it.
        service: Service,
        /// Its path.
        template: &'static str,
    },
    /// An operation of a service of the catalog.
    Operation(&'static Operation),
}

impl Route {
    pub(super) const fn own(service: Service, template: &'static str) -> Self {
        Self::Own { service, template }
    }

    /// The service that has it.
    #[must_use]
    pub const fn service(self) -> Service {
        match self {
            Self::Own { service, .. } => service,
            Self::Operation(operation) => Service::Catalog(operation.service.name),
        }
    }

    /// Its path, with names for what differs from request to request.
    #[must_use]
    pub const fn template(self) -> &'static str {
        match self {
            Self::Own { template, .. } => template,
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
