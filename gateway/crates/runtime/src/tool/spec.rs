//! What a tool is: its published description ([`ToolSpec`]), its types ([`Tool`]) and its entry in a module.

use std::{fmt, future::Future, time::Duration};

use futures::future::BoxFuture;

use super::{Output, ToolContext, ToolError, ToolOutput};
use crate::{
    decode::{Decode, JsonObject, Leniencies, Violations, decode_arguments},
    service::Operation,
};

/// The time of a call beside that of the services that it calls.
const BESIDE_SERVICES: Duration = Duration::from_secs(10);

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

/// What a token must allow for a tool to be called with it. Unlike [`PolicyHint`], it does not tell whether what is deleted
/// can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Creates or updates.
    Write,
    /// Deletes, for good or not.
    Delete,
}

impl Effect {
    /// Every effect, the mildest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Delete];

    /// The scope that stands for it in tokens.
    #[must_use]
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Read => "mana:read",
            Self::Write => "mana:write",
            Self::Delete => "mana:delete",
        }
    }
}

/// A tool as the catalog publishes it.
#[derive(Debug, Clone, Copy)]
pub struct ToolSpec {
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
    /// Whether it removes rows, softly or for good.
    pub deletes: bool,
    /// Other names under which programs know it.
    pub aliases: &'static [&'static str],
    /// What the user is asked before each call, where it costs, publishes or removes for good.
    pub consent: Option<&'static str>,
    /// The operations of services that it calls, one a step.
    pub calls: &'static [&'static Operation],
    /// Hints for the programs in which agents run.
    pub hosts: HostHints,
    /// JSON Schema 2020-12 of the arguments.
    pub input_schema: &'static str,
    /// JSON Schema 2020-12 of the structured result.
    pub output_schema: &'static str,
}

/// Hints for the programs in which agents run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HostHints {
    /// Whether hosts that search for tools should show it from the start.
    pub always_load: bool,
    /// Words under which hosts that search for tools should find it.
    pub search_hint: &'static [&'static str],
    /// The most characters of a result that a host should keep.
    pub result_characters: Option<u64>,
}

impl HostHints {
    /// None.
    pub const NONE: Self = Self { always_load: false, search_hint: &[], result_characters: None };
}

impl ToolSpec {
    /// Whether repeating the same call changes nothing more; what reads changes nothing at all.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.idempotent || self.policy_hint == PolicyHint::Read
    }

    /// Whether a person should be asked before each call: it removes for good, costs or publishes.
    #[must_use]
    pub fn needs_consent(&self) -> bool {
        self.policy_hint == PolicyHint::Destructive || self.consent.is_some()
    }

    /// The longest that a call may take, where it waits for services: the sum of their times, and some for the rest.
    #[must_use]
    pub fn time_limit(&self) -> Option<Duration> {
        let services: Duration = self.calls.iter().map(|operation| operation.timeout()).sum();
        (!self.calls.is_empty()).then(|| services + BESIDE_SERVICES)
    }
}

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
