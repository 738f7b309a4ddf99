//! What is wrong with a configuration, told all at once.

use std::fmt;

use thiserror::Error;

/// Something that keeps a service from starting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub name: String,
    /// What is wrong with it, and what to do.
    pub why: String,
}

/// A configuration that cannot be used. At least one problem.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct ConfigError {
    /// All of them, in the order in which they were found.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        for Problem { name, why } in &self.problems {
            write!(f, "\n  {name} {why}")?;
        }
        Ok(())
    }
}
