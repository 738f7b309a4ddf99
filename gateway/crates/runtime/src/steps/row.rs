//! A row as it is stored, for conditions on fields that are not encrypted.

use std::{cell::RefCell, fmt};

use mana_mcp_values::{SmolStr, Value};

use super::TableInfo;
use crate::rows::StoredRow;

/// A row of a table. It remembers which fields were asked for and could not be read.
pub struct Row<'a> {
    table: &'static TableInfo,
    stored: &'a StoredRow,
    malformed: RefCell<Vec<&'static str>>,
}

impl<'a> Row<'a> {
    pub(super) fn new(table: &'static TableInfo, stored: &'a StoredRow) -> Self {
        Self { table, stored, malformed: RefCell::default() }
    }

    /// A field, or its default where it is absent or of another type; else null. A field that is stored encrypted is null.
    #[must_use]
    pub fn get(&self, field: &str) -> Value {
        if field == "id" {
            return Value::Text(SmolStr::new(self.stored.id()));
        }
        let Some(field) = self.table.field(field).filter(|field| !field.is_sealed) else { return Value::Null };
        let Some(stored) = self.stored.get(field.name) else { return field.absent() };
        match field.of_stored(&stored) {
            Some(Value::Null) => field.absent(),
            Some(value) => value,
            None => {
                let mut malformed = self.malformed.borrow_mut();
                if !malformed.contains(&field.name) {
                    malformed.push(field.name);
                }
                field.absent()
            }
        }
    }

    /// The fields that were asked for and are of another type.
    pub(super) fn into_malformed(self) -> Vec<&'static str> {
        self.malformed.into_inner()
    }
}

/// Without its content.
impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("table", &self.table.spec.table).finish_non_exhaustive()
    }
}
