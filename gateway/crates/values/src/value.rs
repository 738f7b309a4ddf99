//! The values of expressions, and the members of those that are objects or maps.

use std::{fmt, sync::Arc};

use hashbrown::HashMap;
use smol_str::SmolStr;

use crate::{Date, Moment, Timestamp, number};

/// From as many members on, they are found by a table.
const MANY: usize = 16;

/// A value of an expression. Cheap to clone. The compiler knows the type of each, so functions take what is of another type
/// for null.
#[derive(Clone, Default)]
pub enum Value {
    /// What is absent.
    #[default]
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number within ±(2^53 − 1).
    Int(i64),
    /// Any number; always finite.
    Double(f64),
    /// A text, an id, or a word of an enum.
    Text(SmolStr),
    /// A day.
    Date(Date),
    /// An instant.
    Timestamp(Timestamp),
    /// A day or a time, as it was written.
    Moment(Arc<Moment>),
    /// A span of time in milliseconds.
    Duration(i64),
    /// Values in an order.
    List(Arc<[Value]>),
    /// An object or a map.
    Map(Arc<Members>),
}

/// The null that a member of null is.
static NULL: Value = Value::Null;

impl Value {
    /// A text.
    pub fn text(text: impl Into<SmolStr>) -> Self {
        Self::Text(text.into())
    }

    /// A text that is part of the program.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self::Text(SmolStr::new_static(text))
    }

    /// The place of an element.
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        Self::int(i64::try_from(index).unwrap_or(i64::MAX))
    }

    /// An object without members.
    #[must_use]
    pub fn empty_object() -> Self {
        Self::Map(Arc::default())
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// An object, without the members that are null.
    pub fn object<N: Into<SmolStr>>(members: impl IntoIterator<Item = (N, Self)>) -> Self {
        let members = members.into_iter().filter(|(_, value)| !value.is_null());
        Self::Map(Arc::new(members.map(|(name, value)| (name.into(), value)).collect()))
    }

    /// Whether it is absent.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is true; null is not.
    #[must_use]
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// An integer, clamped to ±(2^53 − 1).
    #[must_use]
    pub fn int(number: i64) -> Self {
        Self::Int(number::within(number))
    }

    /// A double. Infinities are clamped to the greatest finite values; NaN becomes null.
    #[must_use]
    pub fn double(number: f64) -> Self {
        if number.is_nan() { Self::Null } else { Self::Double(number.clamp(f64::MIN, f64::MAX)) }
    }

    /// The text, where it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if the value is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The number as a double, if the value is an integer or a double.
    #[must_use]
    pub fn as_double(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(number::to_double(*number)),
            Self::Double(number) => Some(*number),
            _ => None,
        }
    }

    /// The elements; none where it is no list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The members, where it is an object or a map.
    #[must_use]
    pub fn members(&self) -> Option<&Members> {
        match self {
            Self::Map(members) => Some(members),
            _ => None,
        }
    }

    /// A member; of null and of what has no such member, null.
    #[must_use]
    pub fn member(&self, name: &str) -> &Self {
        self.members().and_then(|members| members.get(name)).unwrap_or(&NULL)
    }

    /// A copy of [`Self::member`].
    #[must_use]
    pub fn get(&self, name: &str) -> Self {
        self.member(name).clone()
    }

    /// The value, or a fallback if it is null.
    #[must_use]
    pub fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if self.is_null() { other() } else { self }
    }
}

/// Without its content, which may be secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value([redacted])")
    }
}

/// As `==` of expressions compares: numbers as numbers, whatever their type.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Int(one), Self::Int(other)) | (Self::Duration(one), Self::Duration(other)) => one == other,
            (Self::Double(one), Self::Double(other)) => one == other,
            (Self::Int(whole), Self::Double(double)) | (Self::Double(double), Self::Int(whole)) => {
                number::to_double(*whole) == *double
            }
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Date(one), Self::Date(other)) => one == other,
            (Self::Timestamp(one), Self::Timestamp(other)) => one == other,
            (Self::Moment(one), Self::Moment(other)) => one == other,
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Map(one), Self::Map(other)) => one == other,
            _ => false,
        }
    }
}

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
