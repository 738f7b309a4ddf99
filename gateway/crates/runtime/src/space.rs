//! A space, as the identity service describes it, and how rows name theirs.

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

/// The role of a space's owner.
const OWNER: &str = "owner";

impl Space {
    /// Whether the user is known to own the space.
    #[must_use]
    pub fn is_owned(&self) -> bool {
        self.role.as_deref() == Some(OWNER)
    }
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

/// What the web application writes in place of a space's id before it knows the active space, followed by the user's id. On
/// the server it stays for good.
const SENTINEL: &str = "_personal:";

/// Resolves the space that a row of the log names to the record's home, for one user.
///
/// A home is `None` for the user's personal space, however a row names it: by its id, by the user's sentinel or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Homes {
    personal: String,
    sentinel: String,
}

impl Homes {
    /// The homes that this user's rows can have. `personal` is empty where the user's personal space is not known.
    #[must_use]
    pub fn new(user: &str, personal: &str) -> Self {
        Self { personal: personal.to_owned(), sentinel: format!("{SENTINEL}{user}") }
    }

    /// The home of a row whose envelope and data name these spaces. A space's id counts before a sentinel, and the envelope
    /// before the data: the envelope decides who receives the row. Another user's sentinel is a home that nobody reads.
    #[must_use]
    pub fn resolve<'a>(&self, envelope: Option<&'a str>, data: Option<&'a str>) -> Option<&'a str> {
        let named = [envelope, data].into_iter().flatten().filter(|space| !space.is_empty());
        let (mut foreign, mut id) = (None, None);
        for space in named {
            if !space.starts_with(SENTINEL) {
                id = id.or(Some(space));
            } else if space != self.sentinel {
                foreign = foreign.or(Some(space));
            }
        }
        id.map_or(foreign, |id| Some(id).filter(|id| *id != self.personal))
    }

    /// Whether a record with that home is in the space of that id.
    #[must_use]
    pub fn is_in(&self, home: Option<&str>, space: &str) -> bool {
        home.unwrap_or(&self.personal) == space && !space.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_where_its_envelope_or_else_its_data_says() {
        let homes = Homes::new("ada", "p");
        for (envelope, data, home) in [
            (None, None, None),
            (Some(""), Some(""), None),
            (Some("p"), None, None),
            (Some("_personal:ada"), None, None),
            (None, Some("_personal:ada"), None),
            (Some("s"), None, Some("s")),
            (None, Some("s"), Some("s")),
            (Some("s"), Some("p"), Some("s")),
            (Some("p"), Some("s"), None),
            (Some("_personal:ada"), Some("s"), Some("s")),
            (Some("s"), Some("_personal:ada"), Some("s")),
            (Some("s"), Some("_personal:bob"), Some("s")),
            (Some("_personal:bob"), None, Some("_personal:bob")),
            (Some("_personal:bob"), Some("_personal:ada"), Some("_personal:bob")),
            (None, Some("_personal:bob"), Some("_personal:bob")),
        ] {
            assert_eq!(homes.resolve(envelope, data), home, "{envelope:?} {data:?}");
        }
    }

    #[test]
    fn without_a_known_personal_space_rows_without_a_space_are_in_none() {
        let homes = Homes::new("ada", "");
        assert_eq!(homes.resolve(Some("p"), None), Some("p"));
        assert!(homes.is_in(Some("p"), "p"));
        assert!(!homes.is_in(None, "") && !homes.is_in(None, "p") && !homes.is_in(Some(""), ""));
    }
}
