//! Prompts, and the words by which people look for tools.

/// A prompt: what a person starts to do something with several tools.
#[derive(Debug, Clone)]
pub struct Prompt {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) arguments: Vec<PromptArgument>,
    /// What is said to the model, with `{{argument}}`.
    pub(crate) text: String,
}

/// An argument of a prompt.
#[derive(Debug, Clone)]
pub struct PromptArgument {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) required: bool,
}

/// A word that people use, and the catalog's words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub(crate) word: String,
    pub(crate) means: Vec<String>,
}
