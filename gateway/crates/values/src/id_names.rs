//! Names of the ids that a call makes, from which the ids follow.

use std::collections::HashMap;

use crate::Value;

/// Names the ids of one call: each by the step and the element of its `each` for which it is made, by what it is for, and by
/// how many of these there were before. So a step that is left out, or makes another number of ids, changes no name of
/// another step; and a repetition of the call gives the same names.
#[derive(Debug, Default)]
pub struct IdNames {
    step: String,
    element: String,
    /// How many ids were named so but for their number.
    made: HashMap<String, u32>,
}

/// What an id is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdUse {
    /// An expression says `uuid()`.
    Expression,
    /// A new row has no other id.
    Row,
}

impl IdNames {
    /// The ids that follow are made by that step.
    pub fn begin_step(&mut self, step: &str) {
        step.clone_into(&mut self.step);
        self.element.clear();
    }

    /// The ids that follow are made for that element. Its own `id` names it, and a text names itself: where elements are
    /// missing the next time, the others keep their names. Any other element is named by its index.
    pub fn begin_element(&mut self, at: usize, element: &Value) {
        let own = element.as_str().or_else(|| element.member("id").as_str());
        self.element = own.map_or_else(|| format!("#{at}"), |own| format!("={own}"));
    }

    /// The name of the next id. It differs from all others of the call.
    pub fn next(&mut self, used: IdUse) -> String {
        let used = match used {
            IdUse::Expression => "uuid",
            IdUse::Row => "row",
        };
        // Elements may hold any character, and stand last therefore.
        let made = self.made.entry(format!("{used} {} {}", self.step, self.element)).or_default();
        let number = *made;
        *made = made.saturating_add(1);
        format!("{used} {} {number} {}", self.step, self.element)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(begin: impl FnOnce(&mut IdNames)) -> [String; 2] {
        let mut names = IdNames::default();
        begin(&mut names);
        names.begin_step("block");
        [names.next(IdUse::Expression), names.next(IdUse::Row)]
    }

    #[test]
    fn what_other_steps_make_changes_no_name() {
        let alone = names(|_| {});
        let behind_others = names(|names| {
            names.begin_step("first");
            names.begin_element(1, &Value::Null);
            names.next(IdUse::Row);
            names.next(IdUse::Expression);
        });
        assert_eq!(alone, behind_others);
        assert_ne!(alone[0], alone[1]);
    }

    #[test]
    fn elements_keep_their_names_where_others_are_missing() {
        let row = |id: &str| Value::object([("id", Value::text(id)), ("title", Value::Null)]);
        let of = |elements: &[Value]| -> Vec<String> {
            let mut names = IdNames::default();
            names.begin_step("each");
            let named = elements.iter().enumerate().map(|(at, element)| {
                names.begin_element(at, element);
                names.next(IdUse::Row)
            });
            named.collect()
        };
        let all = of(&[row("a"), row("b"), Value::text("c"), Value::text("c"), Value::Int(7), Value::Int(7)]);
        assert_eq!(of(&[row("b")]), all.get(1..2).unwrap());
        assert_eq!(of(&[Value::text("c"), Value::text("c")]), all.get(2..4).unwrap());
        let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{all:?}");
    }
}
