//! The keywords of strings and numbers: formats, lengths, words, bounds.

use super::names::{self, Namespace};
use super::schemas::Schemas;
use super::{pattern, text};
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::ir::{Enum, Kind, MAX_SAFE_INTEGER, StringRules, Variant};
use crate::raw::{self, Bound};
use crate::source::Spanned;

impl Schemas<'_, '_> {
    pub(super) fn string(&mut self, raw: &raw::Schema, owner: &str, nullable: bool) -> Option<Kind> {
        if let Some(variants) = &raw.variants {
            return self.variants(variants, owner, nullable).map(Kind::Enum);
        }
        if let Some(format) = &raw.format {
            return match format.value.as_str() {
                "id" => Some(Kind::Id),
                "uuid" => Some(Kind::Uuid),
                "date" => Some(Kind::Date),
                "date-time" => Some(Kind::Timestamp),
                "date-or-time" => Some(Kind::Moment),
                other => {
                    let help = did_you_mean(other, ["id", "uuid", "date", "date-time", "date-or-time"]);
                    let message = format!("there is no format `{other}` in the subset");
                    self.report(Diagnostic::error(Code::UnknownWord, format.span, message).maybe_help(help));
                    None
                }
            };
        }
        if let Some(text) = &raw.pattern
            && let Err(refusal) = pattern::check(&text.value)
        {
            let message = format!("this pattern is refused: {}", refusal.message);
            self.report(Diagnostic::error(Code::Pattern, text.span, message).maybe_help(refusal.help));
            return None;
        }
        raw.pattern.iter().for_each(|pattern| self.pattern_is_portable(pattern));
        let (min_length, max_length) = self.counts(raw, "minLength", "maxLength");
        let pattern = raw.pattern.as_ref().map(|text| text.value.clone());
        Some(Kind::String(StringRules { min_length, max_length, pattern }))
    }

    fn variants(
        &mut self,
        variants: &Spanned<Vec<Spanned<Option<String>>>>,
        owner: &str,
        nullable: bool,
    ) -> Option<Enum> {
        let mut taken = Namespace::default();
        let mut made: Vec<Variant> = Vec::new();
        let mut with_null = false;
        for variant in &variants.value {
            let Some(value) = &variant.value else {
                with_null = true;
                continue;
            };
            if made.iter().any(|before| before.value == *value) {
                let message = format!("`enum` lists `{value}` twice");
                self.report(Diagnostic::error(Code::Contradiction, variant.span, message));
                continue;
            }
            text::check_line("a word of `enum`", &Spanned::new(value.clone(), variant.span), 100, self.diagnostics)?;
            let ident = names::variant_ident(value, variant.span, self.diagnostics)?;
            taken.take(ident.as_str(), value, variant.span, self.diagnostics);
            made.push(Variant { value: value.clone(), ident });
        }
        if with_null != nullable {
            let (message, help) = if nullable {
                ("the type lets null in, but `enum` refuses it", "add `null` to `enum`")
            } else {
                ("`enum` has null, but the type refuses it", "write `type: [string, 'null']`")
            };
            self.report(Diagnostic::error(Code::Contradiction, variants.span, message).help(help));
        }
        if made.is_empty() {
            self.report(Diagnostic::error(Code::Contradiction, variants.span, "`enum` has no words"));
            return None;
        }
        Some(Enum { name: self.name(owner, variants.span)?, variants: made })
    }

    /// Two counts, the first at most the second.
    pub(super) fn counts(&mut self, raw: &raw::Schema, least: &str, greatest: &str) -> (Option<u64>, Option<u64>) {
        let mut count = |name: &str| {
            let bound = bound(raw, name)?;
            match bound.value {
                Bound::Integer(number) if number >= 0 => u64::try_from(number).ok(),
                _ => {
                    let message = format!("`{name}` is a whole number from 0");
                    self.diagnostics.push(Diagnostic::error(Code::Contradiction, bound.span, message));
                    None
                }
            }
        };
        let counts = (count(least), count(greatest));
        if let (Some(a), Some(b)) = counts
            && a > b
        {
            self.contradiction(raw, least, greatest);
        }
        counts
    }

    pub(super) fn integer(&mut self, raw: &raw::Schema) -> Kind {
        ["minimum", "maximum"].iter().for_each(|name| self.bound_says_something(bound(raw, name)));
        let mut limit = |name: &str| {
            let bound = bound(raw, name)?;
            match bound.value {
                Bound::Integer(number) if number.abs() <= MAX_SAFE_INTEGER => Some(number),
                _ => {
                    let message = format!("`{name}` of an integer is a whole number within ±{MAX_SAFE_INTEGER}");
                    self.diagnostics.push(Diagnostic::error(Code::Contradiction, bound.span, message));
                    None
                }
            }
        };
        let (minimum, maximum) = (limit("minimum"), limit("maximum"));
        if let (Some(least), Some(greatest)) = (minimum, maximum)
            && least > greatest
        {
            self.contradiction(raw, "minimum", "maximum");
        }
        Kind::Integer { minimum, maximum }
    }

    pub(super) fn number(&mut self, raw: &raw::Schema) -> Kind {
        #[expect(clippy::cast_precision_loss, reason = "integers of the catalog are within ±2^53")]
        let limit = |name: &str| {
            bound(raw, name).map(|bound| match bound.value {
                Bound::Integer(number) => number as f64,
                Bound::Number(number) => number,
            })
        };
        let (minimum, maximum) = (limit("minimum"), limit("maximum"));
        if let (Some(least), Some(greatest)) = (minimum, maximum)
            && least > greatest
        {
            self.contradiction(raw, "minimum", "maximum");
        }
        Kind::Number { minimum, maximum }
    }

    fn contradiction(&mut self, raw: &raw::Schema, least: &str, greatest: &str) {
        if let (Some(a), Some(b)) = (bound(raw, least), bound(raw, greatest)) {
            let message = format!("`{least}` is greater than `{greatest}`: no value is taken");
            self.report(Diagnostic::error(Code::Contradiction, a.span, message).also(b.span, "the greatest"));
        }
    }
}

/// A bound by its name.
fn bound<'a>(raw: &'a raw::Schema, name: &str) -> Option<&'a Spanned<Bound>> {
    raw.bounds.iter().find(|(bound, _)| *bound == name).map(|(_, bound)| bound)
}
