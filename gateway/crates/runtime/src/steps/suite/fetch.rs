//! Reading one row as a text.

use std::fmt::Write as _;

use mana_mcp_values::{Timestamp, Value};

use super::{Shelf, Suite, title_of};
use crate::{
    crypto::{FieldCipher, enc1::OpenBuffer},
    rows::{RowReader, StoredRow},
    steps::{StepError, unread::Unopened, walk::lacking},
    tool::ToolError,
    types::Type,
};

/// The characters of a text. A model reads no more of one at a time.
const MOST_CHARACTERS: usize = 40_000;

/// A row as a text.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its id among all rows of the suite.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What it holds, a line for each field.
    pub text: String,
    /// Where people see it.
    pub url: String,
    /// Its module.
    pub module: &'static str,
    /// Its table.
    pub table: &'static str,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// The fields that cannot be read.
    pub unreadable: Vec<&'static str>,
}

impl Suite {
    /// The row of that id, as a search gives it.
    ///
    /// # Errors
    /// Where there is no such row for the caller, or its module cannot be read.
    pub async fn fetch(&self, id: &str) -> Result<Document, ToolError> {
        let (shelf, row_id) = self.shelf_of(id)?;
        let view = shelf.table.view();
        let source = self.call.rows(&view).await?;
        let is_wanted = |row: &StoredRow| self.call.sees(&view, row) && lacking(shelf.table, row).is_none();
        let row = source.find(row_id, &is_wanted).ok_or(StepError::NoSuchRow)?;
        let cipher = self.call.opening_cipher(shelf.table.spec.has_encrypted_fields()).await?;
        let (document, another_key) = self.read(shelf, &row, cipher.as_deref());
        match self.call.renewed_cipher(cipher.as_ref(), another_key.as_deref()).await {
            Some(renewed) => Ok(self.read(shelf, &row, Some(&renewed)).0),
            None => Ok(document),
        }
    }

    /// The table that an id names, and the id within it.
    fn shelf_of<'a>(&self, id: &'a str) -> Result<(Shelf, &'a str), ToolError> {
        let named = id.split_once(':').and_then(|(table, row)| Some((table.split_once('.')?, row)));
        let ((module, table), row) = named.ok_or(StepError::NoSuchRow)?;
        let modules = self.call.data().modules();
        let access = modules.iter().find(|access| access.module == module).ok_or(StepError::NoSuchRow)?;
        if let Some(refusal) = &access.refusal {
            return Err(ToolError::Refused(refusal.clone()));
        }
        let shelf = super::shelves_of(access).find(|shelf| shelf.table.spec.table == table);
        Ok((shelf.ok_or(StepError::NoSuchRow)?, row))
    }

    fn read(&self, shelf: Shelf, row: &StoredRow, cipher: Option<&FieldCipher>) -> (Document, Option<String>) {
        let (mut buffer, mut unopened) = (OpenBuffer::default(), Unopened::default());
        let mut reader = RowReader::new(row, cipher, &mut buffer);
        let (mut label, mut text) = (Value::Null, String::new());
        for (spec, ty) in shelf.table.spec.fields.iter().zip(shelf.table.types) {
            let Some(field) = shelf.table.field(spec.name) else { continue };
            if spec.name == shelf.label {
                label = field.read(&mut reader);
            } else if !matches!(ty, Type::Id | Type::Uuid) && spec.name != "updatedAt" {
                write_line(&mut text, spec.name, &field.read(&mut reader));
            }
        }
        unopened.note_key(&reader);
        cut(&mut text);
        let id = shelf.id(row.id());
        let document = Document {
            title: title_of(shelf.table, label.as_str()),
            text,
            url: self.link(&shelf, &id),
            id,
            module: shelf.module,
            table: shelf.table.spec.table,
            updated_at: row.get("updatedAt").and_then(|at| at.as_str()?.parse().ok()),
            unreadable: reader.faults().to_vec(),
        };
        (document, unopened.another_key)
    }
}

/// `Due date: 2026-01-15`; a text of several lines stands below its name.
fn write_line(text: &mut String, field: &str, value: &Value) {
    let value = in_words(value);
    if value.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    for (place, char) in field.chars().enumerate() {
        match char {
            char if place == 0 => text.push(char.to_ascii_uppercase()),
            char if char.is_ascii_uppercase() => text.extend([' ', char.to_ascii_lowercase()]),
            char => text.push(char),
        }
    }
    text.push_str(if value.contains('\n') { ":\n" } else { ": " });
    text.push_str(value.trim_end());
}

/// A value as people write it; nothing for what is empty.
fn in_words(value: &Value) -> String {
    let is_plain = |value: &Value| !matches!(value, Value::List(_) | Value::Map(_));
    match value {
        Value::Null => String::new(),
        Value::Text(text) => text.to_string(),
        Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        Value::List(items) if items.iter().all(is_plain) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Map(members) if members.present().next().is_none() => String::new(),
        other => match serde_json::to_value(other).unwrap_or_default() {
            serde_json::Value::String(text) => text,
            json => json.to_string(),
        },
    }
}

/// Leaves out what no answer has room for, and says so.
fn cut(text: &mut String) {
    let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) else { return };
    let left = text.get(end..).map_or(0, |rest| rest.chars().count());
    text.truncate(end);
    let _ = write!(text, "\n[{left} more characters are left out.]");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_a_line() {
        let mut text = String::new();
        for (field, value) in [
            ("dueDate", json!("2026-01-15")),
            ("isDone", json!(false)),
            ("note", json!("")),
            ("color", json!(null)),
            ("tags", json!(["a", "b"])),
            ("size", json!(1.5)),
            ("nutrition", json!({ "calories": 1 })),
            ("steps", json!([{ "text": "Boil" }])),
            ("gone", json!({})),
            ("content", json!("One\nTwo\n")),
        ] {
            write_line(&mut text, field, &Value::from_json(&value));
        }
        let wanted = "Due date: 2026-01-15\nIs done: no\nTags: a, b\nSize: 1.5\nNutrition: {\"calories\":1}\n\
                      Steps: [{\"text\":\"Boil\"}]\nContent:\nOne\nTwo";
        assert_eq!(text, wanted);
    }

    #[test]
    fn a_text_that_is_cut_says_so() {
        let mut text = "ä".repeat(MOST_CHARACTERS);
        let whole = text.clone();
        cut(&mut text);
        assert_eq!(text, whole);
        text.push_str("öü");
        cut(&mut text);
        assert_eq!(text, format!("{whole}\n[2 more characters are left out.]"));
    }
}
