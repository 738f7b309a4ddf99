//! What a list asks for.

use std::fmt;

use mana_mcp_values::{Env, Value};
use zeroize::Zeroizing;

use super::{Row, Sort, TableInfo};
use crate::table::case_fold;

/// A condition on fields as they are stored.
pub(super) type Stored<'a> = &'a (dyn Fn(&Env, &Row<'_>) -> bool + Sync);
/// A condition on fields that must be decrypted.
pub(super) type Sealed<'a> = &'a (dyn Fn(&Env, &Value) -> bool + Sync);

/// A text that is looked for, and in which fields.
pub(super) type Searched = (&'static [&'static str], Zeroizing<String>);

/// What a list asks for.
#[derive(Clone, Copy)]
pub struct List<'a> {
    /// The table.
    pub table: &'static TableInfo,
    /// The fields of the rows that are returned, encrypted ones too.
    pub fields: &'static [&'static str],
    /// What must hold of the row as it is stored.
    pub stored: Option<Stored<'a>>,
    /// What must hold of these fields, decrypted.
    pub sealed: Option<(&'static [&'static str], Sealed<'a>)>,
    /// A text that must be in one of these fields, whatever the case of its letters. An empty one is in all rows.
    pub search: Option<(&'static [&'static str], &'a Value)>,
    /// The order; rows that it leaves equal are ordered by id.
    pub sort: &'a [Sort<'a>],
    /// The most rows; null for all.
    pub limit: Option<&'a Value>,
}

impl<'a> List<'a> {
    /// All live rows of the table, by id, without any field.
    #[must_use]
    pub fn of(table: &'static TableInfo) -> Self {
        Self { table, fields: &[], stored: None, sealed: None, search: None, sort: &[], limit: None }
    }

    /// The text that is looked for, without differences of case; `None` where all rows hold it.
    pub(super) fn searched(&self) -> Option<Searched> {
        let (fields, text) = self.search?;
        let text = case_fold(text.as_str()?);
        (!text.is_empty()).then_some((fields, text))
    }

    /// The most rows.
    pub(super) fn most(&self) -> usize {
        match self.limit {
            Some(Value::Int(limit)) => usize::try_from(*limit).unwrap_or(0),
            _ => usize::MAX,
        }
    }

    /// Whether a field is read that is stored encrypted.
    pub(super) fn opens_any(&self) -> bool {
        self.table.seals_any(self.fields.iter().copied()) || self.opens_to_choose() || self.opens_to_sort()
    }

    fn opens_to_choose(&self) -> bool {
        let searched = self.searched().map_or(&[][..], |(fields, _)| fields);
        let sealed = self.sealed.map_or(&[][..], |(fields, _)| fields);
        self.table.seals_any(searched.iter().chain(sealed).copied())
    }

    pub(super) fn opens_to_sort(&self) -> bool {
        self.sort.iter().any(|sort| self.table.seals_any(sort.fields()))
    }
}

/// Without what it asks for.
impl fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, fields, .. } = self;
        f.debug_struct("List").field("table", &table.spec.table).field("fields", fields).finish_non_exhaustive()
    }
}
