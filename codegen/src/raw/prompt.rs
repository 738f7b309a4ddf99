//! A file of `prompts/`: what a person starts to do something with several tools. Its title, description and arguments stand
//! between two lines `---`, and behind them what is said to the model.

use super::{Reader, Text, keys, reader};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Span, Spanned};
use crate::yaml;

/// A prompt as it is written.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Its file, which has its name.
    pub file: FileId,
    /// `title`
    pub title: Option<Text>,
    /// `description`
    pub description: Option<Text>,
    /// `arguments`
    pub arguments: Vec<PromptArgument>,
    /// What is said to the model.
    pub text: Text,
}

/// An argument as it is written.
#[derive(Debug, Clone)]
pub struct PromptArgument {
    /// `name`
    pub name: Option<Text>,
    /// `description`
    pub description: Option<Text>,
    /// `required`
    pub required: bool,
}

/// What parts the head of the file from its text.
const RULE: &str = "---\n";

impl Prompt {
    /// Reads the file.
    pub(crate) fn read(file: FileId, source: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        let head = source.strip_prefix(RULE).and_then(|rest| rest.find("\n---\n"));
        let Some(length) = head else {
            let message = "a prompt begins with its title, description and arguments between two lines `---`";
            diagnostics.push(Diagnostic::error(Code::YamlSyntax, Span::start_of(file), message));
            return None;
        };
        let end = RULE.len() + length + 1;
        // At its own place in the file, so that problems are shown where they are.
        let head = format!("   \n{}", source.get(RULE.len()..end).unwrap_or_default());
        let node = yaml::parse(file, &head, diagnostics)?;
        let mut reader = Reader::new(&keys::PROMPT, Span::start_of(file), &node, diagnostics)?;
        let title = reader.required_text("title", diagnostics);
        let description = reader.required_text("description", diagnostics);
        let arguments = reader.optional("arguments");
        reader.finish(diagnostics);
        let arguments = arguments.and_then(|(_, node)| reader::sequence(node, diagnostics)).unwrap_or_default();
        let arguments = arguments.iter().filter_map(|node| PromptArgument::read(node, diagnostics));
        let text = source.get(end + RULE.len()..).unwrap_or_default();
        let span = Span::new(file, end + RULE.len(), source.len());
        Some(Self {
            file,
            title,
            description,
            arguments: arguments.collect(),
            text: Spanned::new(text.to_owned(), span),
        })
    }
}

impl PromptArgument {
    fn read(node: &yaml::Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::PROMPT_ARGUMENT, node.span, node, diagnostics)?;
        let name = reader.required_text("name", diagnostics);
        let description = reader.required_text("description", diagnostics);
        let required = reader.optional("required").and_then(|(_, node)| reader::boolean(node, diagnostics));
        reader.finish(diagnostics);
        Some(Self { name, description, required: required.is_some_and(|required| required.value) })
    }
}
