//! How many streams are open, and the place of one of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::auth::UserId;

/// The streams that are open.
#[derive(Debug, Default)]
pub(super) struct Open {
    pub(super) total: usize,
    pub(super) by_user: HashMap<UserId, usize>,
}

/// The permit of one open stream, given back when the last of its body and its call is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    open: Arc<Mutex<Open>>,
    user: UserId,
}

impl Permit {
    /// One more stream of this user; none at a bound.
    pub(super) fn take(
        streams: &Arc<Mutex<Open>>,
        user: UserId,
        max_open: usize,
        max_open_per_user: usize,
    ) -> Option<Arc<Self>> {
        let mut open = lock(streams);
        let of_user = open.by_user.get(&user).copied().unwrap_or_default();
        if open.total >= max_open || of_user >= max_open_per_user {
            return None;
        }
        open.total += 1;
        open.by_user.insert(user.clone(), of_user + 1);
        Some(Arc::new(Self { open: Arc::clone(streams), user }))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.total -= 1;
        if let Some(taken) = open.by_user.get_mut(&self.user) {
            *taken -= 1;
            if *taken == 0 {
                open.by_user.remove(&self.user);
            }
        }
    }
}

pub(super) fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}
