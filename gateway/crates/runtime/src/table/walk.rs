//! The walk over a list's rows: sort, then decrypt and search until enough readable rows are found.

use std::marker::PhantomData;

use super::{
    Query, Rows,
    query::{Search, case_fold},
};
use crate::{
    crypto::{FieldCipher, enc1::OpenBuffer},
    rows::{Faults, Record, RowReader, StoredRow},
};

/// Rows between two moments at which other tasks may run,
const ROWS_AT_ONCE: usize = 64;
/// and the bytes of these rows, unless a single one has more.
const BYTES_AT_ONCE: usize = 64 << 10;

/// Lets other tasks run now and then during a walk over rows.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    rows: usize,
    bytes: usize,
}

impl Pace {
    /// Before a row is looked at.
    pub(crate) async fn step(&mut self, row: &StoredRow) {
        if self.rows == ROWS_AT_ONCE || self.bytes >= BYTES_AT_ONCE {
            *self = Self::default();
            tokio::task::yield_now().await;
        }
        *self = Self { rows: self.rows + 1, bytes: self.bytes + row.bytes() };
    }
}

/// What a walk found.
pub(super) struct Walked<T> {
    pub(super) found: Rows<T>,
    /// Where values did not open under the cipher, though they are well-formed: when the newest of them was written.
    pub(super) another_key: Option<String>,
}

/// What `open` makes of the rows that a query asks for, out of those that pass its filters. Of a row that lacks a field that it
/// must have, nothing is taken.
pub(super) async fn walk<R: Record, T>(
    rows: Vec<StoredRow>,
    query: &Query,
    cipher: Option<&FieldCipher>,
    open: impl FnMut(&mut RowReader<'_>) -> Option<T>,
) -> Walked<T> {
    let rows = query.sorted(rows, &R::TABLE);
    let limit = query.limit.unwrap_or(usize::MAX);
    let mut examiner = Examiner {
        query,
        cipher,
        open,
        buffer: OpenBuffer::default(),
        unreadable: Faults::default(),
        another_key: None,
        record: PhantomData::<fn() -> R>,
    };
    let mut found = Vec::new();
    let mut pace = Pace::default();
    for row in &rows {
        if found.len() >= limit {
            break;
        }
        pace.step(row).await;
        found.extend(examiner.examine(row));
    }
    let Examiner { unreadable, another_key, .. } = examiner;
    Walked { found: Rows { rows: found, unreadable: unreadable.into_fields() }, another_key }
}

struct Examiner<'a, R, F> {
    query: &'a Query,
    cipher: Option<&'a FieldCipher>,
    open: F,
    /// One for all rows.
    buffer: OpenBuffer,
    unreadable: Faults,
    another_key: Option<String>,
    record: PhantomData<fn() -> R>,
}

impl<R: Record, F> Examiner<'_, R, F> {
    /// The row, where it is asked for and readable.
    fn examine<T>(&mut self, row: &StoredRow) -> Option<T>
    where
        F: FnMut(&mut RowReader<'_>) -> Option<T>,
    {
        let mut reader = RowReader::new(row, self.cipher, &mut self.buffer);
        let is_asked_for = self.query.search.as_ref().is_none_or(|search| matches::<R>(search, &mut reader));
        // A row whose text does not open may or may not be asked for: it is reported.
        if !is_asked_for && !reader.has_faults() {
            return None;
        }
        let opened = if is_asked_for { (self.open)(&mut reader) } else { None };
        if reader.has_faults() {
            if let Some(at) = reader.another_key()
                && self.another_key.as_deref().is_none_or(|newest| at > newest)
            {
                self.another_key = Some(at.to_owned());
            }
            reader.report(&mut self.unreadable);
        }
        opened
    }
}

fn matches<R: Record>(search: &Search, reader: &mut RowReader<'_>) -> bool {
    search.fields.iter().any(|field| {
        let text = reader.text(field, R::TABLE.is_encrypted(field));
        text.is_some_and(|text| case_fold(text).contains(&search.text))
    })
}
