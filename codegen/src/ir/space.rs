//! The types of spaces.

/// What a space is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// All types, by their words.
    pub(crate) const WORDS: &[&str] = &["personal", "brand", "club", "family", "team", "practice"];
    const ALL: [Self; 6] = [Self::Personal, Self::Brand, Self::Club, Self::Family, Self::Team, Self::Practice];

    /// As it stands in a source.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Brand => "brand",
            Self::Club => "club",
            Self::Family => "family",
            Self::Team => "team",
            Self::Practice => "practice",
        }
    }

    /// The type of this word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}
