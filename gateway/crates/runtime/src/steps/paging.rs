//! How a page of a list is made: the rows behind those that a cursor stands for.

use mana_mcp_values::Value;

use super::{
    List, PageOf, StepError, Steps,
    cursor::{self, Position},
    page::Page,
    walk::{Walk, Window},
};
use crate::tool::ToolError;

/// The rows of a page where the caller does not say how many.
const USUAL: usize = 50;
/// The bytes of a text that a cursor holds: rows whose texts begin alike for so long are ordered by what is next in the order.
const TEXT_IN_CURSOR: usize = 160;

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
