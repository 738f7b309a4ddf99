//! Which space is the caller's own. Everything that names no space belongs there, so the rule never guesses: anybody can
//! make a space of the type `personal` and add others to it.

use std::sync::Arc;

use mana_mcp_runtime::space::{Space, SpaceType};

use super::{
    error::{Candidates, SpaceError},
    source::Source,
};

/// The personal space among those of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Personal {
    /// This one, by its place in the list.
    Known(usize),
    /// None has what it takes.
    Missing,
    /// Several have, so none is.
    Ambiguous,
}

impl Personal {
    /// With a list, it is the only space of its type, whatever the order and the roles. Memberships have no types: there it
    /// is the user's only space, or the only one that they own.
    pub(super) fn among(spaces: &[Arc<Space>], source: Source) -> Self {
        let mut candidates = candidates(spaces, source);
        match (candidates.next(), candidates.next()) {
            (Some((place, _)), None) => Self::Known(place),
            (None, _) => Self::Missing,
            (Some(_), Some(_)) => Self::Ambiguous,
        }
    }

    /// Why there is no default.
    pub(super) fn refusal(&self, spaces: &[Arc<Space>], source: Source) -> SpaceError {
        match self {
            Self::Ambiguous => {
                SpaceError::Ambiguous(Candidates::of(candidates(spaces, source).map(|(_, space)| space)))
            }
            Self::Known(_) | Self::Missing => {
                SpaceError::NoPersonalSpace(Candidates::of(spaces.iter().map(|space| &**space)))
            }
        }
    }
}

fn candidates(spaces: &[Arc<Space>], source: Source) -> impl Iterator<Item = (usize, &Space)> {
    let owns_any = spaces.iter().any(|space| space.is_owned());
    let is_candidate = move |space: &Space| match source {
        Source::List => space.kind == Some(SpaceType::Personal),
        Source::Memberships => spaces.len() == 1 || !owns_any || space.is_owned(),
    };
    spaces.iter().map(|space| &**space).enumerate().filter(move |(_, space)| is_candidate(space))
}
