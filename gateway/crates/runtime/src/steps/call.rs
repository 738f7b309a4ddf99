//! Operations of services.

use mana_mcp_values::Value;

use super::{Steps, Type};
use crate::tool::ToolError;

/// A service.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// The setting of its address.
    pub setting: &'static str,
    /// Whether the caller's token is sent.
    pub sends_token: bool,
}

/// An operation of a service.
#[derive(Debug)]
pub struct Operation {
    /// Its service.
    pub service: &'static Service,
    /// Its name.
    pub name: &'static str,
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// The request.
    pub request: Type,
    /// The answer.
    pub response: Type,
    /// What the caller is told, by status.
    pub errors: &'static [(u16, &'static str)],
    /// The time that it may take.
    pub timeout_seconds: u64,
    /// Whether it may be repeated.
    pub is_safe: bool,
}

impl Steps {
    /// Calls an operation.
    ///
    /// # Errors
    /// Where the service fails.
    pub async fn call(&mut self, _: &'static Operation, _: Value) -> Result<Value, ToolError> {
        Err(ToolError::Uncommitted)
    }
}
