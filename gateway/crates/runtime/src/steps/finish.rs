//! The end of a call: its output is made and measured, its writes are stored.

use std::sync::Arc;

use mana_mcp_values::{Members, SmolStr, Value};

use super::{StepError, Steps, call::notify, page::Page, shaped::Shaped};
use crate::{
    crypto::Sealer,
    encode::{Json, JsonOut},
    rows::Unreadable,
    tool::{ToolError, ToolOutput},
    types::Type,
};

/// The characters of an answer. A model reads no more of one at a time.
const MOST_CHARACTERS: usize = 50_000;
/// Room for the cursor of a page that is cut.
const ROOM_FOR_CURSOR: usize = 1000;

const TOTAL: &str = "total";
const NEXT_CURSOR: &str = "nextCursor";
const UNREADABLE: &str = "unreadable";

impl Steps {
    /// Stores what was written, calls the services that were to be called then, and gives the output in its shape, with what
    /// could not be read and where the next page begins.
    ///
    /// The output of a call that only reads has at most 50,000 characters: a page is cut at a row. What a call that writes
    /// returns is not cut, for it cannot be asked again; the gateway bounds it as every answer.
    ///
    /// In a dry run nothing is stored and no service hears of it: the output comes with what would have changed.
    ///
    /// # Errors
    /// Where the call has looked at too much or its output is too long: then nothing is stored. Else where a push is not
    /// confirmed.
    pub async fn finish(mut self, output: Value, shape: &'static Type) -> Result<ToolOutput, ToolError> {
        self.look()?;
        let plan = if self.call.is_dry() { Some(self.plan().await?) } else { None };
        let Self { call, batch, unread, page, afterwards, .. } = self;
        let is_read = batch.writes().len() == 0;
        let page = page.map(|page| (page, call.data().cursor_key()));
        let answer = Answer { output, shape, unreadable: unread.into_fields(), page };
        let json = if is_read { answer.within_budget()? } else { answer.json(usize::MAX)? };
        if let Some(plan) = plan {
            batch.discard();
            return Ok(ToolOutput::of(json).with_plan(plan));
        }
        batch.commit().await?;
        notify(&call, afterwards).await;
        Ok(ToolOutput::of(json))
    }
}

/// An output that is written.
struct Answer {
    output: Value,
    shape: &'static Type,
    unreadable: Vec<Unreadable>,
    page: Option<(Page, Arc<Sealer>)>,
}

impl Answer {
    /// The JSON, with fewer rows of the page where it would be too long.
    fn within_budget(&self) -> Result<Json, ToolError> {
        let json = self.json(usize::MAX)?;
        let characters = characters(&json);
        let Some(excess) = characters.checked_sub(MOST_CHARACTERS).filter(|excess| *excess > 0) else {
            return Ok(json);
        };
        let mut rows = self.rows_without(excess + ROOM_FOR_CURSOR)?;
        while let Some(fewer) = rows {
            let json = self.json(fewer)?;
            // One row is sent whatever its length: the next page must be reached.
            if fewer <= 1 || self::characters(&json) <= MOST_CHARACTERS {
                return Ok(json);
            }
            rows = fewer.checked_sub(1);
        }
        Err(StepError::TooLong { characters, limit: MOST_CHARACTERS }.into())
    }

    /// The JSON with at most this many rows of the page.
    fn json(&self, rows: usize) -> Result<Json, ToolError> {
        let cut = self.with_rows(rows);
        let mut out = JsonOut::default();
        out.value(&Shaped(cut.as_ref().unwrap_or(&self.output), self.shape))?;
        if let Some((page, key)) = &self.page {
            out.add_member(TOTAL, &page.total)?;
            if let Some(cursor) = page.cursor(rows, key)? {
                out.add_member(NEXT_CURSOR, cursor.as_str())?;
            }
        }
        if !self.unreadable.is_empty() {
            out.add_member(UNREADABLE, &self.unreadable)?;
        }
        Ok(out.finish())
    }

    /// The output with at most this many rows of the page; `None` where that are all.
    fn with_rows(&self, rows: usize) -> Option<Value> {
        let (name, _) = self.paged().filter(|_| rows != usize::MAX)?;
        let items = self.output.member(&name).items();
        let fewer = Value::list(items.get(..rows).filter(|fewer| fewer.len() < items.len())?.iter().cloned());
        let Value::Map(members) = &self.output else { return None };
        let mut members = Members::clone(members);
        members.insert(name, fewer);
        Some(Value::Map(members.into()))
    }

    /// How many rows of the page are left without this many characters of them, but one at least. `None` where it is not known
    /// which list is paged, or it has no rows.
    fn rows_without(&self, excess: usize) -> Result<Option<usize>, ToolError> {
        let Some((name, element)) = self.paged() else { return Ok(None) };
        let items = self.output.member(&name).items();
        let (mut rows, mut gone) = (items.len(), 0);
        for item in items.iter().skip(1).rev() {
            if gone >= excess {
                break;
            }
            // With the comma before it.
            gone += characters(&Json::of(&Shaped(item, element))?) + 1;
            rows -= 1;
        }
        Ok(Some(rows).filter(|rows| *rows > 0))
    }

    /// The member of the output that holds the rows of the page, as they are or through one `map`, and the shape of one.
    fn paged(&self) -> Option<(SmolStr, &'static Type)> {
        let (page, _) = self.page.as_ref()?;
        let Type::Object(known) = self.shape else { return None };
        let lists = known.iter().filter_map(|member| match &member.ty {
            Type::List(element) => Some((member.name, *element, self.output.member(member.name).items())),
            _ => None,
        });
        let rows = page.rows.items();
        let mut of_length: Vec<_> = lists.filter(|(_, _, items)| items.len() == rows.len()).collect();
        if let Some(same) = of_length.iter().position(|(_, _, items)| std::ptr::eq(*items, rows)) {
            of_length = vec![of_length.swap_remove(same)];
        }
        match of_length.as_slice() {
            [(name, element, _)] => Some((SmolStr::new_static(name), element)),
            _ => None,
        }
    }
}

/// The characters of JSON.
fn characters(json: &Json) -> usize {
    // The bytes that begin one: the others are 0b10xx_xxxx.
    json.text.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}
