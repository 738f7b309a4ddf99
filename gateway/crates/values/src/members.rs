//! The members of an object or map, in their order.

use hashbrown::HashMap;
use smol_str::SmolStr;

use crate::Value;

/// From as many members on, they are found by a table.
const MANY: usize = 16;

/// Values by name, in the order in which they were first inserted. Small ones are searched, large ones have a table.
#[derive(Clone, Default)]
pub struct Members {
    entries: Vec<(SmolStr, Value)>,
    places: HashMap<SmolStr, usize>,
}

impl Members {
    /// With room for this number of members.
    #[must_use]
    pub fn with_capacity(members: usize) -> Self {
        Self { entries: Vec::with_capacity(members), places: HashMap::new() }
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.place(name).and_then(|place| self.entries.get(place)).map(|(_, value)| value)
    }

    /// Sets a value; a name that is there keeps its place.
    pub fn insert(&mut self, name: impl Into<SmolStr>, value: Value) {
        let name = name.into();
        match self.place(&name).and_then(|place| self.entries.get_mut(place)) {
            Some((_, known)) => *known = value,
            None => self.append(name, value),
        }
    }

    /// Takes a member away.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let (_, value) = self.entries.remove(self.place(name)?);
        self.places.clear();
        self.index();
        Some(value)
    }

    /// The members, in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&SmolStr, &Value)> {
        self.entries.iter().map(|(name, value)| (name, value))
    }

    /// The members that are not null, in order.
    pub fn present(&self) -> impl DoubleEndedIterator<Item = (&SmolStr, &Value)> {
        self.iter().filter(|(_, value)| !value.is_null())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a member whose name is not there yet.
    pub fn append(&mut self, name: SmolStr, value: Value) {
        if !self.places.is_empty() {
            self.places.insert(name.clone(), self.entries.len());
        }
        self.entries.push((name, value));
        if self.places.is_empty() {
            self.index();
        }
    }

    fn index(&mut self) {
        if self.entries.len() >= MANY {
            self.places = self.entries.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        if self.places.is_empty() {
            return self.entries.iter().position(|(known, _)| known == name);
        }
        self.places.get(name).copied()
    }
}

impl FromIterator<(SmolStr, Value)> for Members {
    /// Of several members of one name the last one wins.
    fn from_iter<T: IntoIterator<Item = (SmolStr, Value)>>(members: T) -> Self {
        let mut all = Self::default();
        for (name, value) in members {
            all.insert(name, value);
        }
        all
    }
}

/// Ignores the order of members, and null members.
impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        self.present().count() == other.present().count()
            && self.present().all(|(name, value)| other.get(name) == Some(value))
    }
}
