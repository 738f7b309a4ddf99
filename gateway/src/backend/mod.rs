//! The services behind the gateway: one client for identity, one for sync, one for the policy service where there is one,
//! each over a [`Transport`].
//!
//! Every request to identity and sync carries the token of the caller for whom it is made. What the services answer is bounded, parsed into
//! types and, where it is a failure, told by kind: their own texts go no further than this module.

mod breaker;
mod bulkhead;
mod error;
mod identity;
mod link;
mod master_key;
mod page;
mod pieces;
mod probe;
mod route;
mod row;
mod rows;
mod space_policies;
pub mod standalone;
mod sync;
mod transport;
mod wire;

#[cfg(test)]
mod tests;

pub(crate) use bulkhead::Bulkhead;
pub use bulkhead::Load;
pub use error::{BackendError, FailureKind, Service};
pub use identity::{IdentityClient, Space, SpaceType, VaultError};
pub(crate) use link::Linked;
pub use master_key::{MalformedKey, MasterKey};
pub use page::{PageEnd, PageReader, PulledPage};
pub use probe::Answering;
pub use route::Route;
pub use row::{Cell, Event, Row, Set};
pub use space_policies::{ServiceKey, SpacePoliciesClient, UnusableServiceKey};
pub use sync::SyncClient;
pub(crate) use transport::http_client;
pub use transport::{Transport, TransportError};
pub use wire::{Change, Operation, Origin, Push, Stamped};
