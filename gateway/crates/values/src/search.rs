//! How a value is looked for in a list.

use std::sync::{Arc, PoisonError};

use crate::equal::equal;
use crate::lookup::{Lookup, Lookups};
use crate::{Env, Key, Value};

/// Shorter lists are searched linearly.
const MANY: usize = 16;
/// The number of lists in the cache.
const LISTS: usize = 4;

impl Env {
    /// Whether a list contains a value. Repeated searches of the same list take constant time.
    pub(crate) fn has(&self, list: &Arc<[Value]>, value: &Value) -> bool {
        if list.len() < MANY {
            return self.look_at(list.len()) && list.iter().any(|item| equal(self, item, value));
        }
        self.lookups.lock().unwrap_or_else(PoisonError::into_inner).has(self, list, value)
    }
}

impl Lookups {
    /// Whether the list contains the value.
    fn has(&mut self, env: &Env, list: &Arc<[Value]>, value: &Value) -> bool {
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
