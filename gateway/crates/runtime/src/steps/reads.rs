//! Reading rows: one, the first, or all that a list asks for.

use std::fmt;

use mana_mcp_values::{Env, Members, SmolStr, Value};
use zeroize::Zeroizing;

use super::{
    Row, Sort, Steps, TableInfo, not_found,
    unread::Unopened,
    walk::{Walk, Window},
};
use crate::{
    crypto::{FieldCipher, enc1::OpenBuffer},
    rows::{RowReader, StoredRow},
    table::case_fold,
    tool::ToolError,
};

/// A condition on fields as they are stored.
pub(super) type Stored<'a> = &'a (dyn Fn(&Env, &Row<'_>) -> bool + Sync);
/// A condition on fields that must be decrypted.
pub(super) type Sealed<'a> = &'a (dyn Fn(&Env, &Value) -> bool + Sync);

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
    /// At most so many rows; null for all.
    pub limit: Option<&'a Value>,
}

impl<'a> List<'a> {
    /// All live rows of the table, by id, without any field.
    #[must_use]
    pub fn of(table: &'static TableInfo) -> Self {
        Self { table, fields: &[], stored: None, sealed: None, search: None, sort: &[], limit: None }
    }

    /// The text that is looked for, without differences of case; `None` where all rows hold it.
    pub(super) fn searched(&self) -> Option<(&'static [&'static str], Zeroizing<String>)> {
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
}

/// A row that was read by itself.
pub(super) struct Shown {
    pub(super) value: Value,
    /// Whether it lacks one that it must have.
    pub(super) lacks_a_field: bool,
}

impl Steps {
    /// The live row of that id.
    ///
    /// # Errors
    /// Where there is none, or rows cannot be read.
    pub async fn get(
        &mut self,
        table: &'static TableInfo,
        fields: &'static [&'static str],
        id: &Value,
    ) -> Result<Value, ToolError> {
        let row = self.live(table, id).await?;
        let shown = self.show(table, &row, fields).await?;
        if shown.lacks_a_field { Err(not_found(table, id)) } else { Ok(shown.value) }
    }

    /// The live rows that a list asks for.
    ///
    /// # Errors
    /// Where rows cannot be read at all. Fields that cannot be read are null, and the output names them.
    pub async fn list(&mut self, what: List<'_>) -> Result<Value, ToolError> {
        Ok(Value::list(self.walk(what, Window::first(what.most())).await?.values()))
    }

    /// The first live row that a list asks for, or null.
    ///
    /// # Errors
    /// As [`Steps::list`].
    pub async fn find(&mut self, what: List<'_>) -> Result<Value, ToolError> {
        let most = what.most().min(1);
        Ok(self.walk(what, Window::first(most)).await?.values().next().unwrap_or_default())
    }

    /// A row's fields, decrypted.
    pub(super) async fn show(
        &mut self,
        table: &'static TableInfo,
        row: &StoredRow,
        fields: &[&'static str],
    ) -> Result<Shown, ToolError> {
        let cipher = self.call.opening_cipher(table.seals_any(fields.iter().copied())).await?;
        let (mut shown, mut unopened) = opened(table, row, fields, cipher.as_deref());
        if let Some(renewed) = self.call.renewed_cipher(cipher.as_ref(), unopened.another_key.as_deref()).await {
            (shown, unopened) = opened(table, row, fields, Some(&renewed));
        }
        self.unread.take(table.spec.table, unopened);
        Ok(shown)
    }

    /// What a walk over the rows finds.
    pub(super) async fn walk(&mut self, what: List<'_>, window: Window<'_>) -> Result<Walk, ToolError> {
        let cipher = self.call.opening_cipher(what.opens_any()).await?;
        let source = self.source(what.table).await?;
        let mut walk = self.walk_over(&*source, what, &window, cipher.as_deref()).await;
        if let Some(renewed) = self.call.renewed_cipher(cipher.as_ref(), walk.unopened.another_key.as_deref()).await {
            // What the other key sealed may have come since.
            let source = self.refreshed(what.table).await?;
            walk = self.walk_over(&*source, what, &window, Some(&renewed)).await;
        }
        self.unread.take(what.table.spec.table, std::mem::take(&mut walk.unopened));
        self.look()?;
        Ok(walk)
    }
}

/// A row's fields, and those of them that could not be read.
fn opened(
    table: &'static TableInfo,
    row: &StoredRow,
    fields: &[&'static str],
    cipher: Option<&FieldCipher>,
) -> (Shown, Unopened) {
    let (mut buffer, mut unopened) = (OpenBuffer::default(), Unopened::default());
    let mut reader = RowReader::new(row, cipher, &mut buffer);
    let value = read(table, &mut reader, fields, None);
    unopened.note(row, &reader);
    (Shown { value, lacks_a_field: reader.lacks_a_field() }, unopened)
}

/// The fields of a row, of which some may be read already, as an object.
pub(super) fn read(
    table: &TableInfo,
    reader: &mut RowReader<'_>,
    fields: &[&'static str],
    known: Option<&Members>,
) -> Value {
    let mut members = Members::with_capacity(fields.len());
    for name in fields {
        let value = match known.and_then(|known| known.get(name)) {
            Some(value) => value.clone(),
            None => table.field(name).map_or(Value::Null, |field| field.read(reader)),
        };
        members.insert(SmolStr::new_static(name), value);
    }
    Value::Map(members.into())
}

/// Without what it asks for.
impl fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, fields, .. } = self;
        f.debug_struct("List").field("table", &table.spec.table).field("fields", fields).finish_non_exhaustive()
    }
}
