//! The spelling of tool names in everything that a client reads (`TOOL_NAMES`). The catalog, the policy and the handlers
//! write the canonical name, `module.tool`; here it becomes the one that the client was given in the list.

use std::{borrow::Cow, str::FromStr};

use serde_json::Value;

use mana_mcp_runtime::tool::{Catalog, ToolId};

/// How tool names are written in lists and texts (`TOOL_NAMES`). Calls may use every spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ToolNames {
    /// `habits.create`
    Dotted,
    /// `habits_create`: providers of models refuse a whole request for a name with a dot.
    #[default]
    Underscored,
}

/// An unknown `TOOL_NAMES`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `dotted` or `underscored`")]
pub struct UnknownToolNames;

impl FromStr for ToolNames {
    type Err = UnknownToolNames;

    fn from_str(text: &str) -> Result<Self, UnknownToolNames> {
        match text {
            "dotted" => Ok(Self::Dotted),
            "underscored" => Ok(Self::Underscored),
            _ => Err(UnknownToolNames),
        }
    }
}

/// Writes the names of a catalog's tools as they are listed.
#[derive(Debug, Clone, Copy)]
pub(super) struct NameWriter {
    catalog: &'static Catalog,
    names: ToolNames,
}

impl NameWriter {
    pub(super) fn new(catalog: &'static Catalog, names: ToolNames) -> Self {
        Self { catalog, names }
    }

    /// The listed name of a tool.
    pub(super) fn tool(self, tool: ToolId) -> Cow<'static, str> {
        match self.names {
            ToolNames::Dotted => tool.name().into(),
            ToolNames::Underscored => tool.listed_name(),
        }
    }

    /// The text, with every canonical name of a tool as it is listed.
    pub(super) fn text(self, text: &str) -> Cow<'_, str> {
        if self.names == ToolNames::Dotted {
            return text.into();
        }
        let mut written = String::new();
        let mut rest = text;
        while let Some((before, word, after)) = next_dotted(rest) {
            written.push_str(before);
            match self.catalog.find(word) {
                Some(tool) => written.push_str(&self.tool(tool)),
                None => written.push_str(word),
            }
            rest = after;
        }
        if written.is_empty() {
            return text.into();
        }
        written.push_str(rest);
        written.into()
    }

    /// Writes the names in the texts of a JSON Schema. Values that a schema compares with stay as they are.
    pub(super) fn schema(self, schema: &mut Value) {
        match schema {
            Value::Object(members) => {
                for (name, value) in members {
                    match (name.as_str(), value) {
                        ("description", Value::String(text)) => {
                            if let Cow::Owned(written) = self.text(text) {
                                *text = written;
                            }
                        }
                        ("const" | "default" | "enum" | "examples", _) => {}
                        (_, value) => self.schema(value),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.schema(value)),
            _ => {}
        }
    }
}

/// The next word with a dot inside it, and what stands before and after it.
fn next_dotted(text: &str) -> Option<(&str, &str, &str)> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.');
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find(is_part)?;
        let tail = text.get(start..)?;
        let word = tail.split(|char| !is_part(char)).next()?.trim_end_matches('.');
        let end = start + word.len();
        if word.contains('.') {
            return Some((text.get(..start)?, word, text.get(end..)?));
        }
        from = end.max(start + 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::call::testing::CATALOG;

    #[test]
    fn a_text_names_tools_as_they_are_listed() {
        let underscored = NameWriter::new(&CATALOG, ToolNames::Underscored);
        let dotted = NameWriter::new(&CATALOG, ToolNames::Dotted);
        for (text, written) in [
            ("Use user.read first, or `user.write`.", "Use user_read first, or `user_write`."),
            ("Find it with user.read.", "Find it with user_read."),
            ("(user.read)…user.wipe/user.destroy", "(user_read)…user_wipe/user_destroy"),
            ("user.reader, users.read and user.read.all stay", "user.reader, users.read and user.read.all stay"),
            ("A file a.txt, 1.5, e.g. this... .user.read", "A file a.txt, 1.5, e.g. this... .user.read"),
            ("ä.user.read ü user.write", "ä.user.read ü user_write"),
            ("", ""),
            (".", "."),
            ("no names", "no names"),
        ] {
            assert_eq!(underscored.text(text), written);
            assert_eq!(dotted.text(text), text);
        }
    }

    #[test]
    fn values_that_a_schema_compares_with_stay() {
        let mut schema = json!({
            "description": "As user.read gives it.",
            "properties": {
                "description": { "type": "string", "description": "For user.write.", "default": "user.read" },
                "tool": { "enum": ["user.read"], "examples": [{ "description": "user.read" }] },
            },
            "$defs": { "Row": { "anyOf": [{ "description": "user.wipe" }] } },
        });
        NameWriter::new(&CATALOG, ToolNames::Underscored).schema(&mut schema);
        let expected = json!({
            "description": "As user_read gives it.",
            "properties": {
                "description": { "type": "string", "description": "For user_write.", "default": "user.read" },
                "tool": { "enum": ["user.read"], "examples": [{ "description": "user.read" }] },
            },
            "$defs": { "Row": { "anyOf": [{ "description": "user_wipe" }] } },
        });
        assert_eq!(schema, expected);
    }
}
