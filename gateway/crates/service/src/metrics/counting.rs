//! Whether metrics are counted.

use std::str::FromStr;

/// Whether metrics are counted (`METRICS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// They are, from zero.
    #[default]
    On,
    /// Nothing is: for a service that nobody scrapes, and to measure what counting costs.
    Off,
}

/// A `METRICS` that is neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `on` or `off`")]
pub struct UnknownCounting;

impl FromStr for Counting {
    type Err = UnknownCounting;

    fn from_str(text: &str) -> Result<Self, UnknownCounting> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(UnknownCounting),
        }
    }
}
