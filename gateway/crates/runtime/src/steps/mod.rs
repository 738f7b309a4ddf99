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
mod ids;
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
mod shared;
mod store;
mod stored;
mod suite;
#[cfg(test)]
mod tests;
mod unread;
mod walk;
mod writes;

use std::sync::Arc;

use mana_mcp_values::{Env, Value};

use self::{page::Page, place::Places, unread::Unread};
use crate::{
    data::{DataError, TableRows},
    decode::Id,
    rows::{StoredRow, TableSpec},
    service::ServiceRequest,
    table::Batch,
    tool::{Call, ToolContext, ToolError},
};

pub use change::{Change, Given};
pub use error::StepError;
pub use ids::Ids;
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
    ids: Arc<Ids>,
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
            ids: Ids::of(context.call()),
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
    pub fn ids(&self) -> Arc<Ids> {
        Arc::clone(&self.ids)
    }

    /// The step of that name begins: new ids follow from it.
    pub fn begin(&self, step: &str) {
        self.ids.begin_step(step);
    }

    /// The step begins with that element of its list: new ids follow from it too.
    pub fn begin_element(&self, at: usize, element: &Value) {
        self.ids.begin_element(at, element);
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

    /// Whether the call may go on: it has not looked at too much.
    fn look(&self) -> Result<(), StepError> {
        if self.env.is_exhausted() { Err(StepError::TooMuchData) } else { Ok(()) }
    }
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
