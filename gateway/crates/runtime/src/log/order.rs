//! The order by name of the fields of a row. Rows of one writer name the same fields in the same sequence: then the order
//! of the last row is the order of this one too.

use super::Set;

/// Fewer fields are sorted as fast as their names are compared with the last row's.
const FEW: usize = 4;
/// The names of more fields are not remembered.
const MANY: usize = 64;

/// The order of the fields of a row.
#[derive(Debug, Default)]
pub(crate) struct Order {
    /// Of a row that has them in the same sequence; none where that is not kept.
    names: Vec<Box<str>>,
    /// The places of the fields, by name. Of a name that stands twice, the last one counts.
    places: Vec<usize>,
}

impl Order {
    /// The fields that set something and whose names are kept, sorted by name. Which names are kept never changes.
    pub(crate) fn sorted<'a>(
        &mut self,
        fields: &'a [Set<'a>],
        keeps: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = &'a Set<'a>> + Clone {
        if !self.is_of(fields) {
            self.find(fields, keeps);
        }
        let in_order = self.places.iter().filter_map(|place| fields.get(*place));
        in_order.filter(|set| set.value.is_some())
    }

    fn is_of(&self, fields: &[Set<'_>]) -> bool {
        fields.len() == self.names.len() && fields.iter().zip(&self.names).all(|(set, name)| set.name == &**name)
    }

    fn find(&mut self, fields: &[Set<'_>], keeps: impl Fn(&str) -> bool) {
        let named = fields.iter().enumerate().map(|(place, set)| (set.name, place));
        let mut named: Vec<(&str, usize)> = named.filter(|(name, _)| keeps(name)).collect();
        named.sort_unstable();
        let is_last = |index: usize, name: &str| named.get(index + 1).is_none_or(|(next, _)| *next != name);
        let last = named.iter().enumerate().filter(|(index, (name, _))| is_last(*index, name));
        self.places.clear();
        self.places.extend(last.map(|(_, (_, place))| *place));
        self.places.shrink_to(MANY);
        self.names.clear();
        if (FEW..=MANY).contains(&fields.len()) {
            self.names.extend(fields.iter().map(|set| set.name.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Cell;

    /// The fields of those names, which set their places; a name in capitals sets nothing.
    fn sorted(order: &mut Order, names: &[&str]) -> Vec<(String, u64)> {
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let set = |place: usize| {
            let value = (names[place] != names[place].to_uppercase()).then(|| Cell::Number(place.into()));
            Set { name: &lower[place], value, at: "" }
        };
        let fields: Vec<_> = (0..names.len()).map(set).collect();
        let place = |set: &Set<'_>| match &set.value {
            Some(Cell::Number(place)) => (set.name.to_string(), place.as_u64().unwrap()),
            _ => panic!("{set:?}"),
        };
        order.sorted(&fields, |_| true).map(place).collect()
    }

    #[test]
    fn fields_are_sorted_by_name_and_of_a_name_that_stands_twice_the_last_one_counts() {
        let mut order = Order::default();
        let named =
            |list: &[(&str, u64)]| list.iter().map(|(name, place)| ((*name).to_owned(), *place)).collect::<Vec<_>>();
        for _ in 0..2 {
            assert_eq!(
                sorted(&mut order, &["c", "a", "b", "a", "d"]),
                named(&[("a", 3), ("b", 2), ("c", 0), ("d", 4)])
            );
            // The same sequence of names, of which others set nothing.
            assert_eq!(sorted(&mut order, &["c", "a", "b", "A", "D"]), named(&[("b", 2), ("c", 0)]));
            assert_eq!(sorted(&mut order, &["C", "A", "b", "a", "d"]), named(&[("a", 3), ("b", 2), ("d", 4)]));
            assert_eq!(
                sorted(&mut order, &["d", "c", "b", "a", "e"]),
                named(&[("a", 3), ("b", 2), ("c", 1), ("d", 0), ("e", 4)])
            );
            assert_eq!(sorted(&mut order, &["b", "a"]), named(&[("a", 1), ("b", 0)]));
            assert_eq!(sorted(&mut order, &[]), []);
        }
        let names: Vec<String> = (0..2 * MANY).map(|number| format!("n{number:03}")).collect();
        let names: Vec<&str> = names.iter().rev().map(String::as_str).collect();
        assert_eq!(sorted(&mut order, &names)[0], ("n000".to_owned(), 127));
        assert!(order.names.is_empty());
    }
}
