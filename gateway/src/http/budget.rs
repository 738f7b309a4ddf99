//! What requests hold at once: so much in all, and so much for one user, so that one user cannot take what all others need.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use metrics::Counter;

use crate::{
    auth::UserId,
    backend::Load,
    telemetry::{
        Metrics,
        metrics::{SHED, Shed},
    },
};

/// A bound on an amount that is held at once: requests, or bytes.
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    limit: usize,
    limit_of_user: usize,
    held: Mutex<Held>,
    shed: Counter,
    shed_of_users: Counter,
}

#[derive(Default)]
struct Held {
    all: usize,
    /// Of each user who holds anything.
    users: HashMap<UserId, usize>,
}

/// Which bound was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exceeded {
    /// That of all users together.
    All,
    /// That of this user.
    User,
}

impl Budget {
    /// So much in all, and so much for one user; refusals are counted under these labels.
    #[must_use]
    pub fn new(limit: usize, limit_of_user: usize, metrics: &Metrics, labels: [Shed; 2]) -> Self {
        let [shed, shed_of_users] = labels.map(|bound| metrics.counter(&SHED, (bound,)));
        Self(Arc::new(Inner { limit, limit_of_user, held: Mutex::default(), shed, shed_of_users }))
    }

    /// How much is held, and may be.
    #[must_use]
    pub fn load(&self) -> Load {
        Load { taken: self.held().all, limit: self.0.limit }
    }

    /// Takes that amount for the user, if both bounds allow it.
    pub(super) fn take(&self, user: &UserId, amount: usize) -> Result<Share, Exceeded> {
        self.reserve(user, amount)?;
        Ok(Share { budget: self.clone(), user: user.clone(), amount })
    }

    /// Takes that amount for the user whatever the bounds: what is there already cannot be refused, only further work.
    pub(super) fn take_anyway(&self, user: &UserId, amount: usize) -> Share {
        let mut held = self.held();
        held.all += amount;
        *held.users.entry(user.clone()).or_default() += amount;
        Share { budget: self.clone(), user: user.clone(), amount }
    }

    fn reserve(&self, user: &UserId, amount: usize) -> Result<(), Exceeded> {
        let mut held = self.held();
        let of_user = held.users.get(user).copied().unwrap_or_default();
        if amount > self.0.limit_of_user.saturating_sub(of_user) {
            self.0.shed_of_users.increment(1);
            return Err(Exceeded::User);
        }
        if amount > self.0.limit.saturating_sub(held.all) {
            self.0.shed.increment(1);
            return Err(Exceeded::All);
        }
        held.all += amount;
        held.users.insert(user.clone(), of_user + amount);
        Ok(())
    }

    fn release(&self, user: &UserId, amount: usize) {
        let mut held = self.held();
        held.all = held.all.saturating_sub(amount);
        if let Some(of_user) = held.users.get_mut(user) {
            *of_user = of_user.saturating_sub(amount);
            if *of_user == 0 {
                held.users.remove(user);
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a user holds of a budget; dropping it gives it back.
pub(super) struct Share {
    budget: Budget,
    user: UserId,
    amount: usize,
}

impl Share {
    /// Takes more.
    pub(super) fn grow(&mut self, amount: usize) -> Result<(), Exceeded> {
        self.budget.reserve(&self.user, amount)?;
        self.amount += amount;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.release(&self.user, self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        UserId::for_tests(name)
    }

    fn budget() -> Budget {
        Budget::new(8, 4, &Metrics::off(), [Shed::Requests, Shed::UserRequests])
    }

    #[test]
    fn one_user_has_a_part_and_all_have_the_whole() {
        let budget = budget();
        let mut ada = budget.take(&user("ada"), 3).ok().unwrap();
        assert_eq!(ada.grow(2), Err(Exceeded::User));
        assert_eq!(ada.grow(1), Ok(()));
        let bob = budget.take(&user("bob"), 4).ok().unwrap();
        assert_eq!(budget.take(&user("eve"), 1).err(), Some(Exceeded::All));
        assert_eq!(budget.load(), Load { taken: 8, limit: 8 });
        drop((ada, bob));
        assert_eq!(budget.load().taken, 0);
        assert!(budget.held().users.is_empty());
    }

    #[test]
    fn what_is_there_already_counts_against_what_comes() {
        let budget = budget();
        let written = budget.take_anyway(&user("ada"), 100);
        assert_eq!(budget.take(&user("ada"), 1).err(), Some(Exceeded::User));
        assert_eq!(budget.take(&user("bob"), 1).err(), Some(Exceeded::All));
        drop(written);
        assert!(budget.take(&user("bob"), 1).is_ok());
    }
}
