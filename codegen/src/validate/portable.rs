//! What hosts and providers of models refuse, drop or misread in published schemas.
//!
//! - Null is no value of an argument or of an item: an input that may be null has `default: null`, and is absent for callers.
//! - A pattern begins with `^`, ends with `$`, has no `\u`, and does more than keep U+0000 out, which the gateway refuses in
//!   every text.
//! - A bound of ±9007199254740991 is left out.

use super::schemas::{Place, Schemas};
use crate::diagnostics::{Code, Diagnostic};
use crate::ir::{MAX_SAFE_INTEGER, Presence, Schema};
use crate::raw::{Bound, Text};
use crate::source::{Span, Spanned};

/// The pattern of texts without U+0000.
const NO_NUL: &str = r"^[^\u0000]*$";

impl Schemas<'_, '_> {
    /// Reports an input that callers would have to send null for.
    pub(super) fn takes_no_null(&mut self, name: &Text, schema: &Schema, presence: &Presence, place: Place) {
        let is_absent = matches!(presence, Presence::Default(default) if default.is_null());
        if place == Place::Input && schema.nullable && !is_absent {
            let message = format!("the input `{}` takes null", name.value);
            let help = "leave null out of the type; an update empties fields with `clear: '${input.clear}'`";
            self.report(Diagnostic::error(Code::NullValue, name.span, message).help(help));
        }
    }

    /// Reports items that may be null.
    pub(super) fn holds_no_null(&mut self, at: Span, items: &Schema, place: Place) {
        if matches!(place, Place::Input | Place::Output) && items.nullable {
            let message = "the items of a list are never null";
            self.report(Diagnostic::error(Code::NullValue, at, message).help("leave such an item out of the list"));
        }
    }

    /// Reports a pattern that not everybody reads.
    pub(super) fn pattern_is_portable(&mut self, pattern: &Text) {
        let text = pattern.value.as_str();
        let (message, help) = if text == NO_NUL {
            ("this pattern only keeps U+0000 out", "leave it out: the gateway refuses U+0000 in every argument")
        } else if text.contains(r"\u") {
            ("this pattern has `\\u`, which RE2 does not read", "write the character itself")
        } else if !text.starts_with('^') || !text.ends_with('$') {
            ("this pattern is open at an end", "begin it with `^` and end it with `$`")
        } else {
            return;
        };
        self.report(Diagnostic::error(Code::PortablePattern, pattern.span, message).help(help));
    }

    /// Reports a bound that every integer keeps.
    pub(super) fn bound_says_something(&mut self, bound: Option<&Spanned<Bound>>) {
        if let Some(Spanned { value: Bound::Integer(number), span }) = bound
            && number.abs() == MAX_SAFE_INTEGER
        {
            let message = "this bound only says that it is an integer";
            self.report(Diagnostic::error(Code::AnyInteger, *span, message).help("leave it out"));
        }
    }
}
