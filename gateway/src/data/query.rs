//! What a list asks for. Filters and orders see rows as they are stored, so they work on plain fields only.

use std::cmp::Ordering;

use serde_json::Value;

use super::RowView;

/// A list's filters, search, order and limit.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pub(super) filters: Vec<Filter>,
    pub(super) search: Option<Search>,
    order: Vec<Order>,
    pub(super) limit: Option<usize>,
}

/// A condition on a plain field.
#[derive(Debug, Clone)]
pub struct Filter {
    field: &'static str,
    equals: Value,
}

#[derive(Debug, Clone)]
pub(super) struct Search {
    pub(super) fields: &'static [&'static str],
    /// In lower case.
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy)]
struct Order {
    field: &'static str,
    direction: Direction,
}

#[derive(Debug, Clone, Copy)]
enum Direction {
    Ascending,
    Descending,
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
        let text = text.as_ref().to_lowercase();
        self.search = (!text.is_empty()).then_some(Search { fields, text });
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

    /// At most so many rows.
    #[must_use]
    pub fn limit(mut self, limit: i64) -> Self {
        self.limit = Some(usize::try_from(limit).unwrap_or(0));
        self
    }

    /// The order of two rows: as asked, and by id where that leaves them equal.
    pub(super) fn compare(&self, a: RowView<'_>, b: RowView<'_>) -> Ordering {
        let asked = self.order.iter().map(|order| order.compare(a, b)).find(|order| order.is_ne());
        asked.unwrap_or_else(|| a.id().cmp(b.id()))
    }
}

impl Filter {
    /// The field has that value.
    #[must_use]
    pub fn equals(field: &'static str, value: impl Into<Value>) -> Self {
        Self { field, equals: value.into() }
    }

    /// Whether the row has the value.
    pub(super) fn holds(&self, row: RowView<'_>) -> bool {
        row.get(self.field).is_some_and(|value| is_equal(value, &self.equals))
    }

    /// Whether a list takes the row in. A value of another type, which no filter can judge, is let through: the reader
    /// tells of it, where a filter would hide it.
    pub(super) fn admits(&self, row: RowView<'_>) -> bool {
        row.get(self.field).is_some_and(|value| is_equal(value, &self.equals) || rank(value) != rank(&self.equals))
    }
}

impl Order {
    fn compare(self, a: RowView<'_>, b: RowView<'_>) -> Ordering {
        match (present(a, self.field), present(b, self.field)) {
            (Some(a), Some(b)) => match self.direction {
                Direction::Ascending => compare(a, b),
                Direction::Descending => compare(b, a),
            },
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

fn present<'a>(row: RowView<'a>, field: &str) -> Option<&'a Value> {
    row.get(field).filter(|value| !value.is_null())
}

fn is_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // 1 and 1.0 are the same number.
        (Value::Number(_), Value::Number(_)) => compare(a, b).is_eq(),
        _ => a == b,
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().unwrap_or(f64::NAN).total_cmp(&b.as_f64().unwrap_or(f64::NAN))
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}
