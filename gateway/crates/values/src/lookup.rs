//! A cache of hash sets for `in`.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashSet;

use crate::equal::equal;
use crate::{Env, Key, Value};

/// Shorter lists are searched linearly.
pub(crate) const MANY: usize = 16;
/// The number of lists in the cache.
const LISTS: usize = 4;

/// The most recently searched lists. A condition searches the same list for every row, so the second search builds a hash
/// set; for a single search, that would not pay off.
#[derive(Default)]
pub(crate) struct Lookups(VecDeque<Lookup>);

struct Lookup {
    /// Keeps the list alive, so that its address identifies it.
    list: Arc<[Value]>,
    keys: Option<HashSet<Key>>,
}

impl Lookups {
    /// Whether the list contains the value.
    pub(crate) fn has(&mut self, env: &Env, list: &Arc<[Value]>, value: &Value) -> bool {
        let place = self.0.iter().position(|known| Arc::ptr_eq(&known.list, list));
        let Some(mut known) = place.and_then(|place| self.0.remove(place)) else {
            self.0.truncate(LISTS - 1);
            self.0.push_front(Lookup { list: Arc::clone(list), keys: None });
            return env.look_at(list.len()) && list.iter().any(|item| equal(env, item, value));
        };
        if known.keys.is_none() && !env.look_at(list.len()) {
            return false;
        }
        let keys = known.keys.get_or_insert_with(|| list.iter().map(|item| Key::of(env, item)).collect());
        let found = env.look_at(1) && keys.contains(&Key::of(env, value));
        self.0.push_front(known);
        found
    }
}
