//! A tool among those of its catalog, and how its name is written in lists.

use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
};

use super::{Effect, Module, PolicyHint, Scope, ToolEntry, ToolSpec};
use crate::space::SpaceType;

/// A tool of the catalog that this program serves. Ids compare by name.
#[derive(Clone, Copy)]
pub struct ToolId {
    pub(super) index: u16,
    pub(super) module: &'static Module,
    pub(super) entry: &'static ToolEntry,
}

/// A name in the spelling that every provider of models accepts: letters, digits and underscores.
#[must_use]
pub fn underscored(name: &str) -> String {
    name.replace(['.', '-'], "_")
}

impl ToolId {
    /// The dotted name, as it is published.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry.spec.name
    }

    /// The name in lists, unless these have dots: underscored, or as hosts want it.
    #[must_use]
    pub fn listed_name(self) -> Cow<'static, str> {
        self.entry.name_of_hosts().map_or_else(|| underscored(self.name()).into(), Cow::from)
    }

    /// The name of its module.
    #[must_use]
    pub fn module(self) -> &'static str {
        self.module.name
    }

    /// The types of spaces that have its module; `None` where all have it.
    #[must_use]
    pub fn spaces(self) -> Option<&'static [SpaceType]> {
        self.module.spaces
    }

    /// What is published.
    #[must_use]
    pub fn spec(self) -> &'static ToolSpec {
        &self.entry.spec
    }

    /// Its types and handler.
    #[must_use]
    pub fn entry(self) -> &'static ToolEntry {
        self.entry
    }

    /// What a token must allow for it to be called.
    #[must_use]
    pub fn effect(self) -> Effect {
        self.entry.effect()
    }

    /// Its place among the tools of its catalog.
    #[must_use]
    pub fn index(self) -> usize {
        self.index.into()
    }

    /// Whether agents are served it.
    #[must_use]
    pub fn is_served(self) -> bool {
        self.spec().scope == Scope::UserSpace
    }

    /// Whether it removes for good.
    #[must_use]
    pub fn is_destructive(self) -> bool {
        self.spec().policy_hint == PolicyHint::Destructive
    }
}

impl PartialEq for ToolId {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for ToolId {}

impl PartialOrd for ToolId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ToolId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name().cmp(other.name())
    }
}

impl Hash for ToolId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for ToolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
