//! When each user was first seen in a space.
//!
//! The sync service keeps a user's memberships for minutes. A user who joins a space does not get its older rows until then,
//! and nothing in its answers says that rows are missing. So what was read soon after a user was first seen in a space does
//! not count as complete.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::Caller;

/// How long the sync service may not know of a membership.
pub(super) const SETTLED_AFTER: Duration = Duration::from_secs(5 * 60);
/// Users who are remembered.
const MAX_USERS: usize = 10_000;

/// When users were first seen in their spaces.
#[derive(Debug, Default)]
pub(super) struct Memberships(Mutex<Known>);

/// When one user was first seen in each of their spaces.
#[derive(Debug, Default)]
pub(super) struct FirstSeen(HashMap<String, Instant>);

#[derive(Debug, Default)]
struct Known {
    users: HashMap<Arc<str>, Arc<FirstSeen>>,
    /// In the order in which they came.
    order: VecDeque<Arc<str>>,
}

impl Memberships {
    /// When the caller was first seen as a member of each space. Spaces that the caller has left are forgotten.
    pub(super) fn note(&self, caller: &Caller, now: Instant) -> Arc<FirstSeen> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = known.users.get(caller.user.as_str()).filter(|seen| seen.is_of(caller)) {
            return Arc::clone(seen);
        }
        let before = known.users.remove(caller.user.as_str());
        if before.is_none() {
            known.make_room();
            known.order.push_back(caller.user.as_str().into());
        }
        let at = |space: &str| before.as_ref().and_then(|before| before.at(space)).unwrap_or(now);
        let spaces = caller.spaces.iter().map(|space| (space.id.clone(), at(&space.id))).collect();
        let seen = Arc::new(FirstSeen(spaces));
        known.users.insert(caller.user.as_str().into(), Arc::clone(&seen));
        seen
    }
}

impl FirstSeen {
    /// When the user was first seen in that space.
    pub(super) fn at(&self, space: &str) -> Option<Instant> {
        self.0.get(space).copied()
    }

    fn is_of(&self, caller: &Caller) -> bool {
        self.0.len() == caller.spaces.len() && caller.spaces.iter().all(|space| self.0.contains_key(&space.id))
    }
}

impl Known {
    fn make_room(&mut self) {
        if self.users.len() >= MAX_USERS
            && let Some(oldest) = self.order.pop_front()
        {
            self.users.remove(&oldest);
        }
    }
}
