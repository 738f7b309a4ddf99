//! One table in one space, for one caller: what tools read and write.

use std::{fmt, marker::PhantomData, sync::Arc};

use serde_json::Value;

use tokio::sync::{OnceCell, OwnedMutexGuard};

use super::{
    AgentActor, Caller, DataError, DataServices, FieldWriter, Filter, Patch, Query, Record, RowWriter, SealError,
    Unreadable,
    fold::{DELETED_AT, Folded},
    listing::Asked,
    lru::ReplicaKey,
    stamp,
    walk::{Walked, walk},
};
use crate::{
    backend::{Change, Operation, Origin, Stamped},
    crypto::FieldCipher,
    decode::{Timestamp, Uuid},
    encode::{JsonOut, Piece},
};

/// Proven access to the rows of one table in one space.
pub struct Table<R> {
    services: Arc<DataServices>,
    caller: Caller,
    now: Timestamp,
    agent: AgentActor,
    cipher: Option<Arc<FieldCipher>>,
    /// Held by who has asked for a place, until he is done with the table.
    place: OnceCell<OwnedMutexGuard<()>>,
    record: PhantomData<fn() -> R>,
}

/// What a list found.
#[derive(Debug, Clone)]
pub struct Rows<R> {
    /// The rows, in the order that was asked for.
    pub rows: Vec<R>,
    /// The fields that hindered other rows, one entry each; the first thousand.
    pub unreadable: Vec<Unreadable>,
}

/// Rows as an answer holds them.
struct Written {
    out: JsonOut,
    unreadable: Vec<Unreadable>,
    another_key: Option<String>,
}

/// Why a listing is not made for others too.
enum Unmade<E> {
    /// Values did not open. Whether another key is to be had is a matter of each caller's token.
    AnotherKey {
        newest: String,
        out: JsonOut,
        unreadable: Vec<Unreadable>,
    },
    Failed(E),
}

impl<R: Record> Table<R> {
    pub(super) fn new(
        services: Arc<DataServices>,
        caller: Caller,
        now: Timestamp,
        agent: AgentActor,
        cipher: Option<Arc<FieldCipher>>,
    ) -> Self {
        Self { services, caller, now, agent, cipher, place: OnceCell::new(), record: PhantomData }
    }

    /// Stores a new row. Once this returns the row is durable, and every later read of this user shows it.
    ///
    /// # Errors
    /// Where a value cannot be stored, or the service does not confirm the write.
    pub async fn insert(&self, row: R) -> Result<R, DataError> {
        let mut writer = FieldWriter::new(self.cipher.as_deref());
        row.seal(&mut writer)?;
        let mut data = writer.into_fields();
        let now = Value::String(self.now.to_string());
        for time in ["createdAt", "updatedAt"] {
            data.entry(time).or_insert_with(|| now.clone());
        }
        data.insert("spaceId".to_owned(), Value::String(self.caller.space.clone()));
        let id = data.get("id").and_then(Value::as_str).ok_or(SealError::NotJson { field: "id" })?.to_owned();
        self.write(id, Operation::Insert { data }).await?;
        Ok(row)
    }

    /// The number of live rows in the space, as the place of a row that is about to be stored. Until this value is dropped,
    /// whoever else at this gateway wants a place in this user's table waits: two new rows would have the same one. So it
    /// is not asked of two tables at a time.
    ///
    /// # Errors
    /// As [`Table::count`].
    pub async fn next_place(&self) -> Result<i64, DataError> {
        self.place.get_or_init(|| self.services.claim_place(self.key())).await;
        self.count().await
    }

    /// The number of live rows in the space.
    ///
    /// # Errors
    /// Where the rows cannot be read.
    pub async fn count(&self) -> Result<i64, DataError> {
        let rows = self.rows(&Query::new()).await?;
        Ok(i64::try_from(rows.len()).unwrap_or(i64::MAX))
    }

    /// The rows that the query asks for.
    ///
    /// # Errors
    /// Where the rows cannot be read at all. Single unreadable rows are told of beside the others.
    pub async fn list(&self, query: Query) -> Result<Rows<R>, DataError> {
        let walked = walk::<R, _>(self.rows(&query).await?, &query, self.cipher.as_deref(), R::open).await;
        match self.renewed(walked.another_key.as_deref()).await {
            Some(renewed) => Ok(walk::<R, _>(self.rows(&query).await?, &query, Some(&renewed), R::open).await.found),
            None => Ok(walked.found),
        }
    }

    /// What `end` makes of the rows that the query asks for, written as an array after `begin`, and of the fields that
    /// hindered others; `bytes` tells its size. It is made once for those who ask the same question at the same moment, and of
    /// a table that is stored in plain text as long as no row changes: so `end` looks at nothing else.
    ///
    /// # Errors
    /// As [`Table::list`], and `end`'s.
    pub async fn listing<T: Clone + Send + Sync + 'static, E: From<DataError>>(
        &self,
        query: Query,
        begin: JsonOut,
        end: impl Fn(JsonOut, Vec<Unreadable>) -> Result<T, E>,
        bytes: impl Fn(&T) -> usize,
    ) -> Result<T, E> {
        let replica = self.services.replica(self.key(), R::TABLE, &self.caller).await?;
        let asked = Asked { space: self.caller.space.clone(), query, begin };
        // Taken before the rows: what changes meanwhile makes the listing old at once.
        let version = replica.version();
        let listing = replica.listing().of::<T>(asked, version, self.cipher.as_ref());
        if let Some(made) = listing.made().get() {
            return Ok(made.clone());
        }
        let write = async || {
            let rows = replica.live(|row| self.is_asked_for(row, listing.query()));
            let written = self.write_rows(rows, listing.query(), self.cipher.as_deref(), listing.begin()).await;
            let Written { out, unreadable, another_key } = written;
            match another_key {
                Some(newest) => Err(Unmade::AnotherKey { newest, out, unreadable }),
                None => end(out, unreadable).map_err(Unmade::Failed),
            }
        };
        match listing.made().get_or_try_init(write).await {
            Ok(made) => {
                if !R::TABLE.has_encrypted_fields() {
                    replica.listing().keep(&listing, bytes(made));
                }
                Ok(made.clone())
            }
            Err(Unmade::Failed(error)) => Err(error),
            Err(Unmade::AnotherKey { newest, out, unreadable }) => match self.renewed(Some(&newest)).await {
                Some(renewed) => {
                    let rows = self.rows(listing.query()).await?;
                    let written = self.write_rows(rows, listing.query(), Some(&renewed), listing.begin()).await;
                    end(written.out, written.unreadable)
                }
                None => end(out, unreadable),
            },
        }
    }

    /// Changes the fields of a live row that the patch names, and its `updatedAt`. Others stay as they are, also where
    /// another writer changes them at this moment.
    ///
    /// # Errors
    /// [`DataError::NotFound`] where no such row is live in the space; else where a value cannot be stored, or the service
    /// does not confirm the write.
    pub async fn update(&self, id: &Uuid, patch: R::Patch) -> Result<(), DataError> {
        let row = self.find(id).await?;
        self.change(&row, &patch).await
    }

    /// As [`Table::update`], but writes nothing where the row matches already.
    ///
    /// # Errors
    /// As [`Table::update`].
    pub async fn update_unless(&self, id: &Uuid, unless: Filter, patch: R::Patch) -> Result<(), DataError> {
        let row = self.find(id).await?;
        if unless.holds(row.view()) {
            return Ok(());
        }
        self.change(&row, &patch).await
    }

    /// Marks a live row as deleted, at a time: nobody sees it any more, and another writer may take the mark away.
    ///
    /// # Errors
    /// [`DataError::NotFound`] where no such row is live in the space; else where the service does not confirm the write.
    pub async fn soft_delete(&self, id: &Uuid) -> Result<(), DataError> {
        let row = self.find(id).await?;
        let at = stamp::after(self.now.to_string(), row.stamp(DELETED_AT));
        self.write(row.view().id().to_owned(), Operation::Delete { deleted_at: Some(at) }).await
    }

    /// Removes a live row for good: a delete without a time, after which no change brings the row back, whatever its time
    /// and in whatever order the rows of the log come.
    ///
    /// # Errors
    /// As [`Table::soft_delete`].
    pub async fn hard_delete(&self, id: &Uuid) -> Result<(), DataError> {
        let row = self.find(id).await?;
        self.write(row.view().id().to_owned(), Operation::Delete { deleted_at: None }).await
    }

    async fn change(&self, row: &Folded, patch: &R::Patch) -> Result<(), DataError> {
        let mut writer = FieldWriter::new(self.cipher.as_deref());
        patch.seal(&mut writer)?;
        let mut values = writer.into_fields();
        let now = self.now.to_string();
        values.entry("updatedAt").or_insert_with(|| Value::String(now.clone()));
        let taken = values.keys().map(|name| row.stamp(name)).max().unwrap_or_default();
        let at = stamp::after(now, taken);
        let stamped = |(name, value)| (name, Stamped { value, at: at.clone() });
        let fields = values.into_iter().map(stamped).collect();
        self.write(row.view().id().to_owned(), Operation::Update { fields }).await
    }

    async fn find(&self, id: &Uuid) -> Result<Folded, DataError> {
        let id = id.to_string();
        let replica = self.services.replica(self.key(), R::TABLE, &self.caller).await?;
        let found = replica.get(&id).filter(|row| self.is_here(row));
        found.ok_or(DataError::NotFound { noun: R::TABLE.noun, id })
    }

    /// Writes the rows that a query asks for as an array.
    async fn write_rows(
        &self,
        rows: Vec<Folded>,
        query: &Query,
        cipher: Option<&FieldCipher>,
        mut out: JsonOut,
    ) -> Written {
        out.piece(Piece::of("["));
        let walked = walk::<R, ()>(rows, query, cipher, |reader| {
            let mark = out.mark();
            out.piece(Piece::of("{"));
            R::write(&mut RowWriter::new(reader, &mut out));
            out.end_of_members();
            out.piece(Piece::of("},"));
            if reader.has_faults() {
                out.back_to(mark);
            }
            Some(())
        });
        let Walked { found: Rows { unreadable, .. }, another_key } = walked.await;
        out.end_of_members();
        out.piece(Piece::of("]"));
        Written { out, unreadable, another_key }
    }

    /// The cipher to try once more with, where values did not open, of which the newest was written then: the user's key may
    /// have been rotated since it was fetched.
    async fn renewed(&self, newest: Option<&str>) -> Option<Arc<FieldCipher>> {
        let (failed, newest) = (self.cipher.as_ref()?, newest?);
        Box::pin(self.services.renewed_cipher(&self.caller, failed, newest)).await
    }

    /// The live rows of the space that pass the query's filters.
    async fn rows(&self, query: &Query) -> Result<Vec<Folded>, DataError> {
        let replica = self.services.replica(self.key(), R::TABLE, &self.caller).await?;
        Ok(replica.live(|row| self.is_asked_for(row, query)))
    }

    fn is_asked_for(&self, row: &Folded, query: &Query) -> bool {
        query.filters.iter().all(|filter| filter.admits(row.view(), &R::TABLE)) && self.is_here(row)
    }

    fn is_here(&self, row: &Folded) -> bool {
        row.space().unwrap_or(&self.caller.personal_space) == self.caller.space
    }

    async fn write(&self, id: String, operation: Operation) -> Result<(), DataError> {
        let change = Change {
            event_id: String::new(),
            table: R::TABLE.sync_name.to_owned(),
            id,
            operation,
            space_id: Some(self.caller.space.clone()),
            actor: Some(self.agent.to_json()),
            origin: Some(Origin::Agent),
        };
        self.services.write(&self.key(), &self.caller, self.now, change).await
    }

    fn key(&self) -> ReplicaKey {
        ReplicaKey::of(&self.caller.user, &R::TABLE)
    }
}

impl<R> fmt::Debug for Table<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("space", &self.caller.space).finish_non_exhaustive()
    }
}
