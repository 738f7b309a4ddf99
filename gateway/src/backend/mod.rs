//! The services behind the gateway: one client for identity, one for sync, one for the policy service where there is one,
//! each over a [`Transport`].
//!
//! Every request to identity and sync carries the token of the caller for whom it is made. What the services answer is bounded, parsed into
//! types and, where it is a failure, told by kind: their own texts go no further than this module.

mod breaker;
mod bulkhead;
pub(crate) mod derived_key;
mod identity;
mod link;
mod probe;
mod route;
mod space_policies;
pub mod standalone;
mod sync;
mod transport;

#[cfg(test)]
mod tests;

pub(crate) use bulkhead::Bulkhead;
pub use bulkhead::Load;
pub use identity::IdentityClient;
pub(crate) use link::Linked;
pub use probe::Answering;
pub use route::Route;
pub use space_policies::{ServiceKey, SpacePoliciesClient, UnusableServiceKey};
pub use sync::{Push, SyncClient};
pub(crate) use transport::http_client;
pub use transport::{Transport, TransportError};
