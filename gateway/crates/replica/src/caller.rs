//! For whom a replica is read.

use std::sync::Arc;

use mana_mcp_runtime::space::{Homes, Space};

/// The user and the space of a call, after authentication and proof of membership.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What tells users of all issuers apart in caches.
    pub user: String,
    /// The user's id, as rows name it.
    pub subject: String,
    /// The active space, of which the user is a proven member.
    pub space: String,
    /// The user's personal space, to which rows without a space belong. Empty where it is not known.
    pub personal_space: String,
    /// All spaces that the user was a member of when that was proven.
    pub spaces: Arc<[Arc<Space>]>,
}

impl Caller {
    pub(crate) fn is_in_personal_space(&self) -> bool {
        self.space == self.personal_space
    }

    pub(crate) fn is_member_of(&self, space: &str) -> bool {
        self.spaces.iter().any(|one| one.id == space)
    }

    pub(crate) fn homes(&self) -> Homes {
        Homes::new(&self.subject, &self.personal_space)
    }
}
