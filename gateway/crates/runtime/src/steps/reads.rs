//! Reading rows: one, the first, or all that a list asks for.

use mana_mcp_values::Value;

use super::{
    List, Steps, TableInfo,
    state::not_found,
    unread::Unopened,
    walk::{Walk, Window},
};
use crate::{
    crypto::{FieldCipher, enc1::OpenBuffer},
    rows::{RowReader, StoredRow},
    tool::ToolError,
};

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
        let (shown, unopened) = self.open(table, row, fields).await?;
        self.unread.take(table.spec.table, unopened);
        Ok(shown)
    }

    /// The row's fields, and those of them that cannot be read.
    pub(super) async fn open(
        &self,
        table: &'static TableInfo,
        row: &StoredRow,
        fields: &[&'static str],
    ) -> Result<(Shown, Unopened), ToolError> {
        let cipher = self.call.opening_cipher(table.seals_any(fields.iter().copied())).await?;
        let (shown, unopened) = opened(table, row, fields, cipher.as_deref());
        match self.call.renewed_cipher(cipher.as_ref(), unopened.another_key.as_deref()).await {
            Some(renewed) => Ok(opened(table, row, fields, Some(&renewed))),
            None => Ok((shown, unopened)),
        }
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
    let value = table.read(&mut reader, fields, None);
    unopened.note(row, &reader);
    (Shown { value, lacks_a_field: reader.lacks_a_field() }, unopened)
}
