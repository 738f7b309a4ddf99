//! Services that tools call over HTTP: what the compiler writes of them, what is sent and what comes back.

mod error;

use std::{
    fmt,
    hash::{Hash, Hasher},
    time::Duration,
};

use bytes::Bytes;

use crate::types::Type;

pub use error::{ServiceError, ServiceFailure};

/// A service of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service {
    /// Its name, as labels and logs have it.
    pub name: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// The setting that holds its address.
    pub setting: &'static str,
    /// Whether it gets the caller's own token. Nothing else of the caller is ever sent.
    pub sends_token: bool,
}

/// An operation of a service. Operations compare by name.
#[derive(Debug)]
pub struct Operation {
    /// The service.
    pub service: &'static Service,
    /// Its name, as the catalog has it.
    pub name: &'static str,
    /// The method, in capital letters.
    pub method: &'static str,
    /// The path, with the names of members of the request in braces.
    pub path: &'static str,
    /// The request: an object.
    pub request: Type,
    /// The answer to a request that succeeded.
    pub response: Type,
    /// The error message for the agent where the service answers with one of these statuses.
    pub errors: &'static [(u16, &'static str)],
    /// The longest that a call may take.
    pub timeout_seconds: u64,
    /// Whether a second, equal call changes nothing more.
    pub is_safe: bool,
}

impl Operation {
    /// The longest that a call may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    fn key(&self) -> (&'static str, &'static str) {
        (self.service.name, self.name)
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Operation {}

impl PartialOrd for Operation {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Operation {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Operation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// A request to a service.
#[derive(Clone)]
pub struct ServiceRequest {
    /// What is asked for.
    pub operation: &'static Operation,
    /// The path with what was filled in, and the query.
    pub target: String,
    /// The JSON that is sent; `None` where the request is in the query.
    pub body: Option<Bytes>,
}

/// Without what it holds, which may be anything of the user's.
impl fmt::Debug for ServiceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceRequest({}.{})", self.operation.service.name, self.operation.name)
    }
}

/// What a service has answered, whatever its status.
#[derive(Clone)]
pub struct ServiceAnswer {
    /// The HTTP status.
    pub status: u16,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

/// Without its body.
impl fmt::Debug for ServiceAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}
