//! What a tool returns, as the JSON that is sent: written once, and never a tree of values in between.

use std::fmt;

use serde::Serialize;

/// The structured result of a call, in compact JSON.
pub struct ToolOutput(String);

impl ToolOutput {
    /// Writes a tool's output.
    pub(super) fn of(output: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_string(output).map(Self)
    }

    /// Its size.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// The JSON.
    #[must_use]
    pub fn into_json(self) -> String {
        self.0
    }
}

impl fmt::Debug for ToolOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToolOutput([redacted])")
    }
}
