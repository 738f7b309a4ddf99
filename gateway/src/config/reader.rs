//! Reads variables into types and gathers what does not fit.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use url::Url;

use super::{ConfigError, Problem};
use mana_mcp_runtime::decode::nearest;

/// Our own prefix: a name under it that we do not know is a mistake, and a setting that would silently not hold.
const PREFIX: &str = "MANA_MCP_";
const KNOWN: [&str; 11] = [
    "MANA_MCP_ALLOW_PLAIN_HTTP",
    "MANA_MCP_MAX_ANSWERS_BYTES",
    "MANA_MCP_MAX_BODIES_BYTES",
    "MANA_MCP_MAX_BODY_BYTES",
    "MANA_MCP_MAX_CONNECTIONS",
    "MANA_MCP_MAX_CONNECTIONS_PER_ADDRESS",
    "MANA_MCP_MAX_IN_FLIGHT",
    "MANA_MCP_MAX_REPLICA_BYTES",
    "MANA_MCP_REQUEST_TIMEOUT_SECONDS",
    "MANA_MCP_DRAIN_SECONDS",
    "MANA_MCP_REDIS_TIMEOUT_MS",
];

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

pub(super) struct Reader<'a> {
    environment: &'a dyn Environment,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(environment: &'a dyn Environment) -> Self {
        Self { environment, problems: Vec::new() }
    }

    pub(super) fn problem(&mut self, name: &str, why: impl Into<String>) {
        let problem = Problem { name: name.to_owned(), why: why.into() };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    pub(super) fn is_set(&mut self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// The text of a variable. An empty one counts as absent, as it does for those who write `NAME=` in a file.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.environment.get(name)? {
            Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Err(NotUnicode) => {
                self.problem(name, "is not valid Unicode");
                None
            }
        }
    }

    /// A variable as a type.
    pub(super) fn value<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(name, format!("is `{text}`: {error}"));
                None
            }
        }
    }

    /// As [`Self::value`], with words for what is expected where the type's own error has none.
    pub(super) fn plain<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.problem(name, format!("is `{text}`: expected {expected}"));
        }
        value
    }

    /// As [`Self::value`], but what was given is not repeated.
    pub(super) fn secret<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(name, format!("cannot be used: {error}"));
                None
            }
        }
    }

    /// A comma-separated list of a type.
    pub(super) fn list<T: FromStr<Err: Display>>(&mut self, name: &str) -> Vec<T> {
        let text = self.text(name).unwrap_or_default();
        let mut values = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match entry.parse() {
                Ok(value) => values.push(value),
                Err(error) => self.problem(name, format!("has an entry that cannot be used: {error}")),
            }
        }
        values
    }

    pub(super) fn http_url(&mut self, name: &str) -> Option<Url> {
        // Not repeated: people do write passwords into addresses.
        let url = self.secret::<Url>(name)?;
        let is_bare = url.username().is_empty() && url.password().is_none();
        if matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare {
            return Some(url);
        }
        self.problem(name, "must begin with http:// or https://, name a host, and hold no user name or password");
        None
    }

    /// Names every variable under our prefix that means nothing.
    pub(super) fn refuse_unknown(&mut self) {
        let mut names = self.environment.names();
        names.sort_unstable();
        for name in names.iter().filter(|name| name.starts_with(PREFIX) && !KNOWN.contains(&name.as_str())) {
            // What all of them begin with says nothing about likeness.
            let rest = |name: &'static str| name.strip_prefix(PREFIX).unwrap_or(name);
            match nearest(name.strip_prefix(PREFIX).unwrap_or(name), KNOWN.into_iter().map(rest)) {
                Some(known) => self.problem(name, format!("is not a setting; did you mean {PREFIX}{known}?")),
                None => self.problem(name, format!("is not a setting; there are {}", KNOWN.join(", "))),
            }
        }
    }

    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, ConfigError> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(ConfigError { problems: self.problems }),
        }
    }
}
