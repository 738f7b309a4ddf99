//! Types in words, for messages.

use std::fmt;

use super::{Ty, TyKind};

/// As messages name it.
impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TyKind::Unknown => f.write_str("something"),
            TyKind::Null => return f.write_str("null"),
            TyKind::Bool => f.write_str("a boolean"),
            TyKind::Int => f.write_str("an integer"),
            TyKind::Double => f.write_str("a number"),
            TyKind::Text => f.write_str("a text"),
            TyKind::Id => f.write_str("an id"),
            TyKind::Date => f.write_str("a date"),
            TyKind::Timestamp => f.write_str("a timestamp"),
            TyKind::Moment => f.write_str("a date or time"),
            TyKind::Duration => f.write_str("a duration"),
            TyKind::Json => f.write_str("an object without known members"),
            TyKind::Enum(words) => {
                let shown: Vec<_> = words.iter().take(6).map(|word| format!("\"{word}\"")).collect();
                let more = if words.len() > shown.len() { ", …" } else { "" };
                write!(f, "one of {}{more}", shown.join(", "))
            }
            TyKind::List(items) => write!(f, "a list of {}", items.plural()),
            TyKind::Map(items) => write!(f, "a map of {}", items.plural()),
            TyKind::Object(object) => f.write_str(&object.what),
        }?;
        if self.nullable { f.write_str(" that may be null") } else { Ok(()) }
    }
}

impl Ty {
    /// Several of it, as messages name them.
    pub(crate) fn plural(&self) -> String {
        match &self.kind {
            TyKind::Unknown => "something".to_owned(),
            TyKind::Null => "nulls".to_owned(),
            TyKind::Bool => "booleans".to_owned(),
            TyKind::Int => "integers".to_owned(),
            TyKind::Double => "numbers".to_owned(),
            TyKind::Text => "texts".to_owned(),
            TyKind::Id => "ids".to_owned(),
            TyKind::Date => "dates".to_owned(),
            TyKind::Timestamp => "timestamps".to_owned(),
            TyKind::Moment => "dates or times".to_owned(),
            TyKind::Duration => "durations".to_owned(),
            TyKind::Enum(_) => "words".to_owned(),
            TyKind::List(_) => "lists".to_owned(),
            TyKind::Map(_) => "maps".to_owned(),
            TyKind::Json | TyKind::Object(_) => "objects".to_owned(),
        }
    }
}
