//! The functions of expressions: one entry each in the table, from which come the check, the emitted call and the page of
//! functions.

mod function;
mod page;
mod table;

pub(crate) use function::{Function, Gives, Takes};
pub(crate) use page::page;
use table::TOPICS;

/// All functions that stand in the table.
pub(crate) fn all() -> impl Iterator<Item = &'static Function> {
    TOPICS.iter().flat_map(|(_, functions)| functions.iter())
}
