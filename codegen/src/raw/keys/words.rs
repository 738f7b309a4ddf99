//! The keys of `words.yaml`.

use super::section::{Holds, Section, required};

/// `words.yaml`
pub(crate) static WORDS: Section = Section {
    id: "words",
    what: "the file of words",
    keys: &[required(
        "words",
        Holds::NamedTexts,
        "Words that people use when they look for a tool, and the catalog's words for them: `Aufgabe: [task]`.",
    )],
};
