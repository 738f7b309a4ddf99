//! Requests under way in sessions, so that `notifications/cancelled` can end them (basic/utilities/cancellation of the
//! revisions before 2026-07-28). Each is here for as long as it runs, so there are no more than requests in flight. A
//! notification that reaches another replica than its request ends nothing, which the protocol allows.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rmcp::model::RequestId;
use tokio::task::AbortHandle;

/// A request's id, which its session makes unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RunningName {
    session: Box<str>,
    id: RequestId,
}

impl RunningName {
    pub(super) fn new(session: &str, id: &RequestId) -> Self {
        Self { session: session.into(), id: id.clone() }
    }
}

/// All requests under way in sessions.
#[derive(Debug, Default)]
pub(super) struct RunningRequests {
    requests: Mutex<HashMap<RunningName, (u64, AbortHandle)>>,
    begun: AtomicU64,
}

/// A request under way; dropping it takes it out.
#[derive(Debug)]
pub(super) struct Begun<'a> {
    requests: &'a RunningRequests,
    name: RunningName,
    number: u64,
}

impl RunningRequests {
    /// Notes a request. Of two with one id, which the protocol forbids, the later one can be cancelled.
    pub(super) fn begin(&self, name: RunningName, work: AbortHandle) -> Begun<'_> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        self.requests().insert(name.clone(), (number, work));
        Begun { requests: self, name, number }
    }

    /// Ends a request, if it is still under way.
    pub(super) fn cancel(&self, name: &RunningName) {
        if let Some((_, work)) = self.requests().get(name) {
            work.abort();
        }
    }

    fn requests(&self) -> MutexGuard<'_, HashMap<RunningName, (u64, AbortHandle)>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut requests = self.requests.requests();
        if requests.get(&self.name).is_some_and(|(number, _)| *number == self.number) {
            requests.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(session: &str, id: i64) -> RunningName {
        RunningName::new(session, &RequestId::Number(id))
    }

    #[tokio::test]
    async fn only_the_named_request_ends_and_nothing_stays_behind() {
        let running = RunningRequests::default();
        let [one, other] = [(); 2].map(|()| tokio::spawn(std::future::pending::<()>()));
        let begun =
            [running.begin(name("a", 1), one.abort_handle()), running.begin(name("b", 1), other.abort_handle())];
        running.cancel(&name("a", 2));
        running.cancel(&name("c", 1));
        running.cancel(&name("a", 1));
        assert!(one.await.unwrap_err().is_cancelled());
        assert!(!other.is_finished());
        drop(begun);
        assert!(running.requests().is_empty());
        running.cancel(&name("b", 1));
        assert!(!other.is_finished(), "it is not under way any more");
        other.abort();
    }

    #[tokio::test]
    async fn the_end_of_an_earlier_request_does_not_hide_a_later_one() {
        let running = RunningRequests::default();
        let [first, second] = [(); 2].map(|()| tokio::spawn(std::future::pending::<()>()));
        let earlier = running.begin(name("a", 1), first.abort_handle());
        let later = running.begin(name("a", 1), second.abort_handle());
        drop(earlier);
        running.cancel(&name("a", 1));
        assert!(second.await.unwrap_err().is_cancelled());
        drop(later);
        first.abort();
    }
}
