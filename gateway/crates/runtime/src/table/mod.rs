//! One table in one space, for one caller: what tools read. Writes are collected in a [`Batch`].

mod batch;
mod commit;
mod deletion;
mod query;
mod rows;
mod view;
mod walk;

use std::{fmt, marker::PhantomData, sync::Arc};

pub(crate) use batch::place_of;
pub use batch::{Batch, Write};
pub use deletion::Restored;
pub(crate) use deletion::{MAX_CASCADE, deleted_at};
pub(crate) use query::case_fold;
pub use query::{Filter, Query};
pub use rows::Rows;
pub(crate) use view::View;
pub(crate) use walk::Pace;

use self::walk::{Walked, walk};
use crate::{
    crypto::FieldCipher,
    data::{Asked, DataError, TableRows},
    encode::{Json, JsonOut, Piece},
    rows::{Record, RowWriter, StoredRow, Unreadable},
    tool::{Call, ToolError, ToolOutput},
};

/// No answer is longer. What would not be sent is not written.
const LONGEST_ANSWER: usize = 4 << 20;

/// The rows of one table in the active space.
pub struct Table<R> {
    call: Arc<Call>,
    record: PhantomData<fn() -> R>,
}

/// Rows as an answer holds them.
struct Written {
    out: JsonOut,
    unreadable: Vec<Unreadable>,
    another_key: Option<String>,
}

/// Why a listing is not shared with other calls.
enum Unshared {
    /// Values did not open. Whether another key can be had depends on each caller's token.
    AnotherKey {
        newest: String,
        written: Box<Written>,
    },
    Failed(ToolError),
}

impl<R: Record> Table<R> {
    pub(crate) fn new(call: Arc<Call>) -> Self {
        Self { call, record: PhantomData }
    }

    /// The number of rows that the caller sees in the space.
    ///
    /// # Errors
    /// Where the rows cannot be read.
    pub async fn count(&self) -> Result<i64, DataError> {
        let rows = self.source().await?.select(&|row| row.is_whole() && self.call.sees(&View::of::<R>(), row));
        Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
    }

    /// The rows that the query asks for.
    ///
    /// # Errors
    /// Where the rows cannot be read at all. Single unreadable rows are named beside the others.
    pub async fn list(&self, query: Query) -> Result<Rows<R>, DataError> {
        let cipher = self.call.opening_cipher(R::TABLE.has_encrypted_fields()).await?;
        let rows = self.rows(&query).await?;
        let _turn = self.call.turn(R::TABLE, &rows).await;
        let walked = walk::<R, _>(rows, &query, cipher.as_deref(), R::open).await;
        match self.call.renewed_cipher(cipher.as_ref(), walked.another_key.as_deref()).await {
            Some(renewed) => Ok(walk::<R, _>(self.rows(&query).await?, &query, Some(&renewed), R::open).await.found),
            None => Ok(walked.found),
        }
    }

    /// The JSON of an object with the rows that the query asks for under `name`, and what could not be read under
    /// `unreadable`. Calls that ask the same question of the same rows at the same moment share one; of a table that is
    /// stored in plain text it is kept until a row changes. What the query must follow from, [`ToolOutput::list_response`] says.
    ///
    /// # Errors
    /// As [`Table::list`].
    async fn list_response(&self, query: Query, name: &'static str) -> Result<Json, ToolError> {
        let cipher = self.call.opening_cipher(R::TABLE.has_encrypted_fields()).await?;
        let source = self.source().await?;
        let asked = Asked { question: Arc::clone(self.call.question()), name };
        // Taken before the rows: a change in between makes the listing old at once.
        let version = source.version();
        let listing = source.listing().of(asked, version, cipher.as_ref());
        if let Some(made) = listing.made().get() {
            return Ok(made.clone());
        }
        let write = async || {
            let rows = source.select(&|row| self.is_asked_for(row, &query));
            let _turn = self.call.turn(R::TABLE, &rows).await;
            let written = write_rows::<R>(rows, &query, cipher.as_deref(), name).await.map_err(Unshared::Failed)?;
            match written.another_key.clone() {
                Some(newest) => Err(Unshared::AnotherKey { newest, written: Box::new(written) }),
                None => written.finish().map_err(Unshared::Failed),
            }
        };
        match listing.made().get_or_try_init(write).await {
            Ok(made) => {
                if !R::TABLE.has_encrypted_fields() {
                    source.listing().keep(&listing, made.bytes() + self.call.question().bytes());
                }
                Ok(made.clone())
            }
            Err(Unshared::Failed(error)) => Err(error),
            Err(Unshared::AnotherKey { newest, written }) => {
                match self.call.renewed_cipher(cipher.as_ref(), Some(&newest)).await {
                    Some(renewed) => {
                        let rows = self.rows(&query).await?;
                        write_rows::<R>(rows, &query, Some(&renewed), name).await?.finish()
                    }
                    None => written.finish(),
                }
            }
        }
    }

    async fn source(&self) -> Result<Arc<dyn TableRows>, DataError> {
        self.call.rows(&View::of::<R>()).await
    }

    /// The rows that the caller sees in the space and that pass the query's filters.
    async fn rows(&self, query: &Query) -> Result<Vec<StoredRow>, DataError> {
        Ok(self.source().await?.select(&|row| self.is_asked_for(row, query)))
    }

    fn is_asked_for(&self, row: &StoredRow, query: &Query) -> bool {
        self.call.sees(&View::of::<R>(), row) && query.admits(row, &R::TABLE)
    }
}

impl ToolOutput {
    /// The output of a list that returns its rows alone: an object with the rows under `name`, and what could not be read.
    /// It is made once for calls with the same tool, arguments, space and day, so the query must follow from these, and a
    /// handler uses a name once.
    ///
    /// # Errors
    /// Where the rows cannot be read, or the output has no JSON.
    pub async fn list_response<R: Record>(
        table: &Table<R>,
        query: Query,
        name: &'static str,
    ) -> Result<Self, ToolError> {
        table.list_response(query, name).await.map(Self::of)
    }
}

/// Begins an object whose first member is `name`, and writes the rows that a query asks for as its array.
async fn write_rows<R: Record>(
    rows: Vec<StoredRow>,
    query: &Query,
    cipher: Option<&FieldCipher>,
    name: &'static str,
) -> Result<Written, ToolError> {
    let mut out = JsonOut::default();
    out.piece(Piece::of("{"));
    out.value(name)?;
    out.piece(Piece::of(":["));
    let walked = walk::<R, ()>(rows, query, cipher, |reader| {
        let mark = out.mark();
        if mark.bytes() > LONGEST_ANSWER {
            return Some(());
        }
        out.piece(Piece::of("{"));
        R::write(&mut RowWriter::new(reader, &mut out));
        out.end_of_members();
        out.piece(Piece::of("},"));
        if reader.lacks_a_field() {
            out.back_to(mark);
            return None;
        }
        Some(())
    });
    let Walked { found: Rows { unreadable, .. }, another_key } = walked.await;
    out.end_of_members();
    out.piece(Piece::of("]"));
    Ok(Written { out, unreadable, another_key })
}

impl Written {
    fn finish(self) -> Result<Json, ToolError> {
        /// The key of what could not be read, after the rows.
        const UNREADABLE: Piece = Piece { text: r#","unreadable":"#, literal: r#",\"unreadable\":"# };

        let Self { mut out, unreadable, .. } = self;
        if !unreadable.is_empty() {
            out.piece(UNREADABLE);
            out.value(&unreadable)?;
        }
        out.piece(Piece::of("}"));
        Ok(out.finish())
    }
}

impl<R> fmt::Debug for Table<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("call", &self.call).finish_non_exhaustive()
    }
}
