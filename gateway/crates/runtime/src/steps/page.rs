//! A page of a list: the rows behind those that a cursor stands for.

use mana_mcp_values::{SmolStr, Value};

use super::{
    List, StepError, Steps,
    cursor::{self, Position},
    walk::{Walk, Window},
};
use crate::{crypto::Sealer, tool::ToolError};

/// The rows of a page where the caller does not say how many.
const USUAL: usize = 50;
/// The bytes of a text that a cursor holds: rows whose texts begin alike for so long are ordered by what is next in the order.
const TEXT_IN_CURSOR: usize = 160;

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
    positions: Vec<Position>,
    has_more: bool,
    binding: Vec<u8>,
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

impl Steps {
    /// A page of the live rows that a list asks for. The output then says how many there are in all, and where the next page
    /// begins.
    ///
    /// # Errors
    /// [`StepError::StaleCursor`] where the cursor is not of this list; else as [`Steps::list`].
    pub async fn page(&mut self, what: List<'_>, page: PageOf<'_>) -> Result<Value, ToolError> {
        let most = match page.limit {
            Value::Int(limit) => usize::try_from(*limit).unwrap_or(0).max(1),
            _ => USUAL,
        };
        let binding = cursor::binding(&self.call, page.step);
        let behind = match page.cursor {
            Value::Null => None,
            Value::Text(text) => Some(cursor::open(&self.call.data().cursor_key(), &binding, text, what.sort.len())?),
            _ => return Err(StepError::StaleCursor.into()),
        };
        let behind = behind.as_ref().map(|Position { keys, id }| (keys.as_slice(), id.as_str()));
        let window = Window { most, behind, counted: Some(TEXT_IN_CURSOR) };
        let Walk { taken, total, has_more, .. } = self.walk(what, window).await?;
        let (mut positions, mut values) = (Vec::with_capacity(taken.len()), Vec::with_capacity(taken.len()));
        for (placed, value) in taken {
            positions.push(Position { keys: placed.keys, id: placed.row.id().to_owned() });
            values.push(value);
        }
        let rows = Value::list(values);
        self.page = Some(Page { rows: rows.clone(), total, positions, has_more, binding });
        Ok(rows)
    }
}
