//! Opt-ins from the configuration.

use std::collections::{BTreeMap, BTreeSet};

use super::space::SpaceOptIns;
use mana_mcp_runtime::tool::Catalog;

/// The opt-ins of every space that has any, from the configuration: names of tools, by space.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredOptIns(BTreeMap<String, BTreeSet<String>>);

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

    pub(super) fn resolved(&self, catalog: &Catalog) -> BTreeMap<String, SpaceOptIns> {
        let of_space = |names: &BTreeSet<String>| SpaceOptIns::of_names(catalog, names, |_| ());
        self.0.iter().map(|(space, names)| (space.clone(), of_space(names))).collect()
    }
}
