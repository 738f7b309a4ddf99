//! What a list of typed rows found.

use crate::rows::Unreadable;

/// What a list found.
#[derive(Debug, Clone)]
pub struct Rows<R> {
    /// The rows, in the order that was asked for.
    pub rows: Vec<R>,
    /// The fields that could not be read. Rows without one that they must have are left out.
    pub unreadable: Vec<Unreadable>,
}
