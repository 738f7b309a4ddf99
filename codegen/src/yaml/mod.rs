//! YAML as a tree whose every node knows its place. Mappings keep their order.
//!
//! A catalog is plain data: of YAML it takes mappings, sequences and scalars. Anchors, aliases, merge keys, tags,
//! directives and further documents are refused, and so are scalars that parsers read in different ways (`yes`, `~`,
//! `0o17`). What was refused stands in the tree as [`Value::Broken`], so that nobody complains of it again.

mod explain;
mod layout;
mod node;
mod parse;
mod scalar;

pub(crate) use node::whole;
pub use node::{MAX_BYTES, MAX_DEPTH, MAX_ENTRIES, Node, Value};
pub use parse::parse;

/// Whether a text, written as it is, is read as that text and nothing else.
#[cfg(feature = "web-registry")]
pub(crate) fn is_plain_text(text: &str) -> bool {
    matches!(scalar::plain(text), Ok(Value::String(read)) if read == text)
}
