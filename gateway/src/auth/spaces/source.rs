//! Where a user's spaces come from. The identity service may list them to bearers of a token; if it lists them to nobody
//! but its own web pages, the gateway reads memberships with its own key. Which of the two a deployment has is found out
//! from what the service answers.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mana_mcp_runtime::{
    failure::{BackendError, FailureKind},
    space::Space,
};
use tokio::time::Instant;

use super::error::{NoSource, SpaceError};
use crate::{auth::Principal, backend::IdentityClient};

/// A list that refused a token is not asked again for so long, where memberships serve instead. A list that served somebody
/// within this time is not given up because it refuses somebody else.
const REMEMBERED_FOR: Duration = Duration::from_secs(300);

/// What told a user's spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The list, with names and types.
    List,
    /// Memberships: ids and roles alone.
    Memberships,
}

/// What is known of the deployment's ways to spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceState {
    /// No call has needed spaces yet.
    Unknown,
    /// The last call got its spaces from there.
    Works(Source),
    /// Neither way worked for the last call.
    Missing {
        /// Why.
        why: NoSource,
        /// The way that last served somebody since the start. Then the failure may be of one user only.
        worked: Option<Source>,
    },
}

/// Both ways to spaces.
#[derive(Debug)]
pub(super) struct Sources {
    identity: IdentityClient,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    last: Option<(Result<Source, NoSource>, Instant)>,
    /// The way that last served somebody.
    worked: Option<Source>,
    /// When the list last served somebody.
    listed_at: Option<Instant>,
    /// Until when memberships are asked at once.
    skip_list_until: Option<Instant>,
}

/// A failed fetch, as those who wait for the same one share it.
#[derive(Debug, Clone, Copy)]
pub(super) enum FetchError {
    NoSource(NoSource),
    Backend(BackendError),
}

impl From<FetchError> for SpaceError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::NoSource(why) => Self::NoSource(why),
            FetchError::Backend(error) => Self::Backend(error),
        }
    }
}

impl Sources {
    pub(super) fn new(identity: IdentityClient) -> Self {
        Self { identity, seen: Mutex::default() }
    }

    /// The spaces of a verified caller. The service's refusal of their token is never the result: the gateway has verified
    /// it, so it means that the route takes no such tokens.
    pub(super) async fn fetch(&self, principal: &Principal, now: Instant) -> Result<(Vec<Space>, Source), FetchError> {
        if !self.skips_list(now) {
            match self.identity.spaces(principal.token()).await {
                Ok(spaces) => {
                    self.note(Ok(Source::List), now);
                    return Ok((spaces, Source::List));
                }
                Err(error) if takes_no_bearer(error.kind) => {}
                Err(error) => return Err(FetchError::Backend(error)),
            }
        }
        let fetched = match self.identity.memberships(principal.subject()).await {
            Ok(Some(spaces)) => Ok(spaces),
            Ok(None) => Err(NoSource::NoKey),
            Err(error) => Err(NoSource::of_memberships(error.kind).ok_or(FetchError::Backend(error))?),
        };
        self.note(fetched.as_ref().map(|_| Source::Memberships).map_err(|why| *why), now);
        fetched.map(|spaces| (spaces, Source::Memberships)).map_err(FetchError::NoSource)
    }

    pub(super) fn state(&self, now: Instant) -> SourceState {
        let seen = self.seen();
        match seen.last {
            Some((Ok(source), _)) => SourceState::Works(source),
            // A gateway that is not ready gets no calls, and would never learn that it works again.
            Some((Err(why), at)) if now.saturating_duration_since(at) < REMEMBERED_FOR => {
                SourceState::Missing { why, worked: seen.worked }
            }
            Some((Err(_), _)) | None => SourceState::Unknown,
        }
    }

    fn skips_list(&self, now: Instant) -> bool {
        self.identity.key().is_some() && self.seen().skip_list_until.is_some_and(|until| now < until)
    }

    fn note(&self, outcome: Result<Source, NoSource>, now: Instant) {
        let mut seen = self.seen();
        let before = seen.last.replace((outcome, now)).map(|(outcome, _)| outcome);
        seen.worked = outcome.ok().or(seen.worked);
        match outcome {
            Ok(Source::List) => (seen.listed_at, seen.skip_list_until) = (Some(now), None),
            Ok(Source::Memberships) => {
                let lists = seen.listed_at.is_some_and(|at| now.saturating_duration_since(at) < REMEMBERED_FOR);
                if !lists && seen.skip_list_until.is_none_or(|until| now >= until) {
                    seen.skip_list_until = Some(now + REMEMBERED_FOR);
                }
            }
            Err(_) => {}
        }
        drop(seen);
        // One line a change, not one a call.
        match outcome {
            Err(why) if before != Some(outcome) => tracing::warn!("a user's spaces cannot be read: {why}"),
            Ok(source) if before.is_some() && before != Some(outcome) => {
                tracing::info!(?source, "users' spaces come from another source than before");
            }
            Ok(_) | Err(_) => {}
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the answer to a verified token means that the route is not for bearers of one.
pub(crate) fn takes_no_bearer(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Unauthorized | FailureKind::Rejected { status: 403 | 404 })
}
