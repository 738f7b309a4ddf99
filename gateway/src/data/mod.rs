//! Tables of records in a space, over replicas of the sync log.
//!
//! Reads fold the log into records ([`Fold`]), still encrypted and bounded in bytes over the process; decryption is per
//! call, and plain text is never cached. Writes are pushed with the caller's token and folded once they are confirmed.

mod access;
mod error;
mod fold;
mod listing;
mod lru;
mod order;
mod packed;
mod places;
mod pull;
mod query;
mod record;
mod replica;
mod services;
mod shape;
mod stamp;
mod table;
mod walk;

#[cfg(test)]
mod tests;

pub use access::{AgentActor, Caller};
pub use error::{DataError, SealError};
pub use fold::{Fold, RowView};
pub use lru::ReplicaStats;
pub use packed::Stored;
pub use query::{Filter, Query};
pub use record::{FieldSpec, FieldWriter, Member, Patch, Record, RowReader, RowWriter, TableSpec, Unreadable};
pub use services::{DEFAULT_REPLICA_BYTES, DataServices};
pub use table::{Rows, Table};
