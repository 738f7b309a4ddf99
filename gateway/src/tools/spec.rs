//! What a tool is: its published description ([`ToolSpec`]), its types ([`Tool`]) and its entry in the static table.

use std::future::Future;

use super::{Output, PreparedCall, ToolContext, ToolError};
use crate::{
    catalog::ToolId,
    decode::{Decode, JsonObject, Violations},
};

/// Where a tool acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// On the caller's data, in one space.
    UserSpace,
    /// On other users or the system; never served over MCP.
    Admin,
}

/// What a tool does to state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyHint {
    /// Changes nothing.
    Read,
    /// Creates or updates.
    Write,
    /// Removes for good.
    Destructive,
}

/// A tool as the catalog publishes it.
#[derive(Debug, Clone, Copy)]
pub struct ToolSpec {
    /// Its identity in this build.
    pub id: ToolId,
    /// The dotted name, `module.tool`.
    pub name: &'static str,
    /// A short title for people.
    pub title: &'static str,
    /// What it does, for a language model.
    pub description: &'static str,
    /// Where it acts.
    pub scope: Scope,
    /// What it does to state.
    pub policy_hint: PolicyHint,
    /// Whether the catalog says that repeating the same call changes nothing more.
    pub idempotent: bool,
    /// JSON Schema 2020-12 of the arguments.
    pub input_schema: &'static str,
    /// JSON Schema 2020-12 of the structured result.
    pub output_schema: &'static str,
}

impl ToolSpec {
    /// Whether repeating the same call changes nothing more; what reads changes nothing at all.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.idempotent || self.policy_hint == PolicyHint::Read
    }
}

/// A tool's types and handler.
pub trait Tool: Send + Sync + 'static {
    /// Its identity.
    const ID: ToolId;
    /// The decoded arguments.
    type Input: Decode + Send + 'static;
    /// The structured result.
    type Output: Output + Send + 'static;

    /// Runs the tool. A [`ToolContext`] exists only for a call that the policy gate has let pass.
    fn run(input: Self::Input, context: ToolContext) -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
}

/// The hand-written handler of a tool whose action is `custom`; implemented by the attribute
/// `#[custom_tool(…)]`, exactly once for each such tool.
#[diagnostic::on_unimplemented(
    message = "the custom tool `{Self}` has no handler",
    label = "no handler for this tool",
    note = "write one in `tools/handlers/` and mark it with `#[custom_tool({Self})]`"
)]
pub trait CustomTool: Tool {
    /// Runs the tool.
    fn handle(input: Self::Input, context: ToolContext)
    -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
}

/// A tool in the static table.
#[derive(Debug, Clone, Copy)]
pub struct ToolEntry {
    /// What is published.
    pub spec: ToolSpec,
    prepare: fn(&JsonObject) -> Result<PreparedCall, Violations>,
}

impl ToolEntry {
    /// The entry of the tool `T`.
    #[must_use]
    pub const fn of<T: Tool>(spec: ToolSpec) -> Self {
        Self { spec, prepare: PreparedCall::decode::<T> }
    }

    /// Decodes and validates arguments.
    ///
    /// # Errors
    /// Every problem of the arguments at once.
    pub fn prepare(&self, arguments: &JsonObject) -> Result<PreparedCall, Violations> {
        (self.prepare)(arguments)
    }
}
