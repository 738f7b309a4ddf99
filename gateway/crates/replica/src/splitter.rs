//! Splits the text of a page into its rows while it arrives, so that a page of any length takes little memory.
//!
//! A page is an object with the rows in an array named `serverChanges`. The splitter knows strings and brackets, and no more:
//! each row is read by itself, so that one that cannot be read hides no other one.

use std::{mem, ops::Range};

use memchr::memchr2;
use serde::{Deserialize, de::IgnoredAny};

/// A longer row is left out.
pub(super) const MAX_ROW: usize = 2 << 20;
/// What stands beside the rows, at most.
const MAX_REST: usize = 1 << 20;
/// The member that holds the rows.
const ROWS: &[u8] = b"\"serverChanges\"";

/// Some rows of a page, as they came.
#[derive(Debug, Default)]
pub(super) struct Batch {
    text: Vec<u8>,
    rows: Vec<Range<usize>>,
    /// Rows that are not here because they are too long.
    pub(super) left_out: u64,
}

/// The end of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct PageEnd {
    /// Where the next page begins.
    pub synced_until: String,
    /// Whether there is a next page now.
    pub has_more: bool,
}

/// Reads one page.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    batch: Batch,
    /// Where the row that is being read begins in the batch.
    row: usize,
    /// The page without its rows.
    rest: Vec<u8>,
    place: Place,
    depth: usize,
    string: Option<Escape>,
    /// Whether the row that is being read is too long.
    is_too_long: bool,
}

/// Whether the last byte within a string was a backslash.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Escape {
    No,
    Yes,
}

/// Where the text is, seen from the array of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Place {
    #[default]
    Before,
    Rows,
    Behind,
}

/// The text is no page.
#[derive(Debug)]
pub(super) struct NoPage;

impl Batch {
    /// The rows, in their order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.iter().filter_map(|range| self.text.get(range.clone()))
    }

    /// The bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }
}

impl Splitter {
    /// Takes in the next bytes of the page.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), NoPage> {
        while !bytes.is_empty() {
            let taken = match self.string {
                Some(escape) => self.within_string(bytes, escape),
                None => self.between_strings(bytes),
            };
            bytes = bytes.get(taken..).unwrap_or_default();
            if self.rest.len() > MAX_REST {
                return Err(NoPage);
            }
        }
        Ok(())
    }

    /// Whether rows have come whole, or were left out.
    pub(super) fn has_rows(&self) -> bool {
        !self.batch.rows.is_empty() || self.batch.left_out > 0
    }

    /// Bytes of the rows that have come whole.
    pub(super) fn bytes_of_rows(&self) -> usize {
        self.row
    }

    /// Bytes of the row that is being received.
    pub(super) fn bytes_of_begun_row(&self) -> usize {
        self.batch.text.len() - self.row
    }

    /// The rows that have come whole.
    pub(super) fn take(&mut self) -> Batch {
        let begun = self.batch.text.split_off(self.row);
        self.row = 0;
        mem::replace(&mut self.batch, Batch { text: begun, ..Batch::default() })
    }

    /// The end of the page, once all of it has come.
    pub(super) fn finish(&self) -> Result<PageEnd, NoPage> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Rest {
            #[serde(default, rename = "serverChanges")]
            _rows: Option<Vec<IgnoredAny>>,
            synced_until: String,
            #[serde(default)]
            has_more: bool,
        }
        let Rest { synced_until, has_more, .. } = serde_json::from_slice(&self.rest).map_err(|_| NoPage)?;
        Ok(PageEnd { synced_until, has_more })
    }

    /// Takes bytes up to the end of the string.
    fn within_string(&mut self, bytes: &[u8], escape: Escape) -> usize {
        if escape == Escape::Yes {
            self.string = Some(Escape::No);
            self.keep(bytes.get(..1).unwrap_or_default());
            return 1;
        }
        let Some(end) = memchr2(b'"', b'\\', bytes) else {
            self.keep(bytes);
            return bytes.len();
        };
        self.string = (bytes.get(end) == Some(&b'\\')).then_some(Escape::Yes);
        self.keep(bytes.get(..=end).unwrap_or_default());
        end + 1
    }

    /// Takes bytes up to the next string, or up to the next place where a row may begin or end.
    fn between_strings(&mut self, bytes: &[u8]) -> usize {
        for (index, byte) in bytes.iter().enumerate() {
            let is_of_rows = self.place == Place::Rows && self.depth == 2;
            match byte {
                b'"' => {
                    self.string = Some(Escape::No);
                    self.keep(bytes.get(..=index).unwrap_or_default());
                    return index + 1;
                }
                b'[' if self.depth == 1 && self.place == Place::Before => {
                    self.keep(bytes.get(..=index).unwrap_or_default());
                    self.depth += 1;
                    if is_rows_key(&self.rest) {
                        self.place = Place::Rows;
                    }
                    return index + 1;
                }
                b',' if is_of_rows => {
                    self.keep(bytes.get(..index).unwrap_or_default());
                    self.end_row();
                    return index + 1;
                }
                b']' if is_of_rows => {
                    self.keep(bytes.get(..index).unwrap_or_default());
                    self.end_row();
                    self.place = Place::Behind;
                    self.depth -= 1;
                    self.keep(b"]");
                    return index + 1;
                }
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.keep(bytes);
        bytes.len()
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.place != Place::Rows {
            self.rest.extend_from_slice(bytes);
        } else if !self.is_too_long {
            self.batch.text.extend_from_slice(bytes);
            if self.bytes_of_begun_row() > MAX_ROW {
                self.is_too_long = true;
                self.batch.text.truncate(self.row);
            }
        }
    }

    fn end_row(&mut self) {
        let (begin, end) = (self.row, self.batch.text.len());
        let is_row = self.batch.text.get(begin..).is_some_and(|row| !row.trim_ascii().is_empty());
        if mem::take(&mut self.is_too_long) {
            self.batch.left_out += 1;
        } else if is_row {
            self.batch.rows.push(begin..end);
            self.row = end;
        } else {
            self.batch.text.truncate(begin);
        }
    }
}

/// Whether the text ends with the key of the rows and the beginning of an array.
fn is_rows_key(rest: &[u8]) -> bool {
    let before = rest.strip_suffix(b"[").unwrap_or(rest).trim_ascii_end();
    let key = before.strip_suffix(b":").map(|before| before.trim_ascii_end());
    key.is_some_and(|key| key.ends_with(ROWS))
}
