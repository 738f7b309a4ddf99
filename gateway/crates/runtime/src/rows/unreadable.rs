//! What could not be read, for the answer of a list.

use std::collections::BTreeMap;

use serde::Serialize;

/// Fields that are reported one by one, at most.
const MAX_NAMED: usize = 100;
/// Ids come from other writers too. A longer one is not shown to a model.
const MAX_ID: usize = 64;

/// Fields that could not be read: encrypted under another key, damaged, not of their type, or missing.
///
/// Either one field of one row, or how often a field could not be read in rows that are not named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// The row's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The field.
    pub field: &'static str,
    /// The number of rows, where they are not named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// Collects the fields that could not be read.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    named: Vec<Unreadable>,
    counted: BTreeMap<&'static str, u64>,
}

impl Faults {
    pub(crate) fn add(&mut self, id: &str, field: &'static str) {
        if self.named.len() < MAX_NAMED && is_showable(id) {
            self.named.push(Unreadable { id: Some(id.to_owned()), field, rows: None });
        } else {
            *self.counted.entry(field).or_default() += 1;
        }
    }

    pub(crate) fn into_fields(self) -> Vec<Unreadable> {
        let Self { mut named, counted } = self;
        named.extend(counted.into_iter().map(|(field, rows)| Unreadable { id: None, field, rows: Some(rows) }));
        named
    }
}

/// Free text of another writer must not reach a model as an id.
fn is_showable(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_unusual_ids_and_rows_beyond_a_hundred_are_counted() {
        let mut unreadable = Faults::default();
        for id in ["", "two words", "line\nbreak", "\u{202e}", &"x".repeat(65)] {
            unreadable.add(id, "title");
        }
        for number in 0..MAX_NAMED + 5 {
            unreadable.add(&number.to_string(), if number % 2 == 0 { "title" } else { "order" });
        }
        let fields = unreadable.into_fields();
        assert_eq!(fields.len(), MAX_NAMED + 2);
        assert_eq!(fields[0], Unreadable { id: Some("0".to_owned()), field: "title", rows: None });
        let counted = |field, rows| Unreadable { id: None, field, rows: Some(rows) };
        assert_eq!(fields[MAX_NAMED..], [counted("order", 2), counted("title", 5 + 3)]);
    }
}
