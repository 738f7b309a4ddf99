//! `spaces` of a module: the types of spaces in which the web application has it. Left out, it is everywhere.
//!
//! Where the web application lacks a module, rows that an agent wrote would be seen by nobody.

use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::ir::SpaceType;
use crate::raw;

pub(super) fn check(raw: &raw::Module, diagnostics: &mut Diagnostics) -> Option<Vec<SpaceType>> {
    let written = raw.spaces.as_ref()?;
    let mut made = Vec::new();
    for word in &written.value {
        let Some(space) = SpaceType::from_word(&word.value) else {
            let message = format!("there is no type of space `{}`", word.value);
            let help = did_you_mean(&word.value, SpaceType::WORDS.iter().copied());
            diagnostics.push(Diagnostic::error(Code::UnknownWord, word.span, message).maybe_help(help));
            continue;
        };
        if made.contains(&space) {
            let message = format!("`spaces` names `{}` twice", word.value);
            diagnostics.push(Diagnostic::error(Code::Contradiction, word.span, message));
        } else {
            made.push(space);
        }
    }
    if written.value.is_empty() {
        let message = "a module that no space has serves nobody";
        let help = "leave `spaces` out for a module that every space has";
        diagnostics.push(Diagnostic::error(Code::Contradiction, written.span, message).help(help));
    }
    Some(made)
}
