//! The order by name of the fields of a row. Rows of one writer name the same fields in the same sequence: then the order
//! of the last row is the order of this one too.

use crate::backend::Set;

/// So few are sorted as fast as they are compared with others.
const FEW: usize = 4;
/// The names of so many are kept, at most.
const MANY: usize = 64;

/// The order of the fields of a row.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Of a row that has them in the same sequence; none where that is not kept.
    names: Vec<Box<str>>,
    /// The places of the fields, by name. Of a name that stands twice, the last one counts.
    places: Vec<usize>,
}

impl Order {
    /// The fields that set something, sorted by name.
    pub(super) fn sorted<'a>(&mut self, fields: &'a [Set<'a>]) -> impl Iterator<Item = &'a Set<'a>> + Clone {
        if !self.is_of(fields) {
            self.find(fields);
        }
        let in_order = self.places.iter().filter_map(|place| fields.get(*place));
        in_order.filter(|set| set.value.is_some())
    }

    fn is_of(&self, fields: &[Set<'_>]) -> bool {
        fields.len() == self.names.len() && fields.iter().zip(&self.names).all(|(set, name)| *set.name == **name)
    }

    fn find(&mut self, fields: &[Set<'_>]) {
        let mut named: Vec<(&str, usize)> =
            fields.iter().enumerate().map(|(place, set)| (set.name.as_ref(), place)).collect();
        named.sort_unstable();
        let is_last = |index: usize, name: &str| named.get(index + 1).is_none_or(|(next, _)| *next != name);
        let last = named.iter().enumerate().filter(|(index, (name, _))| is_last(*index, name));
        self.places.clear();
        self.places.extend(last.map(|(_, (_, place))| *place));
        self.places.shrink_to(MANY);
        self.names.clear();
        if (FEW..=MANY).contains(&fields.len()) {
            self.names.extend(fields.iter().map(|set| (*set.name).into()));
        }
    }
}
