//! A replica: the fold of one table's log for one user, kept up to date by pulls.
//!
//! The service's cursor loses rows whose transactions were under way when it was read. So every pull begins some seconds
//! before the cursor and knows by their `eventId` the rows that it has, and now and then the log is read from its start.
//! Reads that arrive during a pull share the one after it: a pull that began before a read may not show what another
//! member was told is stored by then.

use std::{
    mem::{self, size_of},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hashbrown::HashSet;
use jiff::SignedDuration;
use mana_mcp_runtime::{
    data::TableRows,
    failure::FailureKind,
    log::{
        Change, Row,
        stamp::{EPOCH, before},
    },
    rows::{StoredRow, TableSpec},
    space::Space,
    table::{DataError, LastListing},
};
use uuid::Uuid;

use super::{Caller, Fold, PageEnd, pull::Pull};

/// How far before the cursor a pull begins: as long as a transaction may be under way.
const OVERLAP: SignedDuration = SignedDuration::from_secs(5);
/// A pull takes no longer, or the next one begins as much earlier.
const QUICKLY: Duration = Duration::from_millis(500);
/// How long a replica goes on before it is read from the start again.
const FULL_READ_EVERY: Duration = Duration::from_secs(10 * 60);

/// One table's rows of one user.
#[derive(Debug)]
pub struct Replica {
    pub(super) table: TableSpec,
    folds: RwLock<Folds>,
    /// How often what is served has changed. It grows behind each change, so that rows are never older than the version that was
    /// asked for before them.
    version: AtomicU64,
    puller: Arc<tokio::sync::Mutex<Puller>>,
    /// Pulls that have begun.
    begun: AtomicU64,
    /// An estimate of the memory it takes.
    bytes: AtomicUsize,
    listing: LastListing,
}

#[derive(Debug)]
struct Folds {
    serving: Fold,
    /// The one that a read from the start fills; it then takes the other's place.
    filling: Option<Fold>,
}

/// What only the one who pulls may touch.
#[derive(Debug, Default)]
pub(super) struct Puller {
    /// The service's clock at the end of the last pull.
    cursor: String,
    /// The rows of the last page, by `eventId`. An overlap may have more: rows that are applied again, in their order, end in
    /// the same state.
    seen: HashSet<EventId>,
    /// A read from the start that is under way, or was interrupted.
    full_read: Option<FullRead>,
    /// When the last one that came to its end began.
    read_in_full: Option<Instant>,
    /// The spaces that the user was in when it began, and at each pull since, as far as was known then: all their rows have come.
    spaces: Vec<Arc<Space>>,
    last: Option<(u64, Result<(), DataError>)>,
}

/// A row's own id. The service gives UUIDs: as such they are kept and compared in little room.
#[derive(Debug, PartialEq, Eq, Hash)]
enum EventId {
    Uuid(Uuid),
    Other(Box<str>),
}

/// A read of the log from its start. It brings the rows of each space that the user was in when it began.
#[derive(Debug)]
struct FullRead {
    begun: Instant,
    /// The spaces that the user was in then, and at each pull since.
    spaces: Vec<Arc<Space>>,
    /// What has been read ends there.
    until: String,
}

impl Replica {
    pub(super) fn new(table: TableSpec) -> Self {
        let folds = Folds { serving: Fold::new(table.required()), filling: None };
        Self {
            table,
            folds: RwLock::new(folds),
            version: AtomicU64::new(0),
            puller: Arc::default(),
            begun: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
            listing: LastListing::default(),
        }
    }

    /// Brings the replica up to date with what was stored when this was called.
    pub(super) async fn refresh(self: &Arc<Self>, pull: Pull<'_>) -> Result<(), DataError> {
        let begun_before = self.begun.load(Ordering::SeqCst);
        let puller = Arc::clone(&self.puller).lock_owned().await;
        let wants_full = puller.wants_full(pull.caller, pull.now);
        if let Some((number, outcome)) = &puller.last
            && *number > begun_before
            && (outcome.is_err() || !wants_full)
            && !is_of_one_token(outcome)
        {
            return outcome.clone();
        }
        // Yield once so that reads already queued join this pull.
        tokio::task::yield_now().await;
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let mut turn = Some(puller);
        let outcome = Box::pin(pull.run(self, &mut turn)).await;
        if let Some(puller) = &mut turn {
            puller.last = Some((number, outcome.clone()));
        }
        outcome
    }

    /// Takes in a change of the user's own that the service has confirmed.
    pub(super) fn confirm(&self, change: &Change) {
        let row = change.into();
        let mut folds = self.write();
        if let Some(filling) = &mut folds.filling {
            filling.apply(&row);
        }
        folds.serving.apply(&row);
        self.note_change();
    }

    /// Whether there may be anything to read.
    pub(super) fn may_have_rows(&self) -> bool {
        self.version() > 0
    }

    /// Which state of the records is served.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    /// An estimate of the memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        let folds = self.read();
        let folded = folds.serving.bytes() + folds.filling.as_ref().map_or(0, Fold::bytes);
        size_of::<Self>() + folded + self.listing.bytes() + self.bytes.load(Ordering::Relaxed)
    }

    fn note_change(&self) {
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    fn read(&self) -> RwLockReadGuard<'_, Folds> {
        self.folds.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Folds> {
        self.folds.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a pull begins.
    pub(super) fn begin(&self, puller: &mut Puller, caller: &Caller, now: Instant) -> String {
        puller.leave(caller);
        match &puller.full_read {
            Some(read) if puller.goes_on(read, caller, now) => before(&read.until, OVERLAP),
            None if !puller.wants_full(caller, now) => before(&puller.cursor, OVERLAP),
            _ => {
                let former = self.write().filling.replace(Fold::new(self.table.required()));
                // Much may hang on it, and others wait for the lock.
                drop(former);
                puller.seen.clear();
                let (spaces, until) = (caller.spaces.to_vec(), EPOCH.to_owned());
                puller.full_read = Some(FullRead { begun: now, spaces, until });
                EPOCH.to_owned()
            }
        }
    }

    /// Notes that all has come that was stored by then, in a pull that took so long. The service looks at its clock when it has
    /// read the rows of the last page, and a row may have been stored behind an earlier page since.
    pub(super) fn end(&self, puller: &mut Puller, until: &str, took: Duration) {
        let read = puller.full_read.take();
        // A read from the start may have been interrupted: then it has taken as long as since its begin.
        let took = read.as_ref().map_or(took, |read| took.max(read.begun.elapsed()));
        let slow = SignedDuration::try_from(took).ok().filter(|_| took > QUICKLY);
        puller.cursor = slow.map_or_else(|| until.to_owned(), |slow| before(until, slow));
        let Some(read) = read else { return };
        let mut folds = self.write();
        let former = folds.filling.take().map(|filled| mem::replace(&mut folds.serving, filled));
        self.note_change();
        drop(folds);
        // As above.
        drop(former);
        puller.read_in_full = Some(read.begun);
        puller.spaces = read.spaces;
    }

    /// Takes in the rows of a page, which `read` hands on. Where they are served at once, nobody sees a part of the page, unless
    /// it breaks off; else others read and write between two rows.
    pub(super) fn take_in<E>(
        &self,
        puller: &mut Puller,
        read: impl FnOnce(&mut dyn FnMut(&Row<'_>)) -> Result<PageEnd, E>,
    ) -> Result<Next, E> {
        let mut seen = HashSet::with_capacity(puller.seen.len());
        let (mut is_new, mut held) = (false, None);
        let PageEnd { synced_until: until, has_more } = read(&mut |row| {
            let event = EventId::of(row.event_id);
            // From the first new row on, all are applied: of two rows with one time, the later in the log wins.
            is_new = is_new || row.event_id.is_empty() || !puller.seen.contains(&event);
            seen.insert(event);
            if is_new && row.table == self.table.sync_name {
                let folds = held.get_or_insert_with(|| self.write());
                match &mut folds.filling {
                    Some(filling) => {
                        filling.apply(row);
                        held = None;
                    }
                    None => {
                        folds.serving.apply(row);
                        self.note_change();
                    }
                }
            }
        })?;
        drop(held);
        puller.seen = seen;
        let ids = puller.seen.iter().map(|id| id.len() + 2 * size_of::<EventId>());
        self.bytes.store(ids.sum(), Ordering::Relaxed);
        if let Some(read) = &mut puller.full_read {
            read.until.clone_from(&until);
        }
        Ok(if has_more { Next::Page { is_new, until } } else { Next::End { until } })
    }
}

impl TableRows for Replica {
    fn live(&self, is_asked_for: &dyn Fn(&StoredRow) -> bool) -> Vec<StoredRow> {
        self.read().serving.live().filter(|row| is_asked_for(row)).cloned().collect()
    }

    fn get(&self, id: &str) -> Option<StoredRow> {
        self.read().serving.get(id).cloned()
    }

    fn version(&self) -> u64 {
        self.version()
    }

    fn listing(&self) -> &LastListing {
        &self.listing
    }
}

impl EventId {
    fn of(id: &str) -> Self {
        Uuid::try_parse(id).map_or_else(|_| Self::Other(id.into()), Self::Uuid)
    }

    /// Bytes beside its own place.
    fn len(&self) -> usize {
        match self {
            Self::Uuid(_) => 0,
            Self::Other(id) => id.len(),
        }
    }
}

/// What follows a page.
pub(super) enum Next {
    /// Another page, behind that time; whether this one had a row that is new.
    Page { is_new: bool, until: String },
    /// Nothing, as of that time.
    End { until: String },
}

impl Puller {
    /// Whether the pull that has begun is a read from the start, or goes on with one.
    pub(super) fn reads_in_full(&self) -> bool {
        self.full_read.is_some()
    }

    fn wants_full(&self, caller: &Caller, now: Instant) -> bool {
        // Rows that a space had before the user joined it lie before the cursor.
        self.read_in_full.is_none_or(|begun| is_old(begun, now)) || !self.knows_space_of(caller)
    }

    /// Whether a read from the start that was interrupted, when it goes on, brings what that caller needs.
    fn goes_on(&self, read: &FullRead, caller: &Caller, now: Instant) -> bool {
        !is_old(read.begun, now) && knows_space_of(&read.spaces, caller)
    }

    fn knows_space_of(&self, caller: &Caller) -> bool {
        knows_space_of(&self.spaces, caller)
    }

    /// Forgets the spaces that the user has left: if they come back, what was written in between lies before the cursor.
    fn leave(&mut self, caller: &Caller) {
        let of_read = self.full_read.as_mut().map(|read| &mut read.spaces);
        for spaces in of_read.into_iter().chain([&mut self.spaces]) {
            spaces.retain(|space| caller.is_member_of(&space.id));
        }
    }
}

fn knows_space_of(spaces: &[Arc<Space>], caller: &Caller) -> bool {
    caller.is_in_personal_space() || spaces.iter().any(|space| space.id == caller.space)
}

fn is_old(read: Instant, now: Instant) -> bool {
    now.saturating_duration_since(read) >= FULL_READ_EVERY
}

/// Whether the outcome says something about one request's token only.
fn is_of_one_token(outcome: &Result<(), DataError>) -> bool {
    matches!(outcome, Err(DataError::Backend(error)) if error.kind == FailureKind::Unauthorized)
}
