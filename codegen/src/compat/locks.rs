//! The locks of all modules: what a whole catalog published, and what of a new interface breaks it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Accepted, Change, Interface, LOCKS, Lock, LockError, Verdict, compare, interface::module_of};

/// The locks of all modules, by module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Locks {
    modules: BTreeMap<String, Lock>,
}

/// A difference from what was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The difference.
    pub change: Change,
    /// Why it was accepted, where it breaks clients and was.
    pub accepted: Option<String>,
}

impl Judged {
    /// Whether it breaks clients, and nobody accepted it.
    pub fn is_refused(&self) -> bool {
        self.change.verdict == Verdict::Breaking && self.accepted.is_none()
    }
}

impl Locks {
    /// Reads the files of the folder [`LOCKS`]: each by its name in that folder, with its text.
    ///
    /// # Errors
    /// The first file that is not a lock, by its path.
    pub fn parse<I: IntoIterator<Item = (String, String)>>(files: I) -> Result<Self, (String, LockError)> {
        let mut modules = BTreeMap::new();
        for (name, text) in files {
            let lock = Lock::parse(&text).map_err(|error| (format!("{LOCKS}/{name}"), error))?;
            modules.insert(name.strip_suffix(".json").unwrap_or(&name).to_owned(), lock);
        }
        Ok(Self { modules })
    }

    /// The files, by path from the root of the repository.
    pub fn files(&self) -> BTreeMap<String, String> {
        self.modules.iter().map(|(module, lock)| (format!("{LOCKS}/{module}.json"), lock.to_text())).collect()
    }

    /// Whether nothing was published.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }

    /// The lock of a module.
    pub fn get(&self, module: &str) -> Option<&Lock> {
        self.modules.get(module)
    }

    /// Everything that was published.
    pub fn interface(&self) -> Interface {
        let tools = self.modules.values().flat_map(|lock| &lock.interface().tools);
        Interface { tools: tools.map(|(name, tool)| (name.clone(), tool.clone())).collect() }
    }

    /// Every difference of `interface` from what `base` published. `self` are the locks beside the sources: they hold
    /// what was accepted since.
    ///
    /// An acceptance holds for what it was given for: the very change, or one that has not become worse since.
    pub fn judge(&self, base: &Self, interface: &Interface) -> Vec<Judged> {
        let worse: Vec<Change> = compare(&self.interface(), interface)
            .into_iter()
            .filter(|change| change.verdict == Verdict::Breaking)
            .collect();
        let none = Lock::default();
        let accepted = |change: &Change| {
            let module = module_of(&change.tool);
            let (here, base) = (self.get(module)?, base.get(module).unwrap_or(&none));
            let is_worse = worse.iter().any(|one| one.concerns_the_same(change));
            here.accepted_since(base, |one| one == change || (one.concerns_the_same(change) && !is_worse))
        };
        let judge = |change: Change| {
            let accepted = accepted(&change).filter(|_| change.verdict == Verdict::Breaking).map(str::to_owned);
            Judged { accepted, change }
        };
        compare(&base.interface(), interface).into_iter().map(judge).collect()
    }

    /// The locks once `interface` is published, with these changes accepted. What was accepted before is kept: as the
    /// locks beside the sources have it or, of a module whose lock is missing there, as `base` has it.
    #[must_use]
    pub fn publish(&self, base: &Self, interface: &Interface, reason: &str, accepted: &[Change]) -> Self {
        let names = interface.tools.keys().map(|tool| module_of(tool));
        let names = names.chain(accepted.iter().map(|change| module_of(&change.tool)));
        let names: BTreeSet<&str> = names
            .chain(self.modules.keys().map(String::as_str))
            .chain(base.modules.keys().map(String::as_str))
            .collect();
        let mut modules = BTreeMap::new();
        for name in names {
            let before = self.get(name).or_else(|| base.get(name)).cloned().unwrap_or_default();
            let changes: Vec<Change> =
                accepted.iter().filter(|change| module_of(&change.tool) == name).cloned().collect();
            let accepted = (!changes.is_empty()).then(|| Accepted { reason: reason.to_owned(), changes });
            let lock = before.publish(interface.of_module(name), accepted);
            // Of a module that is gone the reasons stay.
            if !lock.interface().is_empty() || !lock.accepted().is_empty() {
                modules.insert(name.to_owned(), lock);
            }
        }
        Self { modules }
    }
}
