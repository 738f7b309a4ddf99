//! A page of a list: which one is asked for, and where its rows stand.

use mana_mcp_values::{SmolStr, Value};

use super::{
    StepError,
    cursor::{self, Position},
};
use crate::crypto::Sealer;

/// Which page is asked for.
#[derive(Debug, Clone, Copy)]
pub struct PageOf<'a> {
    /// The rows of a page, as the caller says; null for 50.
    pub limit: &'a Value,
    /// Where the page before ended; null for the first page.
    pub cursor: &'a Value,
    /// The step that lists the rows.
    pub step: &'static str,
}

/// The page of a call.
pub(super) struct Page {
    /// The rows, as the tool has them.
    pub(super) rows: Value,
    /// How many there are on all pages.
    pub(super) total: usize,
    /// Where each row of the page stands.
    pub(super) positions: Vec<Position>,
    pub(super) has_more: bool,
    pub(super) binding: Vec<u8>,
}

impl Page {
    /// The cursor behind this many rows of the page; `None` where no row follows them.
    pub(super) fn cursor(&self, rows: usize, key: &Sealer) -> Result<Option<SmolStr>, StepError> {
        let is_whole = rows >= self.positions.len();
        let shown = rows.min(self.positions.len());
        match shown.checked_sub(1).and_then(|last| self.positions.get(last)) {
            Some(last) if self.has_more || !is_whole => cursor::seal(key, &self.binding, last).map(Some),
            _ => Ok(None),
        }
    }
}
