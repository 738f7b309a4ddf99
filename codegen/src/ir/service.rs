//! Checked services.

use super::{Schema, Struct};

/// A service that tools call over HTTP.
#[derive(Debug, Clone)]
pub struct Service {
    pub(crate) name: String,
    pub(crate) summary: String,
    /// The setting that holds its address.
    pub(crate) setting: String,
    /// Whether the caller's own token goes with each request.
    pub(crate) sends_token: bool,
    pub(crate) operations: Vec<Operation>,
}

/// An operation of a service.
#[derive(Debug, Clone)]
pub struct Operation {
    pub(crate) name: String,
    /// In capital letters.
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) request: Struct,
    pub(crate) response: Schema,
    /// The caller's error messages, by status.
    pub(crate) errors: Vec<(u16, String)>,
    pub(crate) timeout_seconds: u64,
    /// Whether a second, equal call changes nothing more.
    pub(crate) is_safe: bool,
}
