//! A tool: its types and handler ([`Tool`]), its entry in a module, and a call of it that is prepared.

use std::{fmt, future::Future};

use futures::future::BoxFuture;

use super::{Effect, Output, PolicyHint, ToolContext, ToolError, ToolOutput, ToolSpec};
use crate::decode::{Decode, JsonObject, Leniencies, Violations, decode_arguments};

/// A tool's types and handler.
pub trait Tool: Send + Sync + 'static {
    /// The decoded arguments.
    type Input: Decode + Send + 'static;
    /// The structured result.
    type Output: Output + Send + 'static;

    /// Runs the tool. The gateway makes a [`ToolContext`] only for a call that the policy gate has let pass.
    fn run(input: Self::Input, context: ToolContext) -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
}

/// The hand-written handler of a tool whose action is `custom`; implemented by the attribute
/// `#[custom_tool(…)]`, exactly once for each such tool.
#[diagnostic::on_unimplemented(
    message = "the custom tool `{Self}` has no handler",
    label = "no handler for this tool",
    note = "write one in the catalog crate's folder `custom/` and mark it with `#[custom_tool({Self})]`"
)]
pub trait CustomTool: Tool {
    /// Runs the tool.
    fn handle(input: Self::Input, context: ToolContext)
    -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
}

/// A tool in its module.
#[derive(Debug, Clone, Copy)]
pub struct ToolEntry {
    /// What is published.
    pub spec: ToolSpec,
    listed_as: Option<&'static str>,
    prepare: fn(&mut JsonObject) -> Result<PreparedCall, Violations>,
}

impl ToolEntry {
    /// The entry of the tool `T`.
    #[must_use]
    pub const fn of<T: Tool>(spec: ToolSpec) -> Self {
        Self { spec, listed_as: None, prepare: PreparedCall::decode::<T> }
    }

    /// The same entry, of a tool that hosts want under a name of their own.
    #[must_use]
    pub const fn listed_as(self, name: &'static str) -> Self {
        Self { listed_as: Some(name), ..self }
    }

    /// The name that lists have in place of the underscored one.
    #[must_use]
    pub fn name_of_hosts(&self) -> Option<&'static str> {
        self.listed_as
    }

    /// What a token must allow for the tool to be called with it.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self.spec.policy_hint {
            _ if self.spec.deletes => Effect::Delete,
            PolicyHint::Read => Effect::Read,
            PolicyHint::Write => Effect::Write,
            PolicyHint::Destructive => Effect::Delete,
        }
    }

    /// Decodes and validates arguments, which become what was read of them (see [`decode_arguments`]).
    ///
    /// # Errors
    /// Every problem of the arguments at once.
    pub fn prepare(&self, arguments: &mut JsonObject) -> Result<PreparedCall, Violations> {
        (self.prepare)(arguments)
    }
}

type Handler = Box<dyn FnOnce(ToolContext) -> BoxFuture<'static, Result<ToolOutput, ToolError>> + Send>;

/// Decoded arguments, bound to their handler: what is missing is the context.
pub struct PreparedCall {
    handler: Handler,
    leniencies: Leniencies,
}

impl PreparedCall {
    fn decode<T: Tool>(arguments: &mut JsonObject) -> Result<Self, Violations> {
        let (input, leniencies) = decode_arguments::<T::Input>(arguments)?;
        let handler: Handler =
            Box::new(move |context| Box::pin(async move { Ok(T::run(input, context).await?.written()?) }));
        Ok(Self { handler, leniencies })
    }

    /// How often the arguments were read otherwise than they came.
    #[must_use]
    pub fn leniencies(&self) -> Leniencies {
        self.leniencies
    }

    /// Runs the handler.
    ///
    /// # Errors
    /// The tool could not do its work.
    pub async fn run(self, context: ToolContext) -> Result<ToolOutput, ToolError> {
        let output = (self.handler)(context.clone()).await?;
        if context.has_uncommitted_writes() { Err(ToolError::Uncommitted) } else { context.add_notes(output) }
    }
}

impl fmt::Debug for PreparedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreparedCall([redacted])")
    }
}
