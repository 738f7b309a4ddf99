//! What generated steps call: rows as [`Value`]s, read and written by the description of their table ([`TableInfo`]).
//!
//! A tool reads, decides, then writes once. Reads look at the rows as they were at the call's first look at their table;
//! writes are collected in a [`Batch`] and see what the call has already written. [`Steps::finish`] stores them.
//!
//! Handlers that are written by hand use [`Table`](crate::table::Table) and [`Batch`] with typed records instead.

mod answer;
mod call;
mod change;
mod cursor;
mod deletion;
mod error;
mod finish;
mod info;
mod list;
mod order;
mod page;
mod place;
mod plan;
mod reads;
mod request;
mod row;
mod shaped;
mod store;
mod stored;
mod suite;
#[cfg(test)]
mod tests;
mod unread;
mod walk;
mod writes;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use mana_mcp_values::{Env, SmolStr, Value};
use sha2::{Digest, Sha256};

use self::{page::Page, place::Places, unread::Unread};
use crate::{
    data::{DataError, TableRows},
    decode::Id,
    rows::{StoredRow, TableSpec},
    service::ServiceRequest,
    table::Batch,
    tool::{Call, ToolContext, ToolError, ids},
};

pub use change::{Change, Given};
pub use error::StepError;
pub use info::{Cascade, Place, TableInfo};
pub use list::List;
pub use order::{Sort, SortBy};
pub use page::PageOf;
pub use plan::{ChangeKind, Plan, PlannedChange};
pub use row::Row;
pub use suite::{Document, Found, Hit, Suite};

pub use crate::service::{Operation, Service};

/// The most elements of an `each`.
const MOST_ELEMENTS: usize = 100;

/// The steps of one call. Nothing is stored before [`Steps::finish`].
pub struct Steps {
    call: Arc<Call>,
    env: Arc<Env>,
    batch: Batch,
    /// The tables of its writes.
    written: Vec<&'static TableInfo>,
    /// The rows of the tables that the call has looked at.
    sources: Vec<(TableSpec, Arc<dyn TableRows>)>,
    unread: Unread,
    places: Places,
    page: Option<Page>,
    /// Rows that got an id from here.
    new_rows: usize,
    /// What services are asked for once everything is stored.
    afterwards: Vec<ServiceRequest>,
}

impl Steps {
    /// The steps of that call.
    #[must_use]
    pub fn new(context: &ToolContext) -> Self {
        Self {
            call: Arc::clone(context.call()),
            env: Arc::new(Env::new(context.now(), context.zone().clone())),
            batch: context.batch(),
            written: Vec::new(),
            sources: Vec::new(),
            unread: Unread::default(),
            places: Places::default(),
            page: None,
            new_rows: 0,
            afterwards: Vec::new(),
        }
    }

    /// What expressions know of the call.
    #[must_use]
    pub fn env(&self) -> &Arc<Env> {
        &self.env
    }

    /// The caller: `{ id }`.
    #[must_use]
    pub fn user(&self) -> Value {
        Value::object([("id", Value::text(self.call.user()))])
    }

    /// The active space: `{ id, type }`, without `type` where it is not known.
    #[must_use]
    pub fn space(&self) -> Value {
        let kind = self.call.space_type().map_or(Value::Null, |kind| Value::text(kind.name()));
        Value::object([("id", Value::text(self.call.space())), ("type", kind)])
    }

    /// What makes the new ids of the call's expressions.
    #[must_use]
    pub fn ids(&self) -> Ids {
        Ids { call: Arc::clone(&self.call), made: AtomicUsize::new(0) }
    }

    /// Stops the call unless a condition holds.
    ///
    /// # Errors
    /// With the text of `why`, where it does not.
    pub fn require(&self, holds: bool, why: impl FnOnce() -> String) -> Result<(), ToolError> {
        if holds { Ok(()) } else { Err(StepError::Refused { why: why() }.into()) }
    }

    /// The elements for which a step is repeated.
    ///
    /// # Errors
    /// Where they are more than 100.
    pub fn each<'v>(&self, list: &'v Value) -> Result<&'v [Value], ToolError> {
        match list.items() {
            items if items.len() <= MOST_ELEMENTS => Ok(items),
            items => Err(StepError::TooManyElements { elements: items.len(), limit: MOST_ELEMENTS }.into()),
        }
    }

    /// The rows of a table, as they were at the call's first look at them.
    async fn source(&mut self, table: &'static TableInfo) -> Result<Arc<dyn TableRows>, DataError> {
        let known = self.sources.iter().find(|(known, _)| known.is_same(&table.spec));
        match known {
            Some((_, rows)) => Ok(Arc::clone(rows)),
            None => self.refreshed(table).await,
        }
    }

    /// The rows of a table as they are now, for the rest of the call.
    async fn refreshed(&mut self, table: &'static TableInfo) -> Result<Arc<dyn TableRows>, DataError> {
        let rows = self.call.rows(&table.view()).await?;
        self.sources.retain(|(known, _)| !known.is_same(&table.spec));
        self.sources.push((table.spec, Arc::clone(&rows)));
        Ok(rows)
    }

    /// The live row of that id, with what this call has written to it.
    async fn live(&mut self, table: &'static TableInfo, id: &Value) -> Result<StoredRow, ToolError> {
        let view = table.view();
        let source = self.source(table).await?;
        let is_wanted = |row: &StoredRow| self.call.sees(&view, row) && row.is_whole();
        let row = id.as_str().and_then(|id| self.batch.row(&table.spec, &*source, id, &is_wanted));
        row.ok_or_else(|| not_found(table, id))
    }

    /// Notes that rows of this table are written.
    fn writes_to(&mut self, table: &'static TableInfo) {
        if !self.written.iter().any(|known| known.spec.is_same(&table.spec)) {
            self.written.push(table);
        }
    }

    /// An id for a new row.
    fn new_id(&mut self) -> SmolStr {
        let id = derived_id(&self.call, "row", self.new_rows);
        self.new_rows += 1;
        id
    }

    /// Whether the call may go on: it has not looked at too much.
    fn look(&self) -> Result<(), StepError> {
        if self.env.is_exhausted() { Err(StepError::TooMuchData) } else { Ok(()) }
    }
}

/// Makes ids that follow from the call and from how many it made before: a repetition of the call makes the same.
#[derive(Debug)]
pub struct Ids {
    call: Arc<Call>,
    made: AtomicUsize,
}

impl Ids {
    /// A new id.
    #[must_use]
    pub fn uuid(&self) -> Value {
        Value::text(derived_id(&self.call, "expression", self.made.fetch_add(1, Ordering::Relaxed)))
    }
}

/// From the call's idempotency key, where it has one.
fn derived_id(call: &Call, purpose: &str, made: usize) -> SmolStr {
    if let Some(id) = ids::supplied() {
        return SmolStr::new(id.to_string());
    }
    let made = u64::try_from(made).unwrap_or(u64::MAX).to_be_bytes();
    let call = call.id().to_string();
    let parts = [purpose.as_bytes(), &[0], call.as_bytes(), &[0], &made];
    let hash = parts.into_iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    SmolStr::new(uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string())
}

/// That no such row is live; an invalid id is not repeated.
fn not_found(table: &TableInfo, id: &Value) -> ToolError {
    let id = id.as_str().filter(|id| Id::is_id(id)).unwrap_or("(not an id)");
    DataError::NotFound { noun: table.spec.noun, id: id.to_owned() }.into()
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Steps").field("call", &self.call).finish_non_exhaustive()
    }
}
