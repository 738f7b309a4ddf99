//! What requests hold at once: so much in all, and so much for one holder, so that one cannot take what all others need.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use metrics::Counter;

use super::permits::{Exceeded, Load, Permits};

/// On whose account a request holds what it holds: a user, for example. It stands in maps alone, never in a log or a label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner(Arc<str>);

impl From<Arc<str>> for Owner {
    fn from(key: Arc<str>) -> Self {
        Self(key)
    }
}

impl From<&str> for Owner {
    fn from(key: &str) -> Self {
        Self(key.into())
    }
}

/// Counts refusals.
#[derive(Debug, Clone)]
pub struct Shed {
    /// Those for the bound of all.
    pub all: Counter,
    /// Those for the bound of one.
    pub one: Counter,
}

/// Counts nothing.
impl Default for Shed {
    fn default() -> Self {
        Self { all: Counter::noop(), one: Counter::noop() }
    }
}

/// A bound on an amount that is held at once: requests, or bytes.
pub struct Budget<K: Clone + Eq + Hash = Owner>(Arc<Inner<K>>);

struct Inner<K> {
    permits: Mutex<Permits<K>>,
    shed: Shed,
}

impl<K: Clone + Eq + Hash> Clone for Budget<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash> std::fmt::Debug for Budget<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Budget").field(&self.load()).finish()
    }
}

impl<K: Clone + Eq + Hash> Budget<K> {
    /// So much in all, and so much for one.
    #[must_use]
    pub fn new(limit: usize, limit_of_one: usize, shed: Shed) -> Self {
        Self(Arc::new(Inner { permits: Mutex::new(Permits::new(limit, limit_of_one)), shed }))
    }

    /// How much is held, and may be.
    #[must_use]
    pub fn load(&self) -> Load {
        self.permits().load()
    }

    /// Takes that amount, if both bounds allow it.
    pub(crate) fn take(&self, owner: &K, amount: usize) -> Result<Share<K>, Exceeded> {
        self.reserve(owner, amount)?;
        Ok(Share { budget: self.clone(), owner: owner.clone(), amount })
    }

    /// Takes that amount whatever the bounds: what is there already cannot be refused, only further work.
    pub(crate) fn take_anyway(&self, owner: &K, amount: usize) -> Share<K> {
        self.permits().take_anyway(owner, amount);
        Share { budget: self.clone(), owner: owner.clone(), amount }
    }

    fn reserve(&self, owner: &K, amount: usize) -> Result<(), Exceeded> {
        let taken = self.permits().take(owner, amount);
        match taken {
            Ok(()) => {}
            Err(Exceeded::All) => self.0.shed.all.increment(1),
            Err(Exceeded::One) => self.0.shed.one.increment(1),
        }
        taken
    }

    fn permits(&self) -> MutexGuard<'_, Permits<K>> {
        self.0.permits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is held of a budget; dropping it gives it back.
#[derive(Debug)]
pub struct Share<K: Clone + Eq + Hash = Owner> {
    budget: Budget<K>,
    owner: K,
    amount: usize,
}

impl<K: Clone + Eq + Hash> Share<K> {
    /// Takes more.
    pub(crate) fn grow(&mut self, amount: usize) -> Result<(), Exceeded> {
        self.budget.reserve(&self.owner, amount)?;
        self.amount += amount;
        Ok(())
    }
}

impl<K: Clone + Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        self.budget.permits().release(&self.owner, self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> Budget<&'static str> {
        Budget::new(8, 4, Shed::default())
    }

    #[test]
    fn one_has_a_part_and_all_have_the_whole() {
        let budget = budget();
        let mut ada = budget.take(&"ada", 3).ok().unwrap();
        assert_eq!(ada.grow(2), Err(Exceeded::One));
        assert_eq!(ada.grow(1), Ok(()));
        let bob = budget.take(&"bob", 4).ok().unwrap();
        assert_eq!(budget.take(&"eve", 1).err(), Some(Exceeded::All));
        assert_eq!(budget.load(), Load { taken: 8, limit: 8 });
        drop((ada, bob));
        assert!(budget.permits().is_empty());
    }

    #[test]
    fn what_is_there_already_counts_against_what_comes() {
        let budget = budget();
        let written = budget.take_anyway(&"ada", 100);
        assert_eq!(budget.take(&"ada", 1).err(), Some(Exceeded::One));
        assert_eq!(budget.take(&"bob", 1).err(), Some(Exceeded::All));
        drop(written);
        assert!(budget.take(&"bob", 1).is_ok());
    }
}
