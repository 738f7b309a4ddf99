//! What a handler may use: who calls, in which space, when, and the rows.

use std::sync::Arc;

use serde_json::Value;

use super::{ToolError, ToolOutput, call::Call, info::CallInfo};
use crate::{
    data::Data,
    decode::{Date, Timestamp},
    rows::Record,
    space::Space,
    table::{Batch, Table},
    zone::Zone,
};

/// One permitted call. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ToolContext(Arc<Call>);

impl ToolContext {
    /// The context of a call over the services that its caller may use.
    #[must_use]
    pub fn new(data: Arc<dyn Data>, info: CallInfo) -> Self {
        Self(Arc::new(Call::new(data, info)))
    }

    /// The time of the call; the same throughout it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// The day of the call, in the caller's time zone.
    #[must_use]
    pub fn today(&self) -> Date {
        self.0.question().day().0
    }

    /// The caller's time zone.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        self.0.question().day().1
    }

    /// The id of the active space.
    #[must_use]
    pub fn space_id(&self) -> &str {
        self.0.space()
    }

    /// The table of `R`'s rows in the active space.
    #[must_use]
    pub fn table<R: Record>(&self) -> Table<R> {
        Table::new(Arc::clone(&self.0))
    }

    /// An empty unit of work.
    pub fn batch(&self) -> Batch {
        Batch::new(Arc::clone(&self.0))
    }

    /// What `catalog.find` answers: the tools that the caller can reach and that fit these words best.
    pub(super) fn find_tools(&self, words: &str) -> Value {
        self.0.data().find_tools(words)
    }

    /// The spaces that the caller is a member of.
    ///
    /// # Errors
    /// The identity service does not answer.
    pub async fn spaces(&self) -> Result<Arc<[Arc<Space>]>, ToolError> {
        Ok(self.0.data().spaces().await?)
    }
}

impl ToolContext {
    /// The output with what the user should know about it.
    pub(crate) fn add_notes(&self, output: ToolOutput) -> Result<ToolOutput, ToolError> {
        Ok(self.0.add_notes(output)?)
    }

    /// The call, as tables, batches and steps see it.
    pub(crate) fn call(&self) -> &Arc<Call> {
        &self.0
    }

    /// Whether a batch of this call was written to and not committed.
    pub(super) fn has_uncommitted_writes(&self) -> bool {
        self.0.has_uncommitted_writes()
    }
}
