//! Which destructive tools a space has opted into, for all its members. Empty by default. What a name means is decided
//! where it is read: one that is no destructive tool of the catalog is told, and allows nothing.

mod service;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use service::ServiceOptIns;

use crate::{backend::SpacePoliciesClient, catalog::ToolId, telemetry::Metrics, tools::PolicyHint};

/// The opt-ins of every space that has any, from the configuration.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredOptIns {
    by_space: BTreeMap<String, SpaceOptIns>,
    /// Names that are no destructive tool of the catalog.
    unknown: BTreeSet<String>,
}

/// The destructive tools that one space allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpaceOptIns {
    tools: BTreeSet<ToolId>,
}

/// An entry of the list that is not `<space id>:<tool>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` is not `<space id>:<tool>` (for example `7d2c…:notes.delete`)")]
pub struct MalformedOptIn {
    /// The entry as it was given.
    pub entry: String,
}

impl ConfiguredOptIns {
    /// Reads a comma-separated list of `<space id>:<tool>`; empty entries are skipped.
    ///
    /// # Errors
    /// Every entry that has another shape.
    pub fn parse(list: &str) -> Result<Self, Vec<MalformedOptIn>> {
        let mut names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut malformed = Vec::new();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            // A tool's name has no colon; a space's id may.
            match entry.rsplit_once(':').map(|(space, tool)| (space.trim(), tool.trim())) {
                Some((space, tool)) if !space.is_empty() && !tool.is_empty() => {
                    names.entry(space.to_owned()).or_default().push(tool);
                }
                _ => malformed.push(MalformedOptIn { entry: entry.to_owned() }),
            }
        }
        if !malformed.is_empty() {
            return Err(malformed);
        }
        let mut opt_ins = Self::default();
        for (space, names) in names {
            let allowed = SpaceOptIns::of_names(names, |name| {
                opt_ins.unknown.insert(name.to_owned());
            });
            opt_ins.by_space.insert(space, allowed);
        }
        Ok(opt_ins)
    }

    /// Names that are no destructive tool of the catalog, and allow nothing.
    #[must_use]
    pub fn unknown(&self) -> &BTreeSet<String> {
        &self.unknown
    }
}

impl SpaceOptIns {
    /// The tools of these names; `unknown` is told of each name that is no destructive tool of the catalog.
    fn of_names<'a>(names: impl IntoIterator<Item = &'a str>, mut unknown: impl FnMut(&str)) -> Self {
        let mut tools = BTreeSet::new();
        for name in names {
            match ToolId::parse(name).filter(|tool| tool.entry().spec.policy_hint == PolicyHint::Destructive) {
                Some(tool) => {
                    tools.insert(tool);
                }
                None => unknown(name),
            }
        }
        Self { tools }
    }

    /// Whether this destructive tool may run in the space.
    #[must_use]
    pub fn allows(&self, tool: ToolId) -> bool {
        self.tools.contains(&tool)
    }

    #[cfg(test)]
    pub(super) fn for_tests(tools: &[ToolId]) -> Self {
        Self { tools: tools.iter().copied().collect() }
    }
}

/// The opt-ins of all sources together: a space allows what any of them says.
#[derive(Debug)]
pub(super) struct OptIns {
    configured: ConfiguredOptIns,
    service: Option<ServiceOptIns>,
}

impl OptIns {
    pub(super) fn new(
        configured: ConfiguredOptIns,
        service: Option<SpacePoliciesClient>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        Self { configured, service: service.map(|client| ServiceOptIns::new(client, Arc::clone(metrics))) }
    }

    /// What a space has opted into. The policy service is asked where there is one: only for tools that need it.
    pub(super) async fn of(&self, space: &str) -> SpaceOptIns {
        let mut allowed = self.configured.by_space.get(space).cloned().unwrap_or_default();
        if let Some(service) = &self.service {
            allowed.tools.extend(service.of(space).await.tools.iter());
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn opt_ins_are_kept_per_space() {
        let configured = ConfiguredOptIns::parse(" a:notes.delete, b:x:todo_delete ,").unwrap();
        assert!(configured.unknown().is_empty(), "{configured:?}");
        let opt_ins = OptIns::new(configured, None, &Arc::new(Metrics::new().unwrap()));
        assert_eq!(opt_ins.of("a").await, SpaceOptIns::for_tests(&[ToolId::NotesDelete]));
        assert_eq!(opt_ins.of("b:x").await, SpaceOptIns::for_tests(&[ToolId::TodoDelete]));
        assert_eq!(opt_ins.of("b").await, SpaceOptIns::default());
    }

    #[test]
    fn every_malformed_entry_is_named() {
        let malformed = ConfiguredOptIns::parse("notes.delete,a:notes.delete,:x").unwrap_err();
        let entries: Vec<_> = malformed.iter().map(|problem| problem.entry.as_str()).collect();
        assert_eq!(entries, ["notes.delete", ":x"]);
    }

    #[tokio::test]
    async fn names_that_are_no_destructive_tool_are_told_and_allow_nothing() {
        let configured = ConfiguredOptIns::parse(" a:todo.list, b:no.such.tool ,").unwrap();
        assert_eq!(configured.unknown().iter().collect::<Vec<_>>(), ["no.such.tool", "todo.list"]);
        let opt_ins = OptIns::new(configured, None, &Arc::new(Metrics::new().unwrap()));
        for space in ["a", "b", "c"] {
            assert_eq!(opt_ins.of(space).await, SpaceOptIns::default());
        }
    }
}
