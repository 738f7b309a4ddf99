//! What a pull needs from outside: whose rows, where they come from, and how much room there is.

use std::{sync::Arc, time::Instant};

use mana_mcp_runtime::data::DataError;

use super::{Caller, log::Log, memberships::FirstSeen, receive::Shared};

/// What a pull needs from outside.
pub(super) struct Pull<'a> {
    pub(super) log: &'a Arc<dyn Log>,
    pub(super) caller: &'a Caller,
    /// When the caller was first seen in each space.
    pub(super) memberships: Arc<FirstSeen>,
    pub(super) now: Instant,
    /// The bytes that a space other than the personal one may take.
    pub(super) shared_limit: usize,
    /// Called after each batch; fails when the replica may not grow further.
    pub(super) grown: &'a (dyn Fn() -> Result<(), DataError> + Send + Sync),
    /// What all pulls share.
    pub(super) shared: &'a Arc<Shared>,
}

impl Pull<'_> {
    pub(super) fn first_seen(&self, space: &str) -> Option<Instant> {
        self.memberships.at(space)
    }
}
