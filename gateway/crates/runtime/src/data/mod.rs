//! What the gateway gives a call: rows, keys, spaces and a way to store changes. Handlers never see it; they use
//! [`ToolContext`](crate::tool::ToolContext), [`Table`](crate::table::Table) and [`Batch`](crate::table::Batch).

mod error;
mod listing;

use std::{any::Any, sync::Arc};

pub use error::{Added, DataError, SealError};
pub(crate) use listing::Asked;
pub use listing::LastListing;

use futures::future::BoxFuture;

use crate::{
    crypto::{FieldCipher, Sealer},
    failure::BackendError,
    log::Change,
    rows::{StoredRow, TableSpec},
    service::{ServiceAnswer, ServiceError, ServiceRequest},
    space::Space,
    steps::TableInfo,
};

/// The services of one call, bound to its caller. The code that makes one has checked that the caller may act.
pub trait Data: Send + Sync {
    /// The caller's rows of a table, as they are now.
    fn rows(&self, table: TableSpec) -> BoxFuture<'_, Result<Arc<dyn TableRows>, DataError>>;

    /// The cipher under the caller's key, which may have been rotated a while ago. `None` where the caller has no key yet.
    fn opening_cipher(&self) -> BoxFuture<'_, Result<Option<Arc<FieldCipher>>, DataError>>;

    /// The cipher under the key that the caller has at this moment; a caller without a key gets one.
    fn sealing_cipher(&self) -> BoxFuture<'_, Result<Arc<FieldCipher>, DataError>>;

    /// The caller's cipher, where it may be another one than `failed`, under which values did not open. `newest` is the
    /// latest time at which one of them was written.
    fn renewed_cipher<'a>(
        &'a self,
        failed: &'a Arc<FieldCipher>,
        newest: &'a str,
    ) -> BoxFuture<'a, Option<Arc<FieldCipher>>>;

    /// The key of the deployment that seals the cursors of lists.
    fn cursor_key(&self) -> Arc<Sealer>;

    /// The exclusive right to choose the next place in that table.
    fn claim_place(&self, table: TableSpec) -> BoxFuture<'_, PlaceClaim>;

    /// The exclusive right of the caller to walk over many bytes of that table.
    fn claim_walk(&self, table: TableSpec) -> BoxFuture<'_, WalkClaim>;

    /// The permission to write, for all pushes of one unit of work.
    fn begin_writes(&self) -> BoxFuture<'_, Result<WritePermit, DataError>>;

    /// Stores changes of one app together. Once this returns, they are durable, and every later read of this user shows
    /// them.
    fn push<'a>(
        &'a self,
        permit: &'a WritePermit,
        app: &'static str,
        changes: Vec<(TableSpec, Change)>,
    ) -> BoxFuture<'a, Result<(), DataError>>;

    /// The same work on a task of its own, which goes on if the caller stops waiting for it.
    fn detach(&self, work: BoxFuture<'static, Result<(), DataError>>) -> BoxFuture<'static, Result<(), DataError>>;

    /// The tools of the call's address that fit these words best, as `catalog.find` returns them.
    fn find_tools(&self, words: &str) -> serde_json::Value;

    /// The modules that have a tool which reads, by name, and whether that tool could be called here.
    fn modules(&self) -> Vec<ModuleAccess>;

    /// The address of the web application, without a slash at its end, where it is known.
    fn web_address(&self) -> Option<&str>;

    /// The spaces that the caller is a member of.
    fn spaces(&self) -> BoxFuture<'_, Result<Arc<[Arc<Space>]>, BackendError>>;

    /// The answer of a service of the catalog, whatever its status. A request is sent once at most, and is given up with the
    /// call.
    fn call_service(&self, request: ServiceRequest) -> BoxFuture<'_, Result<ServiceAnswer, ServiceError>>;
}

/// Whether a call may read the rows of a module.
#[derive(Debug, Clone)]
pub struct ModuleAccess {
    /// Its name.
    pub module: &'static str,
    /// Its tables.
    pub tables: &'static [&'static TableInfo],
    /// Why it may not, where it may not. The text is for the model.
    pub refusal: Option<String>,
}

/// The folded rows of one table that a user can see, in all spaces.
pub trait TableRows: Send + Sync {
    /// The rows that are wanted, deleted ones too, in no order.
    fn select(&self, is_wanted: &dyn Fn(&StoredRow) -> bool) -> Vec<StoredRow>;

    /// The first row of that id that is wanted: rows of two homes may have one id.
    fn find(&self, id: &str, is_wanted: &dyn Fn(&StoredRow) -> bool) -> Option<StoredRow>;

    /// Whether all rows of that space have come. They have not where the user joined it lately.
    fn is_complete_in(&self, space: &str) -> bool;

    /// Rows of the log that could not be read, of whatever space.
    fn left_out(&self) -> u64;

    /// A number that grows behind each change of the rows.
    fn version(&self) -> u64;

    /// The last listing of the rows.
    fn listing(&self) -> &LastListing;
}

/// Types that hold a guard of the gateway's until they are dropped.
macro_rules! guards {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        pub struct $name {
            _guard: Box<dyn Any + Send + Sync>,
        }

        impl $name {
            /// One that holds `guard`.
            #[must_use]
            pub fn holding(guard: impl Any + Send + Sync) -> Self {
                Self { _guard: Box::new(guard) }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

guards! {
    /// The right to choose the next place in a table.
    PlaceClaim;
    /// The right to walk over many bytes of a table.
    WalkClaim;
    /// The permission to write: one of a bounded number.
    WritePermit;
}
