//! Prompts: their names, their texts, the tools and arguments that they name.
//!
//! A prompt is read by a model as a person's own words, so what holds for descriptions holds for it. A tool that it names
//! must be served; an argument that it names must be declared, and one that is declared must be named: else what the person
//! fills in is lost without a word.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{self, Of};
use super::text;
use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::ir::{Module, Prompt, PromptArgument, Scope, Word};
use crate::raw;
use crate::source::{Sources, Span, Spanned};

/// The checked prompts, by name; what is wrong with them is reported.
pub(super) fn check(
    written: &[raw::Prompt],
    modules: &[Module],
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<Prompt> {
    let served: BTreeSet<&str> = modules
        .iter()
        .flat_map(|module| &module.tools)
        .filter(|tool| tool.scope == Scope::UserSpace)
        .map(|tool| tool.name.dotted())
        .collect();
    let mut prompts: Vec<Prompt> =
        written.iter().filter_map(|prompt| checked(prompt, &served, sources, diagnostics)).collect();
    prompts.sort_by(|a, b| a.name.cmp(&b.name));
    prompts
}

fn checked(
    written: &raw::Prompt,
    served: &BTreeSet<&str>,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) -> Option<Prompt> {
    let path = sources.path(written.file);
    let name = path.rsplit('/').next().and_then(|file| file.strip_suffix(".md")).unwrap_or(path);
    let name = Spanned::new(name.to_owned(), Span::start_of(written.file));
    let is_named = names::check(Of::Prompt, &name, diagnostics);
    let title = written.title.as_ref();
    let title = title.and_then(|one| text::check_line("the title of a prompt", one, text::TITLE, diagnostics));
    let description = written.description.as_ref();
    let description =
        description.and_then(|one| text::check("the description of a prompt", one, text::DESCRIPTION, diagnostics));
    let arguments = arguments(&written.arguments, diagnostics);
    let said = text::check("the text of a prompt", &written.text, text::PROMPT, diagnostics);
    tools_exist(&written.text, served, diagnostics);
    arguments_are_named(&written.text, &written.arguments, diagnostics);
    if !is_named {
        return None;
    }
    Some(Prompt { name: name.value, title: title?, description: description?, arguments, text: said? })
}

fn arguments(written: &[raw::PromptArgument], diagnostics: &mut Diagnostics) -> Vec<PromptArgument> {
    let mut taken: BTreeMap<&str, Span> = BTreeMap::new();
    let mut arguments = Vec::new();
    for argument in written {
        let Some(name) = &argument.name else { continue };
        names::check(Of::Field, name, diagnostics);
        if let Some(first) = taken.insert(&name.value, name.span) {
            let message = format!("the argument `{}` is there twice", name.value);
            diagnostics.push(Diagnostic::error(Code::NameCollision, name.span, message).also(first, "first here"));
        }
        let description = argument.description.as_ref();
        let description = description
            .and_then(|one| text::check("the description of an argument", one, text::DESCRIPTION, diagnostics));
        let Some(description) = description else { continue };
        arguments.push(PromptArgument { name: name.value.clone(), description, required: argument.required });
    }
    arguments
}

/// Each tool that the text names is one that agents are served.
fn tools_exist(text: &raw::Text, served: &BTreeSet<&str>, diagnostics: &mut Diagnostics) {
    for (at, name) in dotted(&text.value) {
        if !served.contains(name) {
            let message = format!("there is no tool `{name}` that agents are served");
            let help = did_you_mean(name, served.iter().copied());
            let span = Span::new(text.span.file, text.span.start + at, text.span.start + at + name.len());
            diagnostics.push(Diagnostic::error(Code::UnknownTool, span, message).maybe_help(help));
        }
    }
}

/// The words that look like a tool's full name, with their places.
fn dotted(text: &str) -> Vec<(usize, &str)> {
    let is_part = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '.');
    let begins = |part: &str| part.len() > 1 && part.starts_with(|one: char| one.is_ascii_lowercase());
    let (mut found, mut at) = (Vec::new(), 0);
    for part in text.split_inclusive(|one| !is_part(one)) {
        let word = part.trim_end_matches(|one| !is_part(one)).trim_end_matches('.');
        let is_name = |(module, tool): (&str, &str)| begins(module) && begins(tool) && !tool.contains('.');
        if word.split_once('.').is_some_and(is_name) {
            found.push((at, word));
        }
        at += part.len();
    }
    found
}

/// The text names each declared argument, and no other.
fn arguments_are_named(text: &raw::Text, declared: &[raw::PromptArgument], diagnostics: &mut Diagnostics) {
    let names: Vec<&raw::Text> = declared.iter().filter_map(|argument| argument.name.as_ref()).collect();
    let mut named = BTreeSet::new();
    for (at, _) in text.value.match_indices("{{") {
        let rest = text.value.get(at + 2..).unwrap_or_default();
        let name = rest.split_once("}}").map_or_else(|| rest.lines().next().unwrap_or_default(), |(name, _)| name);
        named.insert(name);
        if !names.iter().any(|known| known.value == name) {
            let message = format!("the prompt has no argument `{name}`");
            let help = did_you_mean(name, names.iter().map(|known| known.value.as_str()));
            let span = Span::new(text.span.file, text.span.start + at, text.span.start + at + 2 + name.len());
            diagnostics.push(Diagnostic::error(Code::UnknownVariable, span, message).maybe_help(help));
        }
    }
    for name in names.iter().filter(|name| !named.contains(name.value.as_str())) {
        let message = format!("the text never names the argument `{}`", name.value);
        let help = format!("write `{{{{{}}}}}` where it belongs", name.value);
        diagnostics.push(Diagnostic::error(Code::UnusedInput, name.span, message).help(help));
    }
}

/// The checked words, in their order; what is wrong with them is reported.
pub(super) fn check_words(written: Option<&raw::Words>, diagnostics: &mut Diagnostics) -> Vec<Word> {
    let mut words = Vec::new();
    for (word, means) in written.into_iter().flat_map(|written| &written.words) {
        for text in std::iter::once(word).chain(means) {
            let is_word = |one: char| one.is_alphabetic() || one == '-';
            if text.value.is_empty() || !text.value.chars().all(is_word) {
                let message = format!("`{}` is not one word", text.value);
                let help = "one word of letters on each side: `Aufgabe: [task]`";
                diagnostics.push(Diagnostic::error(Code::BadText, text.span, message).help(help));
            }
        }
        if means.is_empty() {
            let message = format!("`{}` stands for no word of the catalog", word.value);
            diagnostics.push(Diagnostic::error(Code::MissingText, word.span, message));
        }
        let means = means.iter().map(|text| text.value.clone()).collect();
        words.push(Word { word: word.value.clone(), means });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::dotted;

    #[test]
    fn names_of_tools_are_told_from_other_words() {
        let found = |text| {
            let found = dotted(text).into_iter().map(|(at, name)| format!("{at} {name}"));
            found.collect::<Vec<_>>()
        };
        assert_eq!(found("Use todo.list, or (notes.search)."), ["4 todo.list", "19 notes.search"]);
        assert_eq!(found("At the end todo.getStats."), ["11 todo.getStats"]);
        assert_eq!(found("e.g. 1.5, a.b.c, x.y, End.Of, ...and so.on"), ["37 so.on"]);
    }
}
