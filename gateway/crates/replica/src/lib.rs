//! A log becomes rows: pages are read ([`read_page`]), folded ([`Fold`]) and kept up to date by pulls, within a bound on the
//! memory of all replicas ([`Replicas`]). Records stay encrypted; nothing here has a key.
//!
//! Where pages come from is the [`Log`], which the gateway implements over its link to the sync service.

mod caller;
mod fold;
mod log;
mod log_reader;
mod lru;
mod memberships;
mod page;
mod pull;
mod puller;
mod receive;
mod refresh;
mod replica;
mod splitter;
pub mod testing;
#[cfg(test)]
mod tests;

pub use caller::Caller;
pub use fold::Fold;
pub use log::{Log, PageBody};
pub use lru::{ReplicaKey, ReplicaStats, Replicas};
pub use page::{read_page, whole_page};
pub use replica::Replica;
pub use splitter::PageEnd;
