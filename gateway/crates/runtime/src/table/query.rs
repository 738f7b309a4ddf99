//! What a list asks for. Filters and orders see rows as they are stored, so they work on plain fields only.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use zeroize::Zeroizing;

use crate::rows::{FieldDefault, Stored, StoredRow, TableSpec};

/// A list's filters, search, order and limit.
#[derive(Debug, Clone, Default)]
pub struct Query {
    filters: Vec<Filter>,
    pub(super) search: Option<Search>,
    order: Vec<Order>,
    pub(super) limit: Option<usize>,
}

/// A condition on a plain field.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    field: &'static str,
    equals: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Search {
    pub(super) fields: &'static [&'static str],
    /// Without differences of case.
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Order {
    field: &'static str,
    direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Direction {
    Ascending,
    Descending,
}

/// A text without differences of case, so that any part of it is found in either case. Lower case alone
/// would not do: a Σ becomes another letter at the end of a word.
pub(crate) fn case_fold(text: &str) -> Zeroizing<String> {
    let lower = Zeroizing::new(text.to_lowercase());
    if lower.contains('ς') { Zeroizing::new(lower.replace('ς', "σ")) } else { lower }
}

impl Query {
    /// All rows, ordered by id.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only rows that match. What several filters say must all hold.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Only rows that match, unless `all` is true.
    #[must_use]
    pub fn filter_unless(self, all: bool, filter: Filter) -> Self {
        if all { self } else { self.filter(filter) }
    }

    /// Only rows that hold the text in one of the fields, whatever the case of its letters. An empty text is in all rows.
    #[must_use]
    pub fn search(mut self, fields: &'static [&'static str], text: impl AsRef<str>) -> Self {
        let text = case_fold(text.as_ref());
        self.search = (!text.is_empty()).then(|| Search { fields, text: text.as_str().to_owned() });
        self
    }

    /// Orders by a field, least first, after what was named before. Rows without a value come last.
    #[must_use]
    pub fn sort_by(mut self, field: &'static str) -> Self {
        self.order.push(Order { field, direction: Direction::Ascending });
        self
    }

    /// Orders by a field, greatest first, after what was named before. Rows without a value come last.
    #[must_use]
    pub fn sort_by_descending(mut self, field: &'static str) -> Self {
        self.order.push(Order { field, direction: Direction::Descending });
        self
    }

    /// At most this many rows.
    #[must_use]
    pub fn limit(mut self, limit: i64) -> Self {
        self.limit = Some(usize::try_from(limit).unwrap_or(0));
        self
    }

    /// Whether the row passes all filters.
    pub(super) fn admits(&self, row: &StoredRow, table: &TableSpec) -> bool {
        self.filters.iter().all(|filter| filter.admits(row, table))
    }

    /// The rows in the order that is asked for, and by id where that leaves some equal.
    pub(super) fn sorted(&self, rows: Vec<StoredRow>, table: &TableSpec) -> Vec<StoredRow> {
        // What decides nearly always is looked up once for a row, not at each comparison.
        let (first, further) = (self.order.first(), self.order.get(1..).unwrap_or_default());
        let mut places: Vec<(Option<Stored<'_>>, usize, &StoredRow)> = rows
            .iter()
            .enumerate()
            .map(|(place, row)| (first.and_then(|order| order.key(row, table)), place, row))
            .collect();
        places.sort_unstable_by(|(a, _, row), (b, _, other)| {
            let asked = first.map_or(Ordering::Equal, |order| order.compare(a.as_ref(), b.as_ref()));
            let key = |order: &Order, row| order.key(row, table);
            let then =
                || further.iter().map(|order| order.compare(key(order, row).as_ref(), key(order, other).as_ref()));
            let asked = asked.then_with(|| then().find(|order| order.is_ne()).unwrap_or(Ordering::Equal));
            asked.then_with(|| row.id().cmp(other.id()))
        });
        places.into_iter().filter_map(|(_, place, _)| rows.get(place)).cloned().collect()
    }
}

impl Filter {
    /// The field has that value.
    #[must_use]
    pub fn equals(field: &'static str, value: impl Into<Value>) -> Self {
        Self { field, equals: value.into() }
    }

    /// Whether the row has the value.
    pub(super) fn holds(&self, row: &StoredRow, table: &TableSpec) -> bool {
        self.read(row, table).map_or(self.equals.is_null(), |value| is_equal(&value, &self.equals))
    }

    /// Whether a list takes the row in. A value that no filter can judge, because it is of another type or must be there and is
    /// not, is let through: the reader reports it, where a filter would hide it.
    fn admits(&self, row: &StoredRow, table: &TableSpec) -> bool {
        match self.read(row, table) {
            Some(value) => is_equal(&value, &self.equals) || !is_of_one_type(&value, &self.equals),
            None => self.equals.is_null() || table.field(self.field).is_some_and(|field| field.required),
        }
    }

    /// The field as readers take it; `None` where it is absent and has no default.
    fn read<'a>(&self, row: &'a StoredRow, table: &TableSpec) -> Option<Stored<'a>> {
        read(row, table, self.field)
    }
}

/// A field as readers take it: null is absent, and what is absent has its default.
fn read<'a>(row: &'a StoredRow, table: &TableSpec, field: &str) -> Option<Stored<'a>> {
    let stored = row.get(field).filter(|value| *value != Stored::Null);
    stored.or_else(|| table.field(field)?.default.map(FieldDefault::stored))
}

impl Order {
    /// What a row is ordered by; `None` where it has no value.
    fn key<'a>(self, row: &'a StoredRow, table: &TableSpec) -> Option<Stored<'a>> {
        read(row, table, self.field)
    }

    fn compare(self, a: Option<&Stored<'_>>, b: Option<&Stored<'_>>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => match self.direction {
                Direction::Ascending => compare(a, b),
                Direction::Descending => compare(b, a),
            },
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

fn is_equal(stored: &Stored<'_>, value: &Value) -> bool {
    match (stored, value) {
        (Stored::Null, Value::Null) => true,
        (Stored::Bool(a), Value::Bool(b)) => a == b,
        // 1 and 1.0 are the same number.
        (Stored::Number(a), Value::Number(b)) => compare_numbers(a, b).is_eq(),
        (Stored::Text(a), Value::String(b)) => a == b,
        (Stored::Array(_), Value::Array(_)) | (Stored::Object(_), Value::Object(_)) => stored.to_value() == *value,
        _ => false,
    }
}

fn compare(a: &Stored<'_>, b: &Stored<'_>) -> Ordering {
    match (a, b) {
        (Stored::Number(a), Stored::Number(b)) => compare_numbers(a, b),
        (Stored::Text(a), Stored::Text(b)) => a.cmp(b),
        (Stored::Bool(a), Stored::Bool(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn compare_numbers(a: &Number, b: &Number) -> Ordering {
    a.as_f64().unwrap_or(f64::NAN).total_cmp(&b.as_f64().unwrap_or(f64::NAN))
}

fn is_of_one_type(stored: &Stored<'_>, value: &Value) -> bool {
    match value {
        // Null is absent, so what is stored is another value.
        Value::Null => true,
        Value::Bool(_) => matches!(stored, Stored::Bool(_)),
        Value::Number(_) => matches!(stored, Stored::Number(_)),
        Value::String(_) => matches!(stored, Stored::Text(_)),
        Value::Array(_) => matches!(stored, Stored::Array(_)),
        Value::Object(_) => matches!(stored, Stored::Object(_)),
    }
}

fn rank(value: &Stored<'_>) -> u8 {
    match value {
        Stored::Null => 0,
        Stored::Bool(_) => 1,
        Stored::Number(_) => 2,
        Stored::Text(_) => 3,
        Stored::Array(_) => 4,
        Stored::Object(_) => 5,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::case_fold;

    proptest! {
        #[test]
        fn every_part_of_a_text_is_found_in_either_case(text in "[aBäÖßΣσςİıK ]{1,12}", from in 0..12_usize, many in 1..12_usize) {
            let part: String = text.chars().skip(from).take(many).collect();
            for part in [part.clone(), part.to_lowercase()] {
                prop_assert!(case_fold(&text).contains(case_fold(&part).as_str()), "{part:?} in {text:?}");
            }
        }
    }

    #[test]
    fn a_sigma_is_found_wherever_its_word_ends() {
        for part in ["ΟΔΥΣ", "ΟΔΥΣΣ", "οδυσ", "σσεύς", "ΣΣΕΎΣ"] {
            assert!(case_fold("Ο ΟΔΥΣΣΕΎΣ").contains(case_fold(part).as_str()), "{part}");
        }
    }
}
