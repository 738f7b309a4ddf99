//! Finding rows by words.

use std::{cmp::Reverse, sync::Arc};

use futures::stream::{self, StreamExt as _};
use mana_mcp_values::Timestamp;

use super::{
    Shelf, Suite,
    needle::{Folded, Needle, Place},
    title_of,
};
use crate::{
    crypto::{FieldCipher, enc1::OpenBuffer},
    data::{DataError, TableRows},
    rows::{RowReader, StoredRow},
    steps::{unread::Unopened, walk::lacking},
    table::Pace,
    tool::ToolError,
};

/// Tables that are asked for at a time.
const TABLES_AT_ONCE: usize = 8;

/// What a search found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The first rows: those first that have all words in their label, the newest first.
    pub hits: Vec<Hit>,
    /// How many rows were found.
    pub total: usize,
    /// Rows that may hold the words too, but have a text that cannot be read.
    pub unreadable: usize,
    /// Tables that are too large to be searched.
    pub unsearched: Vec<String>,
}

/// A row that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Its id among all rows of the suite.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Where people see it.
    pub url: String,
    /// Its module.
    pub module: &'static str,
}

/// A row that was found, before it is shown.
struct Candidate {
    rank: (Place, Reverse<Option<Timestamp>>),
    shelf: Shelf,
    row: StoredRow,
}

/// The best candidates, at most `most`.
struct Best {
    most: usize,
    candidates: Vec<Candidate>,
    total: usize,
    unreadable: usize,
}

impl Found {
    /// What to do where rows are left out, or none was found.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let shown = self.hits.len();
        match self.total {
            0 => Some("No row has all of these words. Try fewer or other ones.".to_owned()),
            total if total > shown => {
                Some(format!("These are {shown} of {total} rows. Add a word, or name modules, to find fewer."))
            }
            _ => None,
        }
    }
}

impl Suite {
    /// The rows in which all words of a query are, of these modules or all: at most `most`.
    ///
    /// # Errors
    /// Where the query has no words or too many, a module is named that cannot be read, or rows cannot be read at all.
    pub async fn search(&self, query: &str, modules: Option<&[String]>, most: usize) -> Result<Found, ToolError> {
        let needle = Needle::new(query)?;
        let mut best = Best::new(most);
        let mut unsearched = Vec::new();
        let shelves = self.shelves(modules)?;
        let rows = |shelf: Shelf| async move { (shelf, self.call.rows(&shelf.table.view()).await) };
        let mut sources = stream::iter(shelves.into_iter().map(rows)).buffered(TABLES_AT_ONCE);
        while let Some((shelf, source)) = sources.next().await {
            match source {
                Ok(source) => best.take(self.look(shelf, &*source, &needle, most).await?),
                // One table that is too large hides no other.
                Err(DataError::TooMuchData { .. } | DataError::SpaceTooLarge { .. }) => {
                    unsearched.push(format!("{}.{}", shelf.module, shelf.table.spec.table));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let Best { total, unreadable, .. } = best;
        let candidates = best.ranked();
        let is_sealed = candidates.iter().any(|Candidate { shelf, .. }| shelf.table.spec.is_encrypted(shelf.label));
        let cipher = self.call.opening_cipher(is_sealed).await?;
        let hits = candidates.iter().map(|candidate| self.hit(candidate, cipher.as_deref())).collect();
        Ok(Found { hits, total, unreadable, unsearched })
    }

    /// What a table holds of what is looked for.
    async fn look(
        &self,
        shelf: Shelf,
        source: &dyn TableRows,
        needle: &Needle,
        most: usize,
    ) -> Result<Best, ToolError> {
        let texts = shelf.texts();
        let is_sealed = shelf.table.seals_any(texts.iter().copied().chain([shelf.label]));
        let cipher = self.call.opening_cipher(is_sealed).await?;
        let (found, another_key) = self.walk_over(shelf, source, needle, &texts, cipher.as_deref(), most).await;
        match self.call.renewed_cipher(cipher.as_ref(), another_key.as_deref()).await {
            Some(renewed) => {
                // What the other key sealed may have come since.
                let source: Arc<dyn TableRows> = self.call.rows(&shelf.table.view()).await?;
                Ok(self.walk_over(shelf, &*source, needle, &texts, Some(&renewed), most).await.0)
            }
            None => Ok(found),
        }
    }

    async fn walk_over(
        &self,
        shelf: Shelf,
        source: &dyn TableRows,
        needle: &Needle,
        texts: &[&'static str],
        cipher: Option<&FieldCipher>,
        most: usize,
    ) -> (Best, Option<String>) {
        let view = shelf.table.view();
        let rows = source.select(&|row| self.call.sees(&view, row) && lacking(shelf.table, row).is_none());
        let _turn = self.call.turn(shelf.table.spec, &rows).await;
        let (mut best, mut unopened) = (Best::new(most), Unopened::default());
        let (mut buffer, mut folded, mut pace) = (OpenBuffer::default(), Folded::default(), Pace::default());
        for row in rows {
            pace.step(&row).await;
            let mut reader = RowReader::new(&row, cipher, &mut buffer);
            let place = needle.place(&shelf, texts, &mut reader, &mut folded);
            unopened.note_key(&reader);
            best.unreadable += usize::from(place.is_none() && reader.has_faults());
            if let Some(place) = place {
                best.add(place, shelf, row);
            }
        }
        (best, unopened.another_key)
    }

    fn hit(&self, candidate: &Candidate, cipher: Option<&FieldCipher>) -> Hit {
        let Candidate { shelf, row, .. } = candidate;
        let mut buffer = OpenBuffer::default();
        let mut reader = RowReader::new(row, cipher, &mut buffer);
        let label = reader.text(shelf.label, shelf.table.spec.is_encrypted(shelf.label));
        let (title, id) = (title_of(shelf.table, label), shelf.id(row.id()));
        Hit { title, url: self.link(shelf, &id), id, module: shelf.module }
    }
}

impl Best {
    fn new(most: usize) -> Self {
        Self { most, candidates: Vec::new(), total: 0, unreadable: 0 }
    }

    fn add(&mut self, place: Place, shelf: Shelf, row: StoredRow) {
        let updated = row.get("updatedAt").and_then(|at| at.as_str()?.parse().ok());
        self.total += 1;
        self.candidates.push(Candidate { rank: (place, Reverse(updated)), shelf, row });
        self.drop_the_rest();
    }

    fn take(&mut self, other: Self) {
        self.total += other.total;
        self.unreadable += other.unreadable;
        self.candidates.extend(other.candidates);
        self.drop_the_rest();
    }

    /// Not at each candidate: sorting costs more than keeping some.
    fn drop_the_rest(&mut self) {
        if self.candidates.len() > 4 * self.most {
            self.rank();
        }
    }

    fn ranked(mut self) -> Vec<Candidate> {
        self.rank();
        self.candidates
    }

    fn rank(&mut self) {
        let place = |shelf: &Shelf| (shelf.module, shelf.table.spec.table);
        self.candidates.sort_unstable_by(|one, other| {
            let by_rank = one.rank.cmp(&other.rank);
            by_rank.then_with(|| (place(&one.shelf), one.row.id()).cmp(&(place(&other.shelf), other.row.id())))
        });
        self.candidates.truncate(self.most);
    }
}
