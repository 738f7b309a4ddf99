//! One call, and what is known of it so far.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    ToolOutput,
    info::{AgentActor, CallInfo},
    notes::{Note, Notes},
    question::Question,
};
use crate::{
    crypto::FieldCipher,
    data::{Data, DataError, TableRows, WalkClaim},
    decode::{Timestamp, Uuid},
    rows::{Stored, StoredRow, TableSpec},
    service::ServiceError,
    space::{Homes, SpaceType},
    table::View,
};

/// From as many bytes of rows on, a user's walks over a table wait for each other.
const LONG_WALK: usize = 256 << 10;

/// A call, as tables and batches see it.
pub(crate) struct Call {
    data: Arc<dyn Data>,
    question: Arc<Question>,
    user: String,
    space_type: Option<SpaceType>,
    homes: Homes,
    agent: AgentActor,
    id: Uuid,
    now: Timestamp,
    is_dry: bool,
    /// The cipher under the newest key that this call knows.
    cipher: Mutex<Option<Arc<FieldCipher>>>,
    sealing: OnceCell<Arc<FieldCipher>>,
    /// Whether values did not open under the cipher, though they are well-formed.
    has_met_another_key: AtomicBool,
    notes: Notes,
    has_claimed_places: AtomicBool,
    /// Writes that are in a batch and not committed.
    uncommitted: AtomicUsize,
}

impl Call {
    /// The call over the services that its caller may use.
    pub(super) fn new(data: Arc<dyn Data>, info: CallInfo) -> Self {
        let CallInfo { tool, arguments, user, space, space_type, personal_space, agent, zone, is_dry } = info;
        let now = super::clock::now();
        let homes = Homes::new(&user, &personal_space);
        let today = now.date_in(&zone);
        let question = Arc::new(Question { tool, arguments, space, personal_space, today, zone });
        Self {
            data,
            question,
            user,
            space_type,
            homes,
            agent,
            id: Uuid::new_v4(),
            now,
            is_dry,
            cipher: Mutex::default(),
            sealing: OnceCell::new(),
            has_met_another_key: AtomicBool::new(false),
            notes: Notes::default(),
            has_claimed_places: AtomicBool::new(false),
            uncommitted: AtomicUsize::new(0),
        }
    }

    pub(crate) fn data(&self) -> &dyn Data {
        &*self.data
    }

    pub(crate) fn question(&self) -> &Arc<Question> {
        &self.question
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn space(&self) -> &str {
        &self.question.space
    }

    /// What the active space is for, where that is known.
    pub(crate) fn space_type(&self) -> Option<SpaceType> {
        self.space_type
    }

    /// The id of the call, which every row that it writes carries.
    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    /// Whether the caller may see a row, deleted or not, in the active space.
    pub(crate) fn may_see(&self, view: &View, row: &StoredRow) -> bool {
        self.has(view, row) && view.privacy.is_none_or(|word| !row.is_hidden_from(&self.user, word))
    }

    /// Whether the caller sees a row in the active space.
    pub(crate) fn sees(&self, view: &View, row: &StoredRow) -> bool {
        row.is_live() && self.may_see(view, row)
    }

    /// Whether a row is in the active space, or is the caller's own where it belongs to a user.
    ///
    /// The web application stores a row of a user (settings) with `userId`, without a space and without an author, and such
    /// a row is sent to its user alone. Its own readers of `timeSettings` look through a filter by space that such a row never
    /// passes, and it never writes `wetterSettings` at all, so neither is a model. Other clients may have put one into a space,
    /// where members can see it too: then its author counts, or its `userId`, which is kept where the catalog names it.
    pub(crate) fn has(&self, view: &View, row: &StoredRow) -> bool {
        if view.is_of_user {
            row.home().is_none() || row.is_by(&self.user) || row.get("userId") == Some(Stored::Text(&self.user))
        } else {
            self.homes.is_in(row.home(), self.space())
        }
    }

    /// The rows of a table, as they are now.
    pub(crate) async fn rows(&self, view: &View) -> Result<Arc<dyn TableRows>, DataError> {
        let rows = self.data.rows(view.table).await?;
        if !view.is_of_user && !rows.is_complete_in(self.space()) {
            self.notes.add(Note::JoinedLately);
        }
        if rows.left_out() > 0 {
            self.notes.add(Note::LeftOut(rows.left_out()));
        }
        Ok(rows)
    }

    /// Notes that these fields were sealed for the active space.
    pub(crate) fn note_sealed(&self, fields: Vec<&'static str>) {
        if self.home().is_some() && !fields.is_empty() {
            self.notes.add(Note::OnlyTheCallerReads(fields));
        }
    }

    /// Notes that a service was not asked for what follows the writes.
    pub(crate) fn note_not_followed(&self, error: ServiceError) {
        self.notes.add(Note::NotFollowed(error));
    }

    /// The caller.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// The home of rows that are written in the active space.
    pub(crate) fn home(&self) -> Option<&str> {
        self.homes.resolve(Some(self.space()), None)
    }

    /// The cipher that opens fields, under the caller's key, which is fetched when it is first needed. `None` where no field
    /// that is encrypted is read, and where the caller has no key yet.
    pub(crate) async fn opening_cipher(&self, is_needed: bool) -> Result<Option<Arc<FieldCipher>>, DataError> {
        if !is_needed {
            return Ok(None);
        }
        let known = self.known_cipher().clone();
        if known.is_some() {
            return Ok(known);
        }
        let fetched = self.data.opening_cipher().await?;
        if let Some(fetched) = &fetched {
            self.use_cipher(Arc::clone(fetched));
        }
        Ok(fetched)
    }

    /// The cipher under the key that the caller has now, for this call's writes: what is sealed under a key that was rotated
    /// is lost.
    pub(crate) async fn sealing_cipher(&self) -> Result<Arc<FieldCipher>, DataError> {
        let current = self.sealing.get_or_try_init(|| self.data.sealing_cipher()).await?;
        self.use_cipher(Arc::clone(current));
        Ok(Arc::clone(current))
    }

    /// The cipher to try once more with, where values did not open, of which the newest was written then: the user's key may
    /// have been rotated since it was fetched.
    pub(crate) async fn renewed_cipher(
        &self,
        failed: Option<&Arc<FieldCipher>>,
        newest: Option<&str>,
    ) -> Option<Arc<FieldCipher>> {
        let (failed, newest) = (failed?, newest?);
        self.has_met_another_key.store(true, Ordering::Relaxed);
        let renewed = self.data.renewed_cipher(failed, newest).await?;
        self.use_cipher(Arc::clone(&renewed));
        Some(renewed)
    }

    /// Whether values did not open under the cipher that the call began with: what came of it depends on the caller's token.
    pub(crate) fn has_met_another_key(&self) -> bool {
        self.has_met_another_key.load(Ordering::Relaxed)
    }

    /// One user walks over many bytes of a table once at a time: walks of one user must not take the threads from others.
    pub(crate) async fn turn(&self, table: TableSpec, rows: &[StoredRow]) -> Option<WalkClaim> {
        let mut bytes = 0;
        let is_much = rows.iter().any(|row| {
            bytes += row.bytes();
            bytes > LONG_WALK
        });
        if is_much { Some(self.data.claim_walk(table).await) } else { None }
    }

    /// Uses that cipher from now on: the user's key was fetched or renewed.
    fn use_cipher(&self, cipher: Arc<FieldCipher>) {
        *self.known_cipher() = Some(cipher);
    }

    fn known_cipher(&self) -> MutexGuard<'_, Option<Arc<FieldCipher>>> {
        self.cipher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this call has not claimed places yet. It may do so once: two claims could wait for each other.
    pub(crate) fn may_claim_places(&self) -> bool {
        !self.has_claimed_places.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn note_write(&self) {
        self.uncommitted.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether nothing may be stored.
    pub(crate) fn is_dry(&self) -> bool {
        self.is_dry
    }

    /// Whether a batch was written to and not committed.
    pub(super) fn has_uncommitted_writes(&self) -> bool {
        self.uncommitted.load(Ordering::Relaxed) > 0
    }

    /// The output with what the user should know about it.
    pub(super) fn add_notes(&self, output: ToolOutput) -> Result<ToolOutput, serde_json::Error> {
        self.notes.add_to(output)
    }

    pub(crate) fn note_committed(&self, writes: usize) {
        self.uncommitted.fetch_sub(writes, Ordering::Relaxed);
    }

    /// Who writes, as rows carry it.
    pub(crate) fn actor(&self) -> Value {
        let AgentActor { principal_id, display_name } = &self.agent;
        json!({ "kind": "ai", "principalId": principal_id, "displayName": display_name, "callId": self.id })
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("question", &self.question).field("id", &self.id).finish_non_exhaustive()
    }
}
