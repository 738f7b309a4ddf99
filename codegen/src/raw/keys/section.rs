//! A mapping of the sources: its keys, and what stands under them.

/// The keys of a mapping.
#[derive(Debug)]
pub(crate) struct Section {
    /// Its name in the editor's schema.
    pub(crate) id: &'static str,
    /// What it is in messages: `a tool`.
    pub(crate) what: &'static str,
    pub(crate) keys: &'static [Key],
}

/// A key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) holds: Holds,
    /// What the editor shows.
    pub(crate) doc: &'static str,
}

/// What stands under a key.
#[derive(Debug)]
pub(crate) enum Holds {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    Boolean,
    Number,
    Texts,
    /// Several of these words.
    Words(&'static [&'static str]),
    /// Words, and null where it is one of them.
    Variants,
    /// A type of JSON Schema, perhaps with null.
    Types,
    /// Whatever the schema beside it allows.
    Anything,
    Action,
    /// A literal, or `${…}`.
    Value,
    /// A bare expression that is true or false.
    Condition,
    /// Literals and `${…}` by name.
    Values,
    /// Several texts, each perhaps with `${…}`.
    Sort,
    /// `true`, or the name of a step.
    Page,
    /// One mapping.
    One(&'static Section),
    /// Mappings by name.
    Named(&'static Section),
    /// A sequence of mappings.
    Many(&'static Section),
    /// Sequences of texts by name.
    NamedTexts,
    /// Texts by name.
    TextByName,
    /// Mappings by name, by name; a text may stand in place of a mapping.
    ByTwoNames(&'static Section),
}

impl Section {
    pub(crate) fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

pub(super) const fn required(name: &'static str, holds: Holds, doc: &'static str) -> Key {
    Key { name, required: true, holds, doc }
}

pub(super) const fn optional(name: &'static str, holds: Holds, doc: &'static str) -> Key {
    Key { name, required: false, holds, doc }
}
