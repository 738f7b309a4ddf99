//! What a call asks.

use std::fmt;

use serde_json::Value;

use crate::{decode::Date, zone::Zone};

/// What a call asks. Two calls with equal questions have the same answer as long as no row changes.
#[derive(PartialEq)]
pub(crate) struct Question {
    /// The dotted name of the tool.
    pub(super) tool: &'static str,
    pub(super) arguments: Value,
    pub(super) space: String,
    pub(super) personal_space: String,
    pub(super) today: Date,
    pub(super) zone: Zone,
}

impl Question {
    pub(crate) fn tool(&self) -> &'static str {
        self.tool
    }

    pub(crate) fn arguments(&self) -> &Value {
        &self.arguments
    }

    /// The day of the call, and where it began.
    pub(crate) fn day(&self) -> (Date, &Zone) {
        (self.today, &self.zone)
    }

    /// An estimate of the memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.arguments.to_string().len() + self.space.len() + self.personal_space.len()
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("tool", &self.tool).finish_non_exhaustive()
    }
}
