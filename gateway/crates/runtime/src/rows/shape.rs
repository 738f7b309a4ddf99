//! The names of a record's fields. Most records of a table have the same ones, which then stand in memory once.

use std::{
    borrow::Borrow,
    hash::{Hash, Hasher},
    mem::size_of,
    sync::Arc,
};

use hashbrown::HashSet;

/// Records with more fields have their names for themselves; so few are looked through one by one.
const FEW: usize = 24;
/// Shapes that are shared, at most: who writes rows of ever other fields does not make the table of shapes long.
const MOST: usize = 1024;

/// The names of a record's fields, sorted.
#[derive(Debug, Clone)]
pub(super) struct Shape(Arc<Names>);

#[derive(Debug)]
struct Names {
    names: Box<[Arc<str>]>,
    is_shared: bool,
    /// Whether all names are among them that a record needs.
    is_whole: bool,
}

/// The shapes of a table's records.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    /// The names of the fields that a record needs.
    required: Vec<&'static str>,
    /// Each name that any record has.
    names: HashSet<Arc<str>>,
    shared: HashSet<ByNames>,
    /// The one that was asked for last.
    last: Option<Shape>,
    bytes: usize,
}

/// A shape in its place, which its names decide.
#[derive(Debug)]
struct ByNames(Shape);

impl Borrow<[Arc<str>]> for ByNames {
    fn borrow(&self) -> &[Arc<str>] {
        &self.0.0.names
    }
}

impl PartialEq for ByNames {
    fn eq(&self, other: &Self) -> bool {
        self.0.0.names == other.0.0.names
    }
}

impl Eq for ByNames {}

impl Hash for ByNames {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.0.names.hash(state);
    }
}

impl Shape {
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names.iter().map(AsRef::as_ref)
    }

    /// The name at a place.
    pub(super) fn name(&self, place: usize) -> Option<&str> {
        self.0.names.get(place).map(AsRef::as_ref)
    }

    /// The place of a name among the others.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        let names = &self.0.names;
        // A few names are compared faster than they are divided: most differ in their lengths already.
        if names.len() <= FEW {
            return names.iter().position(|other| other.as_ref() == name);
        }
        names.binary_search_by(|other| other.as_ref().cmp(name)).ok()
    }

    /// Whether the record has all fields that it needs.
    pub(super) fn is_whole(&self) -> bool {
        self.0.is_whole
    }

    /// An estimate of the memory that it takes for one record alone.
    pub(super) fn own_bytes(&self) -> usize {
        if self.0.is_shared { 0 } else { self.bytes() }
    }

    fn bytes(&self) -> usize {
        size_of::<Arc<str>>() * self.0.names.len() + size_of::<[usize; 12]>()
    }

    fn is(&self, names: &[&str]) -> bool {
        self.0.names.len() == names.len() && self.names().eq(names.iter().copied())
    }
}

impl Shapes {
    pub(super) fn new(required: Vec<&'static str>) -> Self {
        Self { required, ..Self::default() }
    }

    /// The shape of a record that has these fields.
    pub(super) fn of(&mut self, names: &[&str]) -> Shape {
        if let Some(last) = self.last.as_ref().filter(|last| last.is(names)) {
            return last.clone();
        }
        let is_whole = self.required.iter().all(|name| names.binary_search(name).is_ok());
        let names: Box<[Arc<str>]> = names.iter().map(|name| self.name(name)).collect();
        let shape = match self.shared.get(&*names) {
            Some(ByNames(known)) => known.clone(),
            None => {
                let is_shared = names.len() <= FEW && self.shared.len() < MOST;
                let shape = Shape(Arc::new(Names { names, is_shared, is_whole }));
                if is_shared {
                    self.bytes += shape.bytes();
                    self.shared.insert(ByNames(shape.clone()));
                }
                shape
            }
        };
        if shape.0.is_shared {
            self.last = Some(shape.clone());
        }
        shape
    }

    /// An estimate of the memory that names and shared shapes take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.bytes += name.len() + size_of::<[usize; 8]>();
        self.names.insert(Arc::clone(&name));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_with_the_same_names_share_them() {
        let mut shapes = Shapes::new(vec!["b"]);
        let one = shapes.of(&["a", "b"]);
        let bytes = shapes.bytes();
        assert_eq!((one.is_whole(), shapes.of(&["a"]).is_whole()), (true, false));
        let again = shapes.of(&["a", "b"]);
        assert!(Arc::ptr_eq(&one.0, &again.0));
        assert_eq!((again.place("b"), again.place("c"), again.own_bytes()), (Some(1), None, 0));
        assert_eq!(shapes.bytes(), bytes + shapes.of(&["a"]).bytes());
    }

    #[test]
    fn many_names_and_many_shapes_are_not_shared() {
        let mut shapes = Shapes::default();
        let names: Vec<String> = (0..2 * MOST).map(|number| format!("{number:04}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let long = shapes.of(&names);
        assert_eq!((long.place("0100"), long.place("x"), long.own_bytes() > 0), (Some(100), None, true));
        for (place, name) in names.iter().enumerate() {
            assert_eq!(shapes.of(&[name]).own_bytes() > 0, place >= MOST, "{name}");
        }
        assert_eq!(shapes.shared.len(), MOST);
    }
}
