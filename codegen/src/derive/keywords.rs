//! The JSON Schema keywords of a field, from its attribute to the `Rules` that the gateway checks.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, LitStr, Type};

use super::attribute::Argument;
use super::errors::Errors;
use super::kind::{self, Kind};
use crate::validate::pattern;

/// The arguments that are keywords.
pub(super) const KEYWORDS: &[&str] = &[
    "sensitive",
    "min_length",
    "max_length",
    "pattern",
    "minimum",
    "maximum",
    "min_items",
    "max_items",
    "unique_items",
    "items",
];

/// The keywords of one value.
#[derive(Debug, Default)]
pub(super) struct Keywords {
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) pattern: Option<LitStr>,
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) min_items: Option<u64>,
    max_items: Option<u64>,
    unique_items: bool,
    sensitive: bool,
    items: Option<Box<Keywords>>,
}

impl Keywords {
    /// Reads the keywords of a value of type `ty`. Arguments that are none are given back.
    pub(super) fn read(arguments: Vec<Argument>, ty: &Type, errors: &mut Errors) -> (Self, Vec<Argument>) {
        let mut keywords = Self::default();
        let mut rest = Vec::new();
        let mut last = None;
        for argument in arguments {
            if !KEYWORDS.contains(&argument.key.to_string().as_str()) {
                rest.push(argument);
                continue;
            }
            last = Some(argument.key.clone());
            if applies(&argument.key, ty, errors) {
                keywords.set(argument, ty, errors);
            }
        }
        if let Some(last) = last {
            keywords.check_bounds(&last, errors);
        }
        (keywords, rest)
    }

    fn set(&mut self, argument: Argument, ty: &Type, errors: &mut Errors) {
        match argument.key.to_string().as_str() {
            "sensitive" => self.sensitive = argument.flag(errors),
            "min_length" => self.min_length = argument.count(errors),
            "max_length" => self.max_length = argument.count(errors),
            "pattern" => self.pattern = argument.string(errors).filter(|pattern| sound(pattern, errors)),
            "minimum" => self.minimum = argument.number(errors),
            "maximum" => self.maximum = argument.number(errors),
            "min_items" => self.min_items = argument.count(errors),
            "max_items" => self.max_items = argument.count(errors),
            "unique_items" => self.unique_items = argument.flag(errors),
            _ => {
                let Some(item) = kind::item(ty) else { return };
                let (items, rest) = Self::read(argument.list(errors), item, errors);
                rest.iter().for_each(|argument| argument.unknown(KEYWORDS, errors));
                self.items = Some(Box::new(items));
            }
        }
    }

    fn check_bounds(&self, last: &Ident, errors: &mut Errors) {
        let crossed = [
            (is_above(self.min_length, self.max_length), "min_length", "max_length"),
            (is_above(self.minimum, self.maximum), "minimum", "maximum"),
            (is_above(self.min_items, self.max_items), "min_items", "max_items"),
        ];
        for (_, least, most) in crossed.into_iter().filter(|(crossed, ..)| *crossed) {
            errors.push(last, format!("no value can do: `{least}` is above `{most}`"));
        }
    }

    /// An expression of type `&'static Rules`.
    pub(super) fn to_rules(&self) -> TokenStream {
        let rules = quote!(::mana_mcp_runtime::decode::Rules);
        let mut set = TokenStream::new();
        let counts = [
            (quote!(min_length), self.min_length),
            (quote!(max_length), self.max_length),
            (quote!(min_items), self.min_items),
            (quote!(max_items), self.max_items),
        ];
        for (field, count) in counts {
            set.extend(count.map(|count| quote!(#field: ::core::option::Option::Some(#count),)));
        }
        for (field, number) in [(quote!(minimum), self.minimum), (quote!(maximum), self.maximum)] {
            set.extend(number.map(|number| quote!(#field: ::core::option::Option::Some(#number),)));
        }
        if let Some(pattern) = &self.pattern {
            set.extend(quote!(pattern: ::core::option::Option::Some({
                static PATTERN: ::mana_mcp_runtime::decode::Pattern = ::mana_mcp_runtime::decode::Pattern::new(#pattern);
                &PATTERN
            }),));
        }
        if self.unique_items {
            set.extend(quote!(unique_items: true,));
        }
        if let Some(items) = &self.items {
            let items = items.to_rules();
            set.extend(quote!(items: ::core::option::Option::Some(#items),));
        }
        match (set.is_empty(), self.sensitive) {
            (true, false) => quote!(&#rules::NONE),
            (true, true) => quote!(&#rules::SENSITIVE),
            (false, sensitive) => {
                let base = if sensitive { quote!(SENSITIVE) } else { quote!(NONE) };
                quote!({
                    static RULES: #rules = #rules { #set ..#rules::#base };
                    &RULES
                })
            }
        }
    }
}

fn is_above<T: PartialOrd>(least: Option<T>, most: Option<T>) -> bool {
    least.zip(most).is_some_and(|(least, most)| least > most)
}

/// Whether a keyword means anything for a type. One that does not would be ignored without a word.
fn applies(key: &Ident, ty: &Type, errors: &mut Errors) -> bool {
    let (kinds, named): (&[Kind], _) = match key.to_string().as_str() {
        "sensitive" => return true,
        "min_length" | "max_length" | "pattern" => (&[Kind::String], "`String`"),
        "minimum" | "maximum" => (&[Kind::Integer, Kind::Number], "`i64` and `f64`"),
        _ => (&[Kind::Array], "`Vec`"),
    };
    let applies = kinds.contains(&kind::kind(ty));
    if !applies {
        errors.push(key, format!("`{key}` applies to {named}, not to `{}`", kind::spelled(ty)));
    }
    applies
}

fn sound(text: &LitStr, errors: &mut Errors) -> bool {
    let Err(refusal) = pattern::check(&text.value()) else { return true };
    let help = refusal.help.map(|help| format!(": {help}")).unwrap_or_default();
    errors.push(text, format!("this pattern is refused: {}{help}", refusal.message));
    false
}
