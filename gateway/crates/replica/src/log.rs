//! Where a caller's rows come from.

use std::pin::Pin;

use bytes::Bytes;
use futures::{Stream, future::BoxFuture};
use mana_mcp_runtime::{failure::BackendError, rows::TableSpec};

/// The body of a page, as it arrives.
pub type PageBody = Pin<Box<dyn Stream<Item = Result<Bytes, BackendError>> + Send>>;

/// Where a caller's rows come from.
pub trait Log: Send + Sync {
    /// The page of that table's log that begins at `since`.
    fn page(&self, table: TableSpec, since: &str) -> BoxFuture<'static, Result<PageBody, BackendError>>;

    /// The failure of an answer that is no page.
    fn malformed(&self) -> BackendError;

    /// A number for the token that it reads with. Two tokens have one by a rare chance only.
    fn token(&self) -> u64;
}
