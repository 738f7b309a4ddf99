//! What is published of a tool.

use std::time::Duration;

use crate::service::Operation;

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
