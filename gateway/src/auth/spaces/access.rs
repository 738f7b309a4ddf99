//! The proof that a caller is a member of a space.

use std::sync::Arc;

use mana_mcp_runtime::space::Space;

use crate::auth::Principal;

/// A caller in a space of which they are a proven member. [`SpaceResolver::resolve`](super::SpaceResolver::resolve) is the
/// only maker.
#[derive(Debug, Clone)]
pub struct SpaceAccess {
    principal: Principal,
    space: Arc<Space>,
    personal_space: Option<Arc<Space>>,
    spaces: Arc<[Arc<Space>]>,
}

impl SpaceAccess {
    pub(super) fn proven(
        principal: Principal,
        space: Arc<Space>,
        personal_space: Option<Arc<Space>>,
        spaces: Arc<[Arc<Space>]>,
    ) -> Self {
        Self { principal, space, personal_space, spaces }
    }

    /// Access to a space that nobody has proven.
    #[cfg(test)]
    pub(crate) fn for_tests(principal: Principal, space: &str, spaces: &Arc<[Arc<Space>]>) -> Self {
        let is_personal = |space: &&Arc<Space>| space.kind == Some(mana_mcp_runtime::space::SpaceType::Personal);
        let personal_space = spaces.iter().find(is_personal).cloned();
        let unknown = || Space { id: space.to_owned(), name: String::new(), slug: None, kind: None, role: None };
        let space = spaces.iter().find(|one| one.id == space).cloned().unwrap_or_else(|| Arc::new(unknown()));
        Self { principal, space, personal_space, spaces: Arc::clone(spaces) }
    }

    /// The caller.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The active space.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Whether the active space is the caller's personal one.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.personal_space() == self.space.id
    }

    /// The id of the caller's personal space: home of records that name no space. Empty, as no id is, if there is none or
    /// it is not known which one it is.
    #[must_use]
    pub fn personal_space(&self) -> &str {
        self.personal_space.as_ref().map_or("", |space| &space.id)
    }

    /// All spaces that the caller was a member of when this was proven.
    #[must_use]
    pub fn spaces(&self) -> &Arc<[Arc<Space>]> {
        &self.spaces
    }
}
