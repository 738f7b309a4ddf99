//! What belongs to the one who pulls: how far the log has been read, and the rows that readers do not see yet.

use std::{
    mem::size_of,
    time::{Duration, Instant},
};

use hashbrown::HashSet;
use mana_mcp_runtime::{
    data::DataError,
    log::Change,
    rows::{Folder, TableSpec},
};
use uuid::Uuid;

use super::Fold;

/// How long a token that the service has accepted shares the pulls of others.
const ACCEPTED_FOR: Duration = Duration::from_secs(60);
/// Accepted tokens that are remembered. One that is forgotten pulls for itself once more.
const MAX_ACCEPTED: usize = 16;

/// What only the one who pulls may touch.
#[derive(Debug)]
pub(super) struct Puller {
    pub(super) folder: Folder,
    /// The service's clock at the end of the last pull.
    pub(super) cursor: String,
    /// The rows of the last page, by `eventId`. An overlap may have more: rows that are applied again, in their order, end in
    /// the same state.
    pub(super) seen: HashSet<EventId>,
    pub(super) page: Page,
    /// A read from the start that is under way, or was interrupted.
    pub(super) full_read: Option<FullRead>,
    /// When the last one that came to its end began.
    pub(super) read_in_full: Option<Instant>,
    /// The spaces that the user was in when it began, and at each pull since, as far as was known then.
    pub(super) spaces: Vec<String>,
    pub(super) last: Option<(u64, Result<(), DataError>)>,
    /// The tokens that the service has accepted lately, the latest last.
    accepted: Vec<(u64, Instant)>,
}

/// The page that is being taken in.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) seen: HashSet<EventId>,
    /// Whether it has a row that the last page did not have.
    pub(super) is_new: bool,
    /// Own changes, which go before its rows.
    pub(super) confirmed: Vec<Change>,
    /// The served rows with those of the page. `None` where they are the same.
    pub(super) working: Option<Fold>,
}

/// A row's own id. The service gives UUIDs: as such they are kept and compared in little room.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum EventId {
    Uuid(Uuid),
    Other(Box<str>),
}

/// A read of the log from its start. It brings the rows of each space that the user was in when it began.
#[derive(Debug)]
pub(super) struct FullRead {
    pub(super) begun: Instant,
    /// The spaces that the user was in then, and at each pull since.
    pub(super) spaces: Vec<String>,
    /// Those of them in which the service knew the user for certain.
    pub(super) complete: HashSet<String>,
    /// The rows that were read end there.
    pub(super) until: String,
    pub(super) filling: Fold,
}

/// What follows a page.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Another page; whether this one had a row that is new.
    Page { is_new: bool },
    /// Nothing.
    End,
}

/// Where rows of a page go.
pub(super) struct Target<'a> {
    pub(super) serving: &'a Fold,
    pub(super) full_read: Option<&'a mut FullRead>,
    pub(super) working: &'a mut Option<Fold>,
}

impl Target<'_> {
    pub(super) fn fold(&mut self) -> &mut Fold {
        match &mut self.full_read {
            Some(read) => &mut read.filling,
            None => self.working.get_or_insert_with(|| self.serving.clone()),
        }
    }

    /// Takes in the user's own changes. Doing it twice changes nothing.
    pub(super) fn apply_own(&mut self, folder: &mut Folder, changes: &[Change]) {
        for change in changes {
            self.fold().apply(folder, &change.into(), "", None);
        }
    }
}

impl EventId {
    pub(super) fn of(id: &str) -> Self {
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

impl Puller {
    pub(super) fn new(table: TableSpec) -> Self {
        Self {
            folder: Folder::new(table),
            cursor: String::new(),
            seen: HashSet::new(),
            page: Page::default(),
            full_read: None,
            read_in_full: None,
            spaces: Vec::new(),
            last: None,
            accepted: Vec::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn cursor(&self) -> &str {
        &self.cursor
    }

    /// An estimate of the memory that it takes. A copy of what is served shares its records.
    pub(super) fn bytes(&self) -> usize {
        let filling = self.full_read.as_ref().map_or(0, |read| read.filling.bytes());
        let ids = self.seen.iter().chain(&self.page.seen).map(|id| id.len() + 2 * size_of::<EventId>());
        filling + self.folder.bytes() + ids.sum::<usize>()
    }

    /// Takes note that the service has answered a pull with that token.
    pub(super) fn note_accepted(&mut self, token: u64, now: Instant) {
        self.accepted.retain(|(known, at)| *known != token && is_recent(*at, now));
        if self.accepted.len() == MAX_ACCEPTED {
            self.accepted.remove(0);
        }
        self.accepted.push((token, now));
    }

    /// Whether the service has accepted that token lately. One that it refuses by now must not read what others have pulled.
    pub(super) fn has_accepted(&self, token: u64, now: Instant) -> bool {
        self.accepted.iter().any(|(known, at)| *known == token && is_recent(*at, now))
    }

    /// Whether the pull that has begun is a read from the start, or goes on with one.
    pub(super) fn reads_in_full(&self) -> bool {
        self.full_read.is_some()
    }
}

fn is_recent(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) < ACCEPTED_FOR
}
