//! What a tool that is begun does.

/// What a tool that is begun does with the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Lists them, in pages.
    List,
    /// Returns one.
    Get,
    /// Stores a new one.
    Insert,
    /// Changes one.
    Update,
    /// Removes one.
    Delete,
    /// Brings one back.
    Restore,
}

impl Verb {
    /// All verbs.
    pub const ALL: [Self; 6] = [Self::List, Self::Get, Self::Insert, Self::Update, Self::Delete, Self::Restore];

    /// As it is written in an action.
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
        }
    }

    /// The verb that a tool's name speaks of: `createHabit` inserts.
    pub fn of_name(name: &str) -> Option<Self> {
        const WORDS: [(&str, Verb); 21] = [
            ("list", Verb::List),
            ("recent", Verb::List),
            ("search", Verb::List),
            ("all", Verb::List),
            ("get", Verb::Get),
            ("show", Verb::Get),
            ("read", Verb::Get),
            ("create", Verb::Insert),
            ("add", Verb::Insert),
            ("insert", Verb::Insert),
            ("log", Verb::Insert),
            ("new", Verb::Insert),
            ("update", Verb::Update),
            ("change", Verb::Update),
            ("edit", Verb::Update),
            ("rename", Verb::Update),
            ("set", Verb::Update),
            ("delete", Verb::Delete),
            ("remove", Verb::Delete),
            ("restore", Verb::Restore),
            ("undelete", Verb::Restore),
        ];
        let is_first = |word: &str| {
            name.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|one: char| one.is_ascii_lowercase()))
        };
        WORDS.iter().find(|(word, _)| is_first(word)).map(|(_, verb)| *verb)
    }
}
