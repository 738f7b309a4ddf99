//! Which destructive tools a space has opted into, for all its members. Empty by default. What a name means is decided
//! where it is read: one that is not a destructive tool of the catalog is logged, and allows nothing.

mod service;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use service::ServiceOptIns;

use crate::{backend::SpacePoliciesClient, telemetry::Metrics};
use mana_mcp_runtime::tool::{Catalog, ToolId};

/// The opt-ins of every space that has any, from the configuration: names of tools, by space.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredOptIns(BTreeMap<String, BTreeSet<String>>);

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
        let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut malformed = Vec::new();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            // A tool's name has no colon; a space's id may.
            match entry.rsplit_once(':').map(|(space, tool)| (space.trim(), tool.trim())) {
                Some((space, tool)) if !space.is_empty() && !tool.is_empty() => {
                    names.entry(space.to_owned()).or_default().insert(tool.to_owned());
                }
                _ => malformed.push(MalformedOptIn { entry: entry.to_owned() }),
            }
        }
        if malformed.is_empty() { Ok(Self(names)) } else { Err(malformed) }
    }

    /// Names that are no destructive tool of the catalog, and allow nothing.
    #[must_use]
    pub fn unknown<'a>(&'a self, catalog: &Catalog) -> BTreeSet<&'a str> {
        let names = self.0.values().flatten().map(String::as_str);
        names.filter(|name| SpaceOptIns::tool(catalog, name).is_none()).collect()
    }

    /// Spaces that look like no id. Which ids there are, the identity service alone knows: theirs are UUIDs, or random texts
    /// of about that length, while people type names and slugs.
    pub fn no_ids(&self) -> impl Iterator<Item = &str> {
        /// No id is shorter.
        const SHORTEST: usize = 16;
        let is_id = |space: &str| {
            let is_of_id = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte);
            space.len() >= SHORTEST && space.bytes().all(is_of_id) && space.bytes().any(|byte| byte.is_ascii_digit())
        };
        self.0.keys().map(String::as_str).filter(move |space| !is_id(space))
    }

    fn resolved(&self, catalog: &Catalog) -> BTreeMap<String, SpaceOptIns> {
        let of_space = |names: &BTreeSet<String>| SpaceOptIns::of_names(catalog, names, |_| ());
        self.0.iter().map(|(space, names)| (space.clone(), of_space(names))).collect()
    }
}

impl SpaceOptIns {
    /// The tools of these names; `unknown` is called for each name that is no destructive tool of the catalog.
    fn of_names(
        catalog: &Catalog,
        names: impl IntoIterator<Item = impl AsRef<str>>,
        mut unknown: impl FnMut(&str),
    ) -> Self {
        let mut tools = BTreeSet::new();
        for name in names {
            match Self::tool(catalog, name.as_ref()) {
                Some(tool) => {
                    tools.insert(tool);
                }
                None => unknown(name.as_ref()),
            }
        }
        Self { tools }
    }

    fn tool(catalog: &Catalog, name: &str) -> Option<ToolId> {
        catalog.find(name).filter(|tool| tool.is_destructive())
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
    configured: BTreeMap<String, SpaceOptIns>,
    service: Option<ServiceOptIns>,
}

impl OptIns {
    pub(super) fn new(
        configured: &ConfiguredOptIns,
        catalog: &'static Catalog,
        service: Option<SpacePoliciesClient>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let service = service.map(|client| ServiceOptIns::new(client, catalog, Arc::clone(metrics)));
        Self { configured: configured.resolved(catalog), service }
    }

    /// What a space has opted into. The policy service is asked where there is one: only for tools that need it.
    pub(super) async fn of(&self, space: &str) -> SpaceOptIns {
        let mut allowed = self.configured.get(space).cloned().unwrap_or_default();
        if let Some(service) = &self.service {
            allowed.tools.extend(service.of(space).await.tools.iter());
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::testing::CATALOG;

    fn opt_ins(configured: &ConfiguredOptIns) -> OptIns {
        OptIns::new(configured, &CATALOG, None, &Arc::new(Metrics::new(&CATALOG).unwrap()))
    }

    #[tokio::test]
    async fn opt_ins_are_kept_per_space() {
        let configured = ConfiguredOptIns::parse(" a:user.destroy, b:x:admin_destroy ,").unwrap();
        assert!(configured.unknown(&CATALOG).is_empty(), "{configured:?}");
        let opt_ins = opt_ins(&configured);
        let allowed = |name| SpaceOptIns::for_tests(&[CATALOG.find(name).unwrap()]);
        assert_eq!(opt_ins.of("a").await, allowed("user.destroy"));
        assert_eq!(opt_ins.of("b:x").await, allowed("admin.destroy"));
        assert_eq!(opt_ins.of("b").await, SpaceOptIns::default());
    }

    #[test]
    fn names_of_spaces_are_told_from_ids() {
        let list = "7d2c0f3e-90cb-4b1b-8f57-3a1f0f2b8f11:user.destroy,nX3kq0Tz8WpLr5bYv1HcGd7eJmUsAoFi:user.destroy,\
                    foo:user.destroy,my-own-family-space:user.destroy,7d2c…:user.destroy";
        let configured = ConfiguredOptIns::parse(list).unwrap();
        assert_eq!(Vec::from_iter(configured.no_ids()), ["7d2c…", "foo", "my-own-family-space"]);
    }

    #[test]
    fn every_malformed_entry_is_named() {
        let malformed = ConfiguredOptIns::parse("notes.delete,a:notes.delete,:x").unwrap_err();
        let entries: Vec<_> = malformed.iter().map(|problem| problem.entry.as_str()).collect();
        assert_eq!(entries, ["notes.delete", ":x"]);
    }

    #[tokio::test]
    async fn names_that_are_no_destructive_tool_are_told_and_allow_nothing() {
        let configured = ConfiguredOptIns::parse(" a:user.read, b:no.such.tool ,").unwrap();
        assert_eq!(Vec::from_iter(configured.unknown(&CATALOG)), ["no.such.tool", "user.read"]);
        let opt_ins = opt_ins(&configured);
        for space in ["a", "b", "c"] {
            assert_eq!(opt_ins.of(space).await, SpaceOptIns::default());
        }
    }
}
