//! The walk over a list's rows: filter, sort, then decrypt and search until enough readable rows are found.

use std::{marker::PhantomData, sync::Arc};

use super::{
    Query, Record, RowReader, Rows, Unreadable,
    fold::Folded,
    query::{Search, without_case},
};
use crate::crypto::FieldCipher;

/// Rows that are told of as unreadable, at most.
const MAX_UNREADABLE: usize = 1000;
/// Rows between two moments at which other tasks may run.
const ROWS_AT_ONCE: usize = 64;

/// What a walk found.
pub(super) struct Walked<R> {
    pub(super) found: Rows<R>,
    /// Where values did not open under the cipher, though they are well-formed: when the newest of them was written.
    pub(super) another_key: Option<String>,
}

/// The rows that a query asks for, out of the live rows of a space.
pub(super) async fn walk<R: Record>(
    mut rows: Vec<Arc<Folded>>,
    query: &Query,
    cipher: Option<&FieldCipher>,
) -> Walked<R> {
    rows.retain(|row| query.filters.iter().all(|filter| filter.admits(row.view())));
    let rows = query.sorted(rows);
    let limit = query.limit.unwrap_or(usize::MAX);
    let mut examiner = Examiner::<R> { query, cipher, unreadable: Vec::new(), another_key: None, record: PhantomData };
    let mut found = Vec::new();
    for some in rows.chunks(ROWS_AT_ONCE) {
        for row in some {
            if found.len() >= limit {
                break;
            }
            found.extend(examiner.examine(row));
        }
        if found.len() >= limit {
            break;
        }
        tokio::task::yield_now().await;
    }
    let Examiner { unreadable, another_key, .. } = examiner;
    Walked { found: Rows { rows: found, unreadable }, another_key }
}

struct Examiner<'a, R> {
    query: &'a Query,
    cipher: Option<&'a FieldCipher>,
    unreadable: Vec<Unreadable>,
    another_key: Option<String>,
    record: PhantomData<fn() -> R>,
}

impl<R: Record> Examiner<'_, R> {
    /// The row, where it is asked for and readable.
    fn examine(&mut self, row: &Folded) -> Option<R> {
        let mut reader = RowReader::new(R::TABLE.table, row.view(), self.cipher);
        let is_asked_for = self.query.search.as_ref().is_none_or(|search| matches::<R>(search, &mut reader));
        // Nobody can tell whether a row is asked for whose text does not open: it is told of.
        if !is_asked_for && !reader.has_faults() {
            return None;
        }
        let record = R::open(&mut reader);
        if reader.has_faults() {
            if let Some(at) = reader.another_key()
                && self.another_key.as_deref().is_none_or(|newest| at > newest)
            {
                self.another_key = Some(at.to_owned());
            }
            let room = MAX_UNREADABLE.saturating_sub(self.unreadable.len());
            self.unreadable.extend(reader.into_faults().into_iter().take(room));
            return None;
        }
        record.filter(|_| is_asked_for)
    }
}

fn matches<R: Record>(search: &Search, reader: &mut RowReader<'_>) -> bool {
    search.fields.iter().any(|field| {
        let text = reader.text(field, R::TABLE.is_encrypted(field));
        text.is_some_and(|text| without_case(text).contains(&search.text))
    })
}
