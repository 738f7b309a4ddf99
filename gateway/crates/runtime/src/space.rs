//! A space, as the identity service describes it.

use serde::{Deserialize, Serialize};

/// A space that the user is a member of.
#[derive(Debug, Clone)]
pub struct Space {
    /// The id, as rows carry it.
    pub id: String,
    /// The name that its members gave it.
    pub name: String,
    /// A short name for addresses.
    pub slug: Option<String>,
    /// What it is for; `None` where the service does not say, or says something unknown.
    pub kind: Option<SpaceType>,
    /// The user's role in it.
    pub role: Option<String>,
}

/// What a space is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpaceType {
    /// The one space of each user that is theirs alone.
    Personal,
    /// A brand.
    Brand,
    /// A club.
    Club,
    /// A family.
    Family,
    /// A team.
    Team,
    /// A practice.
    Practice,
}

impl SpaceType {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Brand => "brand",
            Self::Club => "club",
            Self::Family => "family",
            Self::Team => "team",
            Self::Practice => "practice",
        }
    }
}
