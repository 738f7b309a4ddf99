//! Texts for people and language models: present, short enough to be read, and showable.
//!
//! A tool without a good description is not called, or called for the wrong thing; one that is too long takes the
//! model's room from the user. Say in one or two sentences what it does, what it returns, and when to prefer another
//! tool. Control characters, marks that turn the direction of text and characters that nobody sees are refused, and so are words of two scripts whose
//! letters look alike: they hide what is written. So is what instructs the model ([`super::instructions`]), and what looks like a secret
//! ([`super::secret`]).

use super::{instructions, secret};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::raw::Text;
use crate::source::Span;

/// Greatest length of a title.
pub(super) const TITLE: usize = 80;
/// Greatest length of a tool's description.
pub(super) const TOOL: usize = 1000;
/// Greatest length of a prompt's text.
pub(super) const PROMPT: usize = 4000;
/// Greatest length of any other description.
pub(super) const DESCRIPTION: usize = 400;

/// What stands in a text that is still to be written, as `cargo xtask new` begins it.
pub(crate) const PLACEHOLDER: &str = "TODO";

/// The text, trimmed, if it can be shown; reported where it cannot.
pub(super) fn check(what: &str, text: &Text, max: usize, diagnostics: &mut Diagnostics) -> Option<String> {
    let trimmed = text.value.trim();
    let length = trimmed.chars().count();
    if trimmed.is_empty() {
        diagnostics.push(Diagnostic::error(Code::MissingText, text.span, format!("{what} is empty")));
        return None;
    }
    if length > max {
        let message = format!("{what} has {length} characters; at most {max} are read");
        diagnostics.push(Diagnostic::error(Code::BadText, text.span, message));
        return None;
    }
    if let Some(hidden) = hidden(trimmed) {
        let message = format!("{what} holds U+{:04X}, which cannot be shown", u32::from(hidden));
        diagnostics.push(Diagnostic::error(Code::BadText, text.span, message));
        return None;
    }
    if let Some(word) = trimmed.split(|one: char| !one.is_alphabetic()).find(|word| is_disguised(word)) {
        let message = format!("{what} holds `{word}`, a word with letters of two scripts that look alike");
        diagnostics.push(Diagnostic::error(Code::BadText, text.span, message).help("write it in one script"));
        return None;
    }
    if trimmed.split(|one: char| !one.is_alphanumeric()).any(|word| word == PLACEHOLDER) {
        let message = format!("{what} is still to be written");
        let help = format!("write it in place of `{PLACEHOLDER}`; language models act on it");
        diagnostics.push(Diagnostic::error(Code::MissingText, text.span, message).help(help));
    }
    instructions::check(what, trimmed, text.span, diagnostics);
    secret::check(what, trimmed, text.span, diagnostics);
    Some(trimmed.to_owned())
}

/// The same on one line.
pub(super) fn check_line(what: &str, text: &Text, max: usize, diagnostics: &mut Diagnostics) -> Option<String> {
    let checked = check(what, text, max, diagnostics)?;
    if checked.contains('\n') {
        diagnostics.push(Diagnostic::error(Code::BadText, text.span, format!("{what} is one line")));
        return None;
    }
    Some(checked)
}

/// Reports that a description is missing.
pub(super) fn missing(what: &str, at: Span, diagnostics: &mut Diagnostics) {
    let diagnostic = Diagnostic::error(Code::MissingText, at, format!("{what} has no `description`"));
    diagnostics.push(diagnostic.help("say in a sentence what it is; language models act on it"));
}

/// Whether a word of Latin letters has others in it that look like them: it reads as another word than it is.
fn is_disguised(word: &str) -> bool {
    /// Letters of Greek that look like Latin ones; `kΩ` and `Δt` are no disguise.
    const GREEK: &str = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ";
    let is_cyrillic = |one: char| matches!(one, '\u{400}'..='\u{52F}');
    word.chars().any(|one| one.is_ascii_alphabetic()) && word.chars().any(|one| is_cyrillic(one) || GREEK.contains(one))
}

/// The first control character, mark that turns the direction of text, or character that nobody sees.
fn hidden(text: &str) -> Option<char> {
    let is_hidden = |before: Option<char>, one: char| match one {
        // They join letters of some scripts, and the parts of some pictures.
        '\u{200C}' | '\u{200D}' => {
            before.is_none_or(|before| before.is_ascii() || matches!(before, '\u{200C}' | '\u{200D}'))
        }
        '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => true,
        '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}' => true,
        one => one.is_control() && one != '\n',
    };
    let before = std::iter::once(None).chain(text.chars().map(Some));
    before.zip(text.chars()).find(|(before, one)| is_hidden(*before, *one)).map(|(_, one)| one)
}
