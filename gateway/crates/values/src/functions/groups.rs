//! Functions that index lists by a key.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::lists::of_list;
use super::maps::name_of;
use crate::{Env, Key, Members, Value};

/// Groups the elements of a list by a key: `[{key, items}]`, in order of first appearance. Elements whose key is null
/// form a group without `key`.
pub fn group_by(env: &Env, list: &Value, mut by: impl FnMut(&Value) -> Value) -> Value {
    of_list(env, list, |items| {
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        let mut places: HashMap<Key, usize> = HashMap::new();
        for item in items {
            let value = by(item);
            match places.entry(Key::of(env, &value)) {
                Entry::Occupied(place) => {
                    if let Some((_, group)) = groups.get_mut(*place.get()) {
                        group.push(item.clone());
                    }
                }
                Entry::Vacant(place) => {
                    place.insert(groups.len());
                    groups.push((value, vec![item.clone()]));
                }
            }
        }
        let group = |(key, items): (Value, Vec<Value>)| Value::object([("key", key), ("items", Value::list(items))]);
        Value::list(groups.into_iter().map(group))
    })
}

/// Returns a map from a key of each element to the element. If a key occurs twice, the first element wins; elements
/// whose key is null are left out.
pub fn key_by(env: &Env, list: &Value, mut by: impl FnMut(&Value) -> Value) -> Value {
    of_list(env, list, |items| {
        let mut members = Members::with_capacity(items.len());
        for item in items.iter().filter(|item| !item.is_null()) {
            if let Some(name) = name_of(&by(item))
                && members.get(&name).is_none()
            {
                members.insert(name, item.clone());
            }
        }
        Value::Map(members.into())
    })
}
