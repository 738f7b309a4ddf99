//! Where variables come from.

use std::collections::BTreeMap;

/// Where variables come from.
pub trait Environment {
    /// The value of a variable. `Err` where it is not Unicode.
    fn get(&self, name: &str) -> Option<Result<String, NotUnicode>>;
    /// All names that are Unicode.
    fn names(&self) -> Vec<String>;
}

/// A value that is not Unicode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUnicode;

/// The process's own variables, with values from the command line before them.
#[derive(Debug, Clone, Default)]
pub struct ProcessEnvironment {
    /// Values that were given on the command line.
    pub overrides: BTreeMap<&'static str, String>,
}

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<Result<String, NotUnicode>> {
        match self.overrides.get(name) {
            Some(value) => Some(Ok(value.clone())),
            None => std::env::var_os(name).map(|value| value.into_string().map_err(|_| NotUnicode)),
        }
    }

    fn names(&self) -> Vec<String> {
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
    }
}

impl Environment for BTreeMap<&str, &str> {
    fn get(&self, name: &str) -> Option<Result<String, NotUnicode>> {
        BTreeMap::get(self, name).map(|value| Ok((*value).to_owned()))
    }

    fn names(&self) -> Vec<String> {
        self.keys().map(|name| (*name).to_owned()).collect()
    }
}
