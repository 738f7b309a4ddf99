//! The keys at the head of a prompt.

use super::section::{Holds, Section, optional, required};

/// The head of a file of `prompts/`.
pub(crate) static PROMPT: Section = Section {
    id: "prompt",
    what: "a prompt",
    keys: &[
        required("title", Holds::Text, "A short title for people."),
        required("description", Holds::Text, "What it does, for people, in a sentence."),
        optional("arguments", Holds::Many(&PROMPT_ARGUMENT), "What the person may fill in: `{{name}}` in the text."),
    ],
};

/// An argument of a prompt.
pub(crate) static PROMPT_ARGUMENT: Section = Section {
    id: "promptArgument",
    what: "an argument",
    keys: &[
        required("name", Holds::Text, "Its name."),
        required("description", Holds::Text, "What to fill in, for people."),
        optional("required", Holds::Boolean, "Whether the prompt makes no sense without it."),
    ],
};
