//! The services behind the gateway: one client for identity, one for sync, one for the policy service where there is one, and
//! one for each service of the catalog that has an address, each over a [`Transport`].
//!
//! Every request to identity, sync and the catalog's services carries the token of the caller for whom it is made, except one: where the identity
//! service lists a user's spaces to no bearer token, their memberships are read with the gateway's own key. Answers are
//! bounded and parsed into types. A failure is reported by its kind: the text of a service goes no further than this module.

mod catalog_services;
mod connected;
mod identity;
mod link;
mod platform;
mod probe;
mod route;
mod service_key;
mod space_policies;
mod spaces_answer;
mod spaces_path;
mod sync;

#[cfg(test)]
mod tests;

pub use mana_mcp_service::link::Transport;

pub use catalog_services::{CatalogService, ServiceClient, ServiceClients};
pub(crate) use connected::{Backends, Look};
pub use identity::{IdentityClient, MembershipsKey, SpacesAccess};
pub(crate) use link::Linked;
pub(crate) use platform::{IDENTITY, PLATFORM, POLICY, Platform, SYNC};
pub use probe::Answering;
pub use route::Route;
pub use service_key::{ServiceKey, UnusableServiceKey};
pub use space_policies::SpacePoliciesClient;
pub use spaces_path::{NotASpacesPath, SpacesPath};
pub use sync::{Push, SyncClient};
