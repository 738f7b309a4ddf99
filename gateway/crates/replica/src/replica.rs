//! A replica: the fold of one table's log for one user, kept up to date by pulls.
//!
//! The service's cursor loses rows whose transactions were under way when it was read. So every pull begins some seconds
//! before the cursor and knows by their `eventId` the rows that it has, and now and then the log is read from its start.
//! Reads that arrive during a pull share the one after it: a pull that began before a read may not show what was confirmed to
//! another reader by then. A pull is shared by tokens that the service has accepted within the last minute.
//!
//! Readers have a snapshot. A page is folded into a copy, which shares the records that do not change, and takes the
//! snapshot's place when the page has come to its end: no reader waits for a page, and none sees a part of one.

use std::{
    mem::{self, size_of},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hashbrown::HashSet;
use jiff::SignedDuration;
use mana_mcp_runtime::{
    data::{LastListing, TableRows},
    decode::Timestamp,
    log::{
        Change,
        stamp::{EPOCH, before},
    },
    rows::{StoredRow, TableSpec},
    space::Homes,
};

use super::{
    Caller, Fold, PageEnd,
    memberships::SETTLED_AFTER,
    page::read_rows,
    pull::Pull,
    puller::{EventId, FullRead, Next, Page, Puller, Target},
    splitter::Batch,
};

/// How far before the cursor a pull begins: as long as a transaction may be under way.
const OVERLAP: SignedDuration = SignedDuration::from_secs(5);
/// A pull takes no longer, or the next one begins as much earlier.
const QUICKLY: Duration = Duration::from_millis(500);
/// How long a replica goes on before it is read from the start again,
const FULL_READ_EVERY: Duration = Duration::from_secs(10 * 60);
/// and where rows of a space may be missing that the user has joined.
const FULL_READ_AFTER_JOINING: Duration = Duration::from_secs(30);
/// Own changes that wait for the next pull. With more of them, the log is read from its start.
const MAX_CONFIRMED: usize = 256;
/// A copy of a fold with more records takes long.
const LARGE: usize = 10_000;

/// One table's rows of one user.
#[derive(Debug)]
pub struct Replica {
    pub(super) table: TableSpec,
    /// Locked for a moment: to take it, or to put another one in its place.
    serving: Mutex<Arc<Fold>>,
    /// How often what is served has changed. It grows behind each change, so that rows are never older than the version that was
    /// asked for before them.
    version: AtomicU64,
    pub(super) puller: Arc<tokio::sync::Mutex<Puller>>,
    /// Pulls that have begun.
    pub(super) begun: AtomicU64,
    /// An estimate of the memory that it takes beside what is served.
    bytes: AtomicUsize,
    /// The user's own changes that the service has confirmed since the last pull began.
    confirmed: Mutex<Vec<Change>>,
    /// Spaces other than the personal one of which all rows have come.
    complete: Mutex<HashSet<String>>,
    listing: LastListing,
}

impl Replica {
    pub(super) fn new(table: TableSpec) -> Self {
        let nobody = Homes::new("", "");
        Self {
            table,
            serving: Mutex::new(Arc::new(Fold::new(nobody, 0))),
            version: AtomicU64::new(0),
            puller: Arc::new(tokio::sync::Mutex::new(Puller::new(table))),
            begun: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
            confirmed: Mutex::default(),
            complete: Mutex::default(),
            listing: LastListing::default(),
        }
    }

    /// Takes note of a change of the user's own that the service has confirmed: the next pull takes it in, which every later
    /// read waits for.
    pub(super) fn confirm(&self, change: &Change) {
        let mut confirmed = locked(&self.confirmed);
        if confirmed.len() <= MAX_CONFIRMED {
            confirmed.push(change.clone());
        }
    }

    /// Whether there may be anything to read.
    pub(super) fn may_have_rows(&self) -> bool {
        self.version() > 0
    }

    /// Which state of the records is served.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    /// Whether the records of the caller's space took more memory than one space may.
    pub(super) fn is_closed(&self, caller: &Caller) -> bool {
        !caller.is_in_personal_space() && self.serving().is_closed(&caller.space)
    }

    /// Whether a copy of the served rows takes long.
    pub(super) fn is_large(&self) -> bool {
        self.serving().len() > LARGE
    }

    /// An estimate of the memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        let beside = self.listing.bytes() + self.bytes.load(Ordering::Relaxed);
        size_of::<Self>() + self.serving().bytes() + beside
    }

    fn serving(&self) -> Arc<Fold> {
        Arc::clone(&locked(&self.serving))
    }

    /// Serves other rows from now on. Returns the former ones.
    pub(super) fn serve(&self, fold: Fold) -> Arc<Fold> {
        let former = mem::replace(&mut *locked(&self.serving), Arc::new(fold));
        self.version.fetch_add(1, Ordering::SeqCst);
        former
    }

    /// Where a pull begins.
    pub(super) fn begin(&self, puller: &mut Puller, pull: &Pull<'_>) -> String {
        let caller = pull.caller;
        self.leave(puller, caller);
        match &puller.full_read {
            Some(read) if self.goes_on(read, pull) => before(&read.until, OVERLAP),
            None if !self.wants_full(puller, pull) => before(&puller.cursor, OVERLAP),
            _ => {
                puller.seen.clear();
                let spaces: Vec<String> = caller.spaces.iter().map(|space| space.id.clone()).collect();
                let is_known = |space: &&String| pull.first_seen(space).is_some_and(|seen| is_settled(seen, pull.now));
                let complete = spaces.iter().filter(is_known).cloned().collect();
                let filling = Fold::new(caller.homes(), pull.shared_limit);
                let (begun, until) = (pull.now, EPOCH.to_owned());
                puller.full_read = Some(FullRead { begun, spaces, complete, until, filling });
                EPOCH.to_owned()
            }
        }
    }

    /// Begins a page. What an earlier one has brought that broke off comes again.
    pub(super) fn begin_page(&self, puller: &mut Puller) {
        let mut confirmed = mem::take(&mut puller.page.confirmed);
        confirmed.append(&mut locked(&self.confirmed));
        puller.page = Page { confirmed, ..Page::default() };
    }

    /// Takes in rows of a page that begins at `since`. Readers do not see them before its end.
    pub(super) fn take_in(&self, puller: &mut Puller, batch: &Batch, since: &str) {
        let serving = self.serving();
        let now = if since == EPOCH { Some(Timestamp::now().to_string()) } else { None };
        let arrived = now.as_deref().unwrap_or(since);
        let Puller { folder, seen, page, full_read, .. } = puller;
        let Page { seen: seen_in_page, is_new, confirmed, working } = page;
        let mut target = Target { serving: &serving, full_read: full_read.as_mut(), working };
        target.apply_own(folder, confirmed);
        let left_out = read_rows(batch, |row| {
            let event = EventId::of(row.event_id);
            // From the first new row on, all are applied: of two rows with one time, the later in the log wins.
            *is_new = *is_new || row.event_id.is_empty() || !seen.contains(&event);
            seen_in_page.insert(event);
            if *is_new && row.table == self.table.sync_name {
                let known = target.full_read.is_some().then_some(&*serving);
                target.fold().apply(folder, row, arrived, known);
            }
        });
        if left_out > 0 {
            tracing::warn!(rows = left_out, "rows of the sync log cannot be read here, and are left out");
            target.fold().note_left_out(left_out);
        }
        self.bytes.store(puller.bytes(), Ordering::Relaxed);
    }

    /// Ends a page: its rows are served, unless a read from the start is under way.
    pub(super) fn end_page(&self, puller: &mut Puller, end: &PageEnd) -> Next {
        let Page { seen, is_new, confirmed, mut working } = mem::take(&mut puller.page);
        let serving = self.serving();
        let Puller { folder, full_read, .. } = puller;
        Target { serving: &serving, full_read: full_read.as_mut(), working: &mut working }
            .apply_own(folder, &confirmed);
        if let Some(working) = working {
            self.serve(working);
        }
        puller.seen = seen;
        if let Some(read) = &mut puller.full_read {
            read.until.clone_from(&end.synced_until);
        }
        self.bytes.store(puller.bytes(), Ordering::Relaxed);
        if end.has_more { Next::Page { is_new } } else { Next::End }
    }

    /// Notes that all has come that was stored by then, in a pull that took so long. The service looks at its clock when it has
    /// read the rows of the last page, and a row may have been stored behind an earlier page since. Returns the rows that were
    /// served before, where others have taken their place.
    pub(super) fn end(&self, puller: &mut Puller, until: &str, took: Duration) -> Option<Arc<Fold>> {
        let read = puller.full_read.take();
        // A read from the start may have been interrupted: then it has taken as long as since its begin.
        let took = read.as_ref().map_or(took, |read| took.max(read.begun.elapsed()));
        let slow = SignedDuration::try_from(took).ok().filter(|_| took > QUICKLY);
        puller.cursor = slow.map_or_else(|| until.to_owned(), |slow| before(until, slow));
        let read = read?;
        puller.read_in_full = Some(read.begun);
        puller.spaces = read.spaces;
        *locked(&self.complete) = read.complete;
        self.bytes.store(puller.bytes(), Ordering::Relaxed);
        Some(self.serve(read.filling))
    }

    pub(super) fn wants_full(&self, puller: &Puller, pull: &Pull<'_>) -> bool {
        let Some(begun) = puller.read_in_full else { return true };
        let age = pull.now.saturating_duration_since(begun);
        let longest = if self.is_complete(pull.caller) { FULL_READ_EVERY } else { FULL_READ_AFTER_JOINING };
        // Rows that a space had before the user joined it lie before the cursor.
        let knows_space = knows_space_of(&puller.spaces, pull.caller);
        let has_lost_own = locked(&self.confirmed).len() > MAX_CONFIRMED;
        age >= longest || !knows_space || has_lost_own || *self.serving().homes() != pull.caller.homes()
    }

    /// Whether a read from the start that was interrupted, when it goes on, brings what that caller needs.
    fn goes_on(&self, read: &FullRead, pull: &Pull<'_>) -> bool {
        let is_young = pull.now.saturating_duration_since(read.begun) < FULL_READ_EVERY;
        is_young && knows_space_of(&read.spaces, pull.caller) && *read.filling.homes() == pull.caller.homes()
    }

    fn is_complete(&self, caller: &Caller) -> bool {
        caller.is_in_personal_space() || locked(&self.complete).contains(&caller.space)
    }

    /// Forgets the spaces that the user has left: if they come back, what was written in between lies before the cursor.
    fn leave(&self, puller: &mut Puller, caller: &Caller) {
        let of_read = puller.full_read.as_mut().map(|read| &mut read.spaces);
        for spaces in of_read.into_iter().chain([&mut puller.spaces]) {
            spaces.retain(|space| caller.is_member_of(space));
        }
        locked(&self.complete).retain(|space| caller.is_member_of(space));
    }
}

impl TableRows for Replica {
    fn select(&self, is_wanted: &dyn Fn(&StoredRow) -> bool) -> Vec<StoredRow> {
        self.serving().records().filter(|row| is_wanted(row)).cloned().collect()
    }

    fn find(&self, id: &str, is_wanted: &dyn Fn(&StoredRow) -> bool) -> Option<StoredRow> {
        self.serving().find(id, is_wanted).cloned()
    }

    fn is_complete_in(&self, space: &str) -> bool {
        self.serving().homes().is_in(None, space) || locked(&self.complete).contains(space)
    }

    fn left_out(&self) -> u64 {
        self.serving().left_out()
    }

    fn version(&self) -> u64 {
        self.version()
    }

    fn listing(&self) -> &LastListing {
        &self.listing
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn knows_space_of(spaces: &[String], caller: &Caller) -> bool {
    caller.is_in_personal_space() || spaces.contains(&caller.space)
}

/// Whether the sync service knows a membership for certain that was first seen then.
fn is_settled(first_seen: Instant, now: Instant) -> bool {
    now.saturating_duration_since(first_seen) > SETTLED_AFTER
}
