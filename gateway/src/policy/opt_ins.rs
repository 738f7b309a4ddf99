//! Which destructive tools a space has opted into, for all its members. Empty by default.

use std::collections::{BTreeMap, BTreeSet};

/// The opt-ins of every space that has any, from the configuration.
#[derive(Debug, Clone, Default)]
pub struct OptIns {
    by_space: BTreeMap<String, SpaceOptIns>,
}

/// The destructive tools that one space allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpaceOptIns {
    tools: BTreeSet<String>,
}

/// An entry of the list that is not `<space id>:<tool>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` is not `<space id>:<tool>` (for example `7d2c…:notes.delete`)")]
pub struct MalformedOptIn {
    /// The entry as it was given.
    pub entry: String,
}

impl OptIns {
    /// Reads a comma-separated list of `<space id>:<tool>`; empty entries are skipped.
    ///
    /// # Errors
    /// Every entry that has another shape.
    pub fn parse(list: &str) -> Result<Self, Vec<MalformedOptIn>> {
        let mut opt_ins = OptIns::default();
        let mut malformed = Vec::new();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match entry.split_once(':').map(|(space, tool)| (space.trim(), tool.trim())) {
                Some((space, tool)) if !space.is_empty() && !tool.is_empty() => {
                    opt_ins.by_space.entry(space.to_owned()).or_default().tools.insert(tool.to_owned());
                }
                _ => malformed.push(MalformedOptIn { entry: entry.to_owned() }),
            }
        }
        if malformed.is_empty() { Ok(opt_ins) } else { Err(malformed) }
    }

    /// What `space` has opted into.
    #[must_use]
    pub fn of(&self, space: &str) -> SpaceOptIns {
        self.by_space.get(space).cloned().unwrap_or_default()
    }
}

impl SpaceOptIns {
    /// Whether the destructive tool `name` may run in this space.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        self.tools.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opt_ins_are_kept_per_space() {
        let opt_ins = OptIns::parse(" a:notes.delete, b:todo.delete ,").unwrap();
        assert!(opt_ins.of("a").allows("notes.delete"));
        assert!(!opt_ins.of("a").allows("todo.delete"));
        assert!(!opt_ins.of("c").allows("notes.delete"));
    }

    #[test]
    fn every_malformed_entry_is_named() {
        let malformed = OptIns::parse("notes.delete,a:notes.delete,:x").unwrap_err();
        let entries: Vec<_> = malformed.iter().map(|problem| problem.entry.as_str()).collect();
        assert_eq!(entries, ["notes.delete", ":x"]);
    }
}
