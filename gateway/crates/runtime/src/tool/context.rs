//! What a handler may use: who calls, in which space, when, and the rows.

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
    ToolError, ToolId, ToolOutput,
    notes::{Note, Notes},
};
use crate::{
    crypto::FieldCipher,
    data::{Data, TableRows},
    decode::{Date, Timestamp, Uuid},
    rows::{Record, StoredRow, TableSpec},
    space::{Homes, Space},
    table::{Batch, DataError, Table},
};

/// One permitted call. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ToolContext(Arc<Call>);

/// Who calls what, where and when.
#[derive(Debug)]
pub struct CallInfo {
    /// The tool.
    pub tool: ToolId,
    /// The arguments as they came.
    pub arguments: Value,
    /// The id of the caller.
    pub user: String,
    /// The id of the active space, of which the caller is a proven member.
    pub space: String,
    /// The id of the caller's personal space, to which rows without a space belong. Empty where there is none.
    pub personal_space: String,
    /// The agent that acts for the caller.
    pub agent: AgentActor,
}

/// The agent, as the web application's history names the writer of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentActor {
    /// The agent's id.
    pub principal_id: String,
    /// The agent's name.
    pub display_name: String,
}

/// What a call asks. Two calls with equal questions have the same answer as long as no row changes.
#[derive(PartialEq)]
pub(crate) struct Question {
    tool: ToolId,
    arguments: Value,
    space: String,
    personal_space: String,
    today: Date,
}

/// A call, as tables and batches see it.
pub(crate) struct Call {
    data: Arc<dyn Data>,
    question: Arc<Question>,
    user: String,
    homes: Homes,
    agent: AgentActor,
    id: Uuid,
    now: Timestamp,
    /// The cipher under the newest key that this call knows.
    cipher: Mutex<Option<Arc<FieldCipher>>>,
    sealing: OnceCell<Arc<FieldCipher>>,
    notes: Notes,
    has_claimed_places: AtomicBool,
    /// Writes that are in a batch and not committed.
    uncommitted: AtomicUsize,
}

impl ToolContext {
    /// The context of a call over the services that its caller may use.
    #[must_use]
    pub fn new(data: Arc<dyn Data>, info: CallInfo) -> Self {
        let CallInfo { tool, arguments, user, space, personal_space, agent } = info;
        let now = Timestamp::now();
        let homes = Homes::new(&user, &personal_space);
        let question = Arc::new(Question { tool, arguments, space, personal_space, today: now.date() });
        Self(Arc::new(Call {
            data,
            question,
            user,
            homes,
            agent,
            id: Uuid::new_v4(),
            now,
            cipher: Mutex::default(),
            sealing: OnceCell::new(),
            notes: Notes::default(),
            has_claimed_places: AtomicBool::new(false),
            uncommitted: AtomicUsize::new(0),
        }))
    }

    /// The time of the call; the same throughout it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now
    }

    /// The day of the call, in UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        self.0.question.today
    }

    /// The id of the active space.
    #[must_use]
    pub fn space_id(&self) -> &str {
        self.0.space()
    }

    /// The table of `R`'s rows in the active space.
    #[must_use]
    pub fn table<R: Record>(&self) -> Table<R> {
        Table::new(Arc::clone(&self.0))
    }

    /// An empty unit of work.
    pub fn batch(&self) -> Batch {
        Batch::new(Arc::clone(&self.0))
    }

    /// The spaces that the caller is a member of.
    ///
    /// # Errors
    /// The identity service does not answer.
    pub async fn spaces(&self) -> Result<Arc<[Arc<Space>]>, ToolError> {
        Ok(self.0.data.spaces().await?)
    }
}

impl ToolContext {
    /// The output with what the user should know about it.
    pub(super) fn add_notes(&self, output: ToolOutput) -> Result<ToolOutput, ToolError> {
        Ok(self.0.notes.add_to(output)?)
    }

    /// Whether a batch of this call was written to and not committed.
    pub(super) fn has_uncommitted_writes(&self) -> bool {
        self.0.uncommitted.load(Ordering::Relaxed) > 0
    }
}

impl Question {
    /// An estimate of the memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.arguments.to_string().len() + self.space.len() + self.personal_space.len()
    }
}

impl Call {
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

    /// Whether the caller may see a row, deleted or not, in the active space.
    pub(crate) fn may_see(&self, row: &StoredRow) -> bool {
        self.homes.is_in(row.home(), self.space()) && !row.is_hidden_from(&self.user)
    }

    /// Whether the caller sees a row in the active space.
    pub(crate) fn sees(&self, row: &StoredRow) -> bool {
        row.is_live() && self.may_see(row)
    }

    /// The rows of a table, as they are now.
    pub(crate) async fn rows(&self, table: TableSpec) -> Result<Arc<dyn TableRows>, DataError> {
        let rows = self.data.rows(table).await?;
        if !rows.is_complete_in(self.space()) {
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

    /// The caller.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// The home of rows that are written in the active space.
    pub(crate) fn home(&self) -> Option<&str> {
        self.homes.resolve(Some(self.space()), None)
    }

    /// The cipher that opens the fields of a table, under the caller's key, which is fetched when it is first needed. `None`
    /// where no field is encrypted, and where the caller has no key yet.
    pub(crate) async fn opening_cipher(&self, table: &TableSpec) -> Result<Option<Arc<FieldCipher>>, DataError> {
        if !table.has_encrypted_fields() {
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

    /// Uses that cipher from now on: the user's key was fetched or renewed.
    pub(crate) fn use_cipher(&self, cipher: Arc<FieldCipher>) {
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

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("tool", &self.tool).finish_non_exhaustive()
    }
}
