//! A table as the compiler describes it: fields with their types, how rows are made, ordered and deleted. And a row of it as
//! it is stored, for conditions on fields that are not encrypted.

use std::{cell::RefCell, fmt};

use mana_mcp_values::{Env, SmolStr, Value};

use crate::{
    rows::{FieldDefault, StoredRow, TableSpec},
    table::View,
    types::Type,
};

/// A table.
#[derive(Debug)]
pub struct TableInfo {
    /// What it is called, and its fields.
    pub spec: TableSpec,
    /// The types of the fields, in their order.
    pub types: &'static [Type],
    /// Whether its rows belong to a user and to no space, such as settings.
    pub is_of_user: bool,
    /// The word of `visibility` with which a row exists for its author alone. `None` where the words mean something else.
    pub privacy: Option<&'static str>,
    /// The field that people call a row by.
    pub label: Option<&'static str>,
    /// What a new row gets where it is not said otherwise: field, and the value's JSON.
    pub creates: &'static [(&'static str, &'static str)],
    /// How a new row gets its place.
    pub place: Option<Place>,
    /// What a deletion of a row takes along.
    pub cascade: &'static [Cascade],
}

/// A new row comes behind the live rows that are like it.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The field that orders the rows.
    pub field: &'static str,
    /// How far it stands behind the last one. The first one stands at 0 where this is 1, as the web application counts, else
    /// as far from 0.
    pub step: f64,
    /// Rows are like each other that have the same values here.
    pub among: &'static [&'static str],
}

/// Rows that a deletion takes along.
#[derive(Debug, Clone, Copy)]
pub struct Cascade {
    /// Their table.
    pub table: fn() -> &'static TableInfo,
    /// Whether a row goes with the deleted one.
    pub takes: fn(&Env, &Row<'_>, &Value) -> bool,
    /// The fields of the deleted row that this looks at; `id` it always has.
    pub needs: &'static [&'static str],
}

/// A field of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) ty: &'static Type,
    pub(super) is_sealed: bool,
    pub(super) is_required: bool,
    pub(super) default: Option<FieldDefault>,
}

/// Times that every row has, whether the catalog names them or not.
const DERIVED: [&str; 2] = ["createdAt", "updatedAt"];

impl TableInfo {
    /// The field of that name.
    pub(super) fn field(&self, name: &str) -> Option<Field> {
        let named = self.spec.fields.iter().zip(self.types).find(|(field, _)| field.name == name);
        let named = named.map(|(field, ty)| Field {
            name: field.name,
            ty,
            is_sealed: field.encrypted,
            is_required: field.required,
            default: field.default,
        });
        named.or_else(|| {
            let name = DERIVED.into_iter().find(|derived| *derived == name)?;
            Some(Field { name, ty: &Type::Timestamp, is_sealed: false, is_required: false, default: None })
        })
    }

    /// Whether any of these fields is stored encrypted.
    pub(super) fn seals_any(&self, mut fields: impl Iterator<Item = &'static str>) -> bool {
        fields.any(|field| self.spec.is_encrypted(field))
    }

    /// Its rows, as a call sees them.
    pub(super) fn view(&self) -> View {
        View { table: self.spec, is_of_user: self.is_of_user, privacy: self.privacy }
    }
}

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
