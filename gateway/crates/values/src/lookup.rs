//! Which elements a list has, remembered from one `in` to the next.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashSet;

use crate::equal::equal;
use crate::{Env, Key, Value};

/// Shorter lists are searched.
pub(crate) const MANY: usize = 16;
/// Lists that are remembered.
const LISTS: usize = 4;

/// The lists that were searched last. Conditions ask the same list for each row, so one that is searched again gets a
/// table; one that is searched once is not worth it.
#[derive(Default)]
pub(crate) struct Lookups(VecDeque<Lookup>);

struct Lookup {
    /// Held, so that no other list can be at the same address.
    list: Arc<[Value]>,
    keys: Option<HashSet<Key>>,
}

impl Lookups {
    /// Whether the list has an element that is equal to the value.
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
