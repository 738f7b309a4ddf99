//! Texts for people and language models: present, short enough to be read, and showable.
//!
//! A tool without a good description is not called, or called for the wrong thing; one that is too long takes the
//! model's room from the user. Say in one or two sentences what it does, what it returns, and when to prefer another
//! tool. Control characters and marks that turn the direction of text are refused: they hide what is written.

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::raw::Text;
use crate::source::Span;

/// Greatest length of a title.
pub(super) const TITLE: usize = 80;
/// Greatest length of a tool's description.
pub(super) const TOOL: usize = 1000;
/// Greatest length of any other description.
pub(super) const DESCRIPTION: usize = 400;

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
    if let Some(hidden) = trimmed.chars().find(|one| is_hidden(*one)) {
        let message = format!("{what} holds U+{:04X}, which cannot be shown", u32::from(hidden));
        diagnostics.push(Diagnostic::error(Code::BadText, text.span, message));
        return None;
    }
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

/// Control characters, and marks that turn the direction of text.
fn is_hidden(one: char) -> bool {
    (one.is_control() && one != '\n') || matches!(one, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}
