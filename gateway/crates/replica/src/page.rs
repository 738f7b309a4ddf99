//! The rows of a page of the sync log.
//!
//! Anybody can write rows that are not read here: nested without end, with numbers beyond all numbers, longer than any row
//! should be. Such a row is left out, and hides no other one.

use futures::TryStreamExt as _;
use serde::de::DeserializeSeed;

use mana_mcp_runtime::{
    failure::BackendError,
    log::{Row, Set},
};

use super::{
    PageBody,
    log_reader::{Escaped, RowVisitor, ValueSeed},
    splitter::{Batch, PageEnd, Splitter},
};

/// Hands on the rows of a batch, in the order of the log. Returns how many are left out.
pub(super) fn read_rows(batch: &Batch, mut take: impl FnMut(&Row<'_>)) -> u64 {
    let (escaped, mut room) = (Escaped::new(), Vec::new());
    let unread = batch.rows().filter(|row| read_row(row, &escaped, &mut room, &mut take).is_none());
    batch.left_out + unread.count() as u64
}

fn read_row<'a>(
    row: &'a [u8],
    escaped: &'a Escaped,
    room: &mut Vec<Set<'a>>,
    take: &mut impl FnMut(&Row<'a>),
) -> Option<()> {
    let mut json = serde_json::Deserializer::from_str(str::from_utf8(row).ok()?);
    ValueSeed { visitor: RowVisitor { take, room }, escaped }.deserialize(&mut json).ok()?;
    json.end().ok()
}

/// Reads a page that has come whole, in whatever pieces. Hands on its rows; returns its end, and how many rows are left out.
/// `None` where it is no page.
pub fn read_page<'p>(pieces: impl IntoIterator<Item = &'p [u8]>, take: impl FnMut(&Row<'_>)) -> Option<(PageEnd, u64)> {
    let mut splitter = Splitter::default();
    for piece in pieces {
        splitter.feed(piece).ok()?;
    }
    let end = splitter.finish().ok()?;
    Some((end, read_rows(&splitter.take(), take)))
}

/// All of a page, for those who do not read it as it arrives.
///
/// # Errors
/// The failure of the body.
pub async fn whole_page(body: PageBody) -> Result<Vec<u8>, BackendError> {
    body.try_fold(Vec::new(), async |mut page, piece| {
        page.extend_from_slice(&piece);
        Ok(page)
    })
    .await
}

#[cfg(test)]
mod tests;
