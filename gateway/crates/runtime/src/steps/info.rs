//! A table as the compiler describes it: fields with their types, how rows are made, ordered and deleted.

use mana_mcp_values::{Env, Value};

use super::Row;
use crate::{
    rows::{FieldDefault, TableSpec},
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
