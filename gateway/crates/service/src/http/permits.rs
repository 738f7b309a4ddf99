//! a bounded count: this many permits in all, and this many for one holder. Requests, bytes, connections and calls to a service
//! are counted with it.

use std::{collections::HashMap, hash::Hash};

/// How full a bound is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// What is held.
    pub taken: usize,
    /// How much there may be.
    pub limit: usize,
}

/// Which bound was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// That of all together.
    All,
    /// That of this holder.
    One,
}

/// The count. Nobody waits for a permit.
#[derive(Debug)]
pub(crate) struct Permits<K> {
    limit: usize,
    limit_of_one: usize,
    taken: usize,
    /// Of each who holds any.
    holders: HashMap<K, usize>,
}

impl<K: Clone + Eq + Hash> Permits<K> {
    pub(crate) fn new(limit: usize, limit_of_one: usize) -> Self {
        Self { limit, limit_of_one, taken: 0, holders: HashMap::new() }
    }

    pub(crate) fn load(&self) -> Load {
        Load { taken: self.taken, limit: self.limit }
    }

    /// Whether the bound of one allows that holder this many more.
    pub(crate) fn has_part(&self, holder: &K, amount: usize) -> bool {
        amount <= self.limit_of_one.saturating_sub(self.holders.get(holder).copied().unwrap_or_default())
    }

    /// Whether the bound of all allows this many more.
    pub(crate) fn has_room(&self, amount: usize) -> bool {
        amount <= self.limit.saturating_sub(self.taken)
    }

    /// Takes this many for that holder, if both bounds allow it.
    pub(crate) fn take(&mut self, holder: &K, amount: usize) -> Result<(), Exceeded> {
        if !self.has_part(holder, amount) {
            return Err(Exceeded::One);
        }
        if !self.has_room(amount) {
            return Err(Exceeded::All);
        }
        self.take_anyway(holder, amount);
        Ok(())
    }

    /// Takes this many whatever the bounds.
    pub(crate) fn take_anyway(&mut self, holder: &K, amount: usize) {
        self.taken += amount;
        *self.holders.entry(holder.clone()).or_default() += amount;
    }

    pub(crate) fn release(&mut self, holder: &K, amount: usize) {
        self.taken = self.taken.saturating_sub(amount);
        if let Some(held) = self.holders.get_mut(holder) {
            *held = held.saturating_sub(amount);
            if *held == 0 {
                self.holders.remove(holder);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.taken == 0 && self.holders.is_empty()
    }
}
