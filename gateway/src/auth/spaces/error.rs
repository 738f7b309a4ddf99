//! Why a call has no space.

use std::fmt;

use mana_mcp_runtime::{
    failure::{BackendError, FailureKind},
    space::Space,
};
use thiserror::Error;

/// Ids that a refusal lists. Models read it; the rest is found in the web application.
const MAX_LISTED: usize = 20;
/// Characters of an id that is listed.
const MAX_ID: usize = 64;

/// Why a call has no space. Each has a text for the caller.
#[derive(Debug, Error)]
pub enum SpaceError {
    /// The named space does not exist, or the caller is not a member: the same answer for both.
    #[error(
        "X-Mana-Space (or ?space= in the address) names no space that you are a member of; leave it out to work in \
         your personal space, or call spaces.list to see your spaces"
    )]
    NotAMember,
    /// No space was named, and none is known to be the caller's personal one.
    #[error(
        "you have no personal space; name a space by its id or slug, in the X-Mana-Space header or as ?space= in the \
         address{0}"
    )]
    NoPersonalSpace(Candidates),
    /// No space was named, and several could be the caller's personal one. Anybody can make a space of that type and
    /// invite others, so none of them is chosen.
    #[error(
        "several spaces could be your personal one, so none was chosen; name the one to work in, by its id or slug, in \
         the X-Mana-Space header or as ?space= in the address{0}"
    )]
    Ambiguous(Candidates),
    /// The spaces of users cannot be read in this deployment.
    #[error(
        "Your spaces cannot be read, so no tool can work. Your access token is fine, and calling again will not help. \
         The operator of this gateway must change something: {0}"
    )]
    NoSource(NoSource),
    /// The identity service could not tell.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Why neither way to a user's spaces works. The texts are for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoSource {
    /// The list refuses bearer tokens, and there is no key.
    #[error(
        "the spaces route takes no bearer token and MANA_AUTH_SERVICE_KEY is not set, so no call that needs a space can \
         work. Serve the list of spaces to bearer tokens (MANA_SPACES_PATH names its path), or set \
         MANA_AUTH_SERVICE_KEY"
    )]
    NoKey,
    /// The list refuses bearer tokens, and the service refuses the key.
    #[error(
        "the spaces route takes no bearer token, and the identity service refuses the gateway's key \
         (MANA_AUTH_SERVICE_KEY, or else MANA_SERVICE_KEY). Set the key that the service expects, or serve the list of spaces to bearer tokens (MANA_SPACES_PATH names its path)"
    )]
    KeyRefused,
    /// The list refuses bearer tokens, and the service knows no memberships of this user.
    #[error(
        "the spaces route takes no bearer token, and the identity service answers that there are no memberships of this \
         user (status 404). Check that it serves /api/v1/internal/users/{{user}}/memberships, or serve the list of \
         spaces to bearer tokens (MANA_SPACES_PATH names its path)"
    )]
    NoMemberships,
}

impl NoSource {
    /// What a failure of the memberships means, unless the service may answer a moment later.
    pub(crate) fn of_memberships(kind: FailureKind) -> Option<Self> {
        match kind {
            FailureKind::Unauthorized | FailureKind::Rejected { status: 403 } => Some(Self::KeyRefused),
            FailureKind::Rejected { status: 404 } => Some(Self::NoMemberships),
            _ => None,
        }
    }
}

/// Ids of spaces, as far as they may be shown: a bounded number, and only ids that cannot be taken for other text.
#[derive(Debug, Default)]
pub struct Candidates {
    ids: Vec<String>,
    hidden: usize,
}

impl Candidates {
    /// Those that the user owns come first, where roles are known: spaces of others must not crowd them out.
    pub(super) fn of<'a>(spaces: impl IntoIterator<Item = &'a Space>) -> Self {
        let mut candidates = Self::default();
        let mut spaces: Vec<&Space> = spaces.into_iter().collect();
        spaces.sort_by_key(|space| !space.is_owned());
        for space in spaces {
            let is_shown = space.id.len() <= MAX_ID && space.id.bytes().all(|byte| byte.is_ascii_graphic());
            if is_shown && candidates.ids.len() < MAX_LISTED {
                candidates.ids.push(space.id.clone());
            } else {
                candidates.hidden += 1;
            }
        }
        candidates
    }
}

impl fmt::Display for Candidates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ids.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.ids.join(", "))?;
        match self.hidden {
            0 => Ok(()),
            hidden => write!(f, " and {hidden} more"),
        }
    }
}
