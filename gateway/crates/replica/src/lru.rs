//! All replicas of the process, bounded in bytes: of those that nobody uses, the ones that were not used for longest go first.
//! Where all are in use, the largest one goes, and who reads it from the start stops: its memory is given back by that.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use mana_mcp_runtime::{data::DataError, log::Change, rows::TableSpec};

use super::{Caller, log::Log, memberships::Memberships, pull::Pull, receive::Shared, replica::Replica};

/// The records of a space other than the user's personal one take this part of the budget at most: members of a shared space
/// can fill it, and must not take the user's other spaces away.
const SHARE_OF_A_SPACE: usize = 4;

/// The replicas of all users and tables.
#[derive(Debug)]
pub struct Replicas {
    budget: usize,
    held: Mutex<Held>,
    memberships: Memberships,
    shared: Arc<Shared>,
    evictions: AtomicU64,
}

/// Whose rows of which table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReplicaKey {
    user: Arc<str>,
    app: &'static str,
    table: &'static str,
}

/// What the replicas take and have done since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplicaStats {
    /// Replicas that are held.
    pub replicas: usize,
    /// An estimate of their memory.
    pub bytes: usize,
    /// The bound on it.
    pub budget: usize,
    /// Replicas that were dropped for others, or because they alone were too large.
    pub evictions: u64,
    /// Requests to the sync service for a page of rows.
    pub pulls: u64,
}

#[derive(Debug, Default)]
struct Held {
    slots: HashMap<ReplicaKey, Slot>,
    /// The keys by their last use.
    by_use: BTreeMap<u64, ReplicaKey>,
    uses: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Slot {
    replica: Arc<Replica>,
    used: u64,
    bytes: usize,
}

impl ReplicaKey {
    /// The key of a user's rows of that table.
    #[must_use]
    pub fn of(user: &str, table: &TableSpec) -> Self {
        Self { user: user.into(), app: table.app, table: table.sync_name }
    }
}

impl Replicas {
    /// No replicas yet; `budget` is in bytes.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self {
            budget,
            held: Mutex::default(),
            memberships: Memberships::default(),
            shared: Arc::default(),
            evictions: AtomicU64::new(0),
        }
    }

    /// The caller's replica of a table, brought up to date from the log.
    ///
    /// # Errors
    /// Where the log cannot be read, or its rows have no room.
    pub async fn refresh(
        &self,
        log: &Arc<dyn Log>,
        table: TableSpec,
        caller: &Caller,
        now: Instant,
    ) -> Result<Arc<Replica>, DataError> {
        let key = ReplicaKey::of(&caller.user, &table);
        let memberships = self.memberships.note(caller, now);
        let shared_limit = self.budget / SHARE_OF_A_SPACE;
        let mut is_second_try = false;
        loop {
            let replica = self.used(&key, table);
            let had_rows = replica.may_have_rows();
            let grown = || self.account(&key, &replica);
            let (memberships, shared) = (Arc::clone(&memberships), &self.shared);
            let pull = Pull { log, caller, memberships, now, shared_limit, grown: &grown, shared };
            match replica.refresh(pull).await {
                // A read from the start holds the old rows beside the new ones. Where there is no room for both, the old
                // ones have been dropped by now.
                Err(DataError::TooMuchData { .. }) if had_rows && !is_second_try => is_second_try = true,
                // So it is where others need the room; or it was dropped when who read it had come to the end.
                Err(DataError::Crowded { .. }) if replica.may_have_rows() && !is_second_try => is_second_try = true,
                Ok(()) if replica.is_closed(caller) => return Err(DataError::SpaceTooLarge { noun: table.noun }),
                outcome => return outcome.map(|()| replica),
            }
        }
    }

    /// The replica of a table, which somebody is about to use.
    #[must_use]
    pub fn used(&self, key: &ReplicaKey, table: TableSpec) -> Arc<Replica> {
        self.held().use_or_add(key, || Replica::new(table))
    }

    /// Whether there is a replica under that key.
    #[must_use]
    pub fn holds(&self, key: &ReplicaKey) -> bool {
        self.held().slots.contains_key(key)
    }

    /// Takes in a change of the user's own that the service has confirmed.
    pub fn confirm(&self, key: &ReplicaKey, change: &Change) {
        let Some(replica) = self.held().slots.get(key).map(|slot| Arc::clone(&slot.replica)) else { return };
        replica.confirm(change);
        // The write is stored; a replica that has become too large is the next read's concern.
        let _ = self.account(key, &replica);
    }

    /// What the replicas take and have done.
    #[must_use]
    pub fn stats(&self) -> ReplicaStats {
        let held = self.held();
        ReplicaStats {
            replicas: held.slots.len(),
            bytes: held.bytes,
            budget: self.budget,
            evictions: self.evictions.load(Ordering::Relaxed),
            pulls: self.shared.asked.load(Ordering::Relaxed),
        }
    }

    /// Counts a replica's bytes anew, and drops some until all are within the budget.
    ///
    /// # Errors
    /// Where this one had to be dropped.
    pub fn account(&self, key: &ReplicaKey, replica: &Arc<Replica>) -> Result<(), DataError> {
        let bytes = replica.bytes();
        let mut held = self.held();
        let mut is_held = held.weigh(key, replica, bytes);
        let mut dropped = 0;
        if is_held && bytes > self.budget {
            dropped += u64::from(held.remove(key));
        }
        while held.bytes > self.budget
            && let Some(evicted) = held.evict()
        {
            is_held = is_held && evicted != *key;
            dropped += 1;
        }
        drop(held);
        self.evictions.fetch_add(dropped, Ordering::Relaxed);
        if bytes > self.budget {
            return Err(DataError::TooMuchData { noun: replica.table.noun });
        }
        // One that is counted no more must not grow.
        if is_held { Ok(()) } else { Err(DataError::Crowded { noun: replica.table.noun }) }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn use_or_add(&mut self, key: &ReplicaKey, new: impl FnOnce() -> Replica) -> Arc<Replica> {
        self.uses += 1;
        let used = self.uses;
        let slot = self.slots.entry(key.clone()).or_insert_with(|| {
            let replica = Arc::new(new());
            let bytes = replica.bytes();
            self.bytes += bytes;
            Slot { replica, used, bytes }
        });
        self.by_use.remove(&slot.used);
        slot.used = used;
        self.by_use.insert(used, key.clone());
        Arc::clone(&slot.replica)
    }

    /// Whether the replica is held: one that was dropped while it was read belongs to its reader alone.
    fn weigh(&mut self, key: &ReplicaKey, replica: &Arc<Replica>, bytes: usize) -> bool {
        let Some(slot) = self.slots.get_mut(key).filter(|slot| Arc::ptr_eq(&slot.replica, replica)) else {
            return false;
        };
        self.bytes = self.bytes - slot.bytes + bytes;
        slot.bytes = bytes;
        true
    }

    /// Drops the replica that nobody has used for longest, else the largest one. Which one it was.
    fn evict(&mut self) -> Option<ReplicaKey> {
        let is_idle =
            |key: &&ReplicaKey| self.slots.get(*key).is_some_and(|slot| Arc::strong_count(&slot.replica) == 1);
        let largest = || self.slots.iter().max_by_key(|(_, slot)| slot.bytes).map(|(key, _)| key);
        let key = self.by_use.values().find(is_idle).or_else(largest).cloned()?;
        self.remove(&key).then_some(key)
    }

    fn remove(&mut self, key: &ReplicaKey) -> bool {
        let Some(slot) = self.slots.remove(key) else { return false };
        self.by_use.remove(&slot.used);
        self.bytes -= slot.bytes;
        true
    }
}
