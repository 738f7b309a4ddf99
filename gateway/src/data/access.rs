//! For whom a table is opened, and who acts for him.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{auth::BearerToken, backend::Space};

/// The user and the space of a call, after authentication and proof of membership.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What tells users apart in caches.
    pub user: String,
    /// The token of this very request.
    pub token: BearerToken,
    /// The active space, of which the user is a proven member.
    pub space: String,
    /// The user's personal space, to which rows without a space belong.
    pub personal_space: String,
    /// All spaces that the user was a member of when that was proven.
    pub spaces: Arc<[Arc<Space>]>,
}

impl Caller {
    pub(super) fn is_in_personal_space(&self) -> bool {
        self.space == self.personal_space
    }

    pub(super) fn is_member_of(&self, space: &str) -> bool {
        self.spaces.iter().any(|one| one.id == space)
    }
}

/// The agent, as the web application's history names the writer of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentActor {
    /// The agent's id.
    pub principal_id: String,
    /// The agent's name.
    pub display_name: String,
}

impl AgentActor {
    pub(super) fn to_json(&self) -> Value {
        json!({ "kind": "ai", "principalId": self.principal_id, "displayName": self.display_name })
    }
}
