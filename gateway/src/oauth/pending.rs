//! Requests for authorization that wait for a person. Kept in memory: a person who thinks while the gateway restarts begins
//! anew.

use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use mana_mcp_runtime::tool::Effects;
use mana_mcp_standalone::{Client, Person};
use tokio::time::{Duration, Instant};

use super::redirect::RedirectUri;

/// How long a person may think.
const VALID_FOR: Duration = Duration::from_secs(10 * 60);
/// Requests that wait at once; the oldest make room.
const MAX_PENDING: usize = 200;

/// What a program asks for.
#[derive(Debug, Clone)]
pub(super) struct AuthorizationRequest {
    pub(super) client: Client,
    pub(super) redirect: RedirectUri,
    pub(super) state: Option<String>,
    pub(super) challenge: String,
    /// The path of the MCP endpoint.
    pub(super) endpoint: String,
    pub(super) effects: Effects,
    /// Whether the program uses refresh tokens.
    pub(super) refreshes: bool,
}

/// A request in one browser.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) request: AuthorizationRequest,
    /// The browser's cookie.
    pub(super) browser: String,
    /// Who is there, as far as it is proven.
    pub(super) person: Option<Person>,
    since: Instant,
}

/// The requests that wait, by id, the oldest first.
#[derive(Debug, Default)]
pub(super) struct PendingRequests(Mutex<IndexMap<String, Pending>>);

impl PendingRequests {
    pub(super) fn add(&self, id: String, request: AuthorizationRequest, browser: String, person: Option<Person>) {
        let mut pending = self.current();
        while pending.len() >= MAX_PENDING {
            pending.shift_remove_index(0);
        }
        pending.insert(id, Pending { request, browser, person, since: Instant::now() });
    }

    /// The request of that id, if it was made in that browser.
    pub(super) fn get(&self, id: &str, browser: &str) -> Option<Pending> {
        self.current().get(id).filter(|pending| pending.browser == browser).cloned()
    }

    /// The same, which is decided now and exists no more.
    pub(super) fn take(&self, id: &str, browser: &str) -> Option<Pending> {
        let mut pending = self.current();
        let is_it = pending.get(id).is_some_and(|pending| pending.browser == browser && pending.person.is_some());
        if is_it { pending.shift_remove(id) } else { None }
    }

    /// Notes who is there.
    pub(super) fn prove(&self, id: &str, person: &Person) {
        if let Some(pending) = self.current().get_mut(id) {
            pending.person = Some(person.clone());
        }
    }

    fn current(&self) -> MutexGuard<'_, IndexMap<String, Pending>> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|_, pending| pending.since.elapsed() < VALID_FOR);
        pending
    }
}
