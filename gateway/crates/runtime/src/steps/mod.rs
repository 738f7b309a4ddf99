//! What generated steps call: rows as [`Value`](mana_mcp_values::Value)s, read and written by the description of their table ([`TableInfo`]).
//!
//! A tool reads, decides, then writes once. Reads look at the rows as they were at the call's first look at their table;
//! writes are collected in a [`Batch`](crate::table::Batch) and see what the call has already written. [`Steps::finish`] stores them.
//!
//! Handlers that are written by hand use [`Table`](crate::table::Table) and
//! [`Batch`](crate::table::Batch) with typed records instead.

mod answer;
mod call;
mod change;
mod chosen;
mod cursor;
mod deletion;
mod error;
mod finish;
mod ids;
mod info;
mod list;
mod order;
mod page;
mod paging;
mod place;
mod plan;
mod planned;
mod reads;
mod request;
mod shaped;
mod shared;
mod state;
mod store;
mod stored;
mod suite;
#[cfg(test)]
mod tests;
mod unread;
mod walk;
mod writes;

pub use change::{Change, Given};
pub use error::StepError;
pub use ids::Ids;
pub use info::{Cascade, Place, Row, TableInfo};
pub use list::List;
pub use order::{Sort, SortBy};
pub use page::PageOf;
pub use plan::{ChangeKind, Plan, PlannedChange};
pub use state::Steps;
pub use suite::{Document, Found, Hit, Suite};

pub use crate::service::{Operation, Service};
