//! A field's default: a JSON value in the attribute, which the gateway decodes as if the caller had sent it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, Lit, LitStr, Type};

use super::attribute::{Argument, Number, literal, number};
use super::errors::Errors;
use super::keywords::Keywords;
use super::kind::{self, Kind};

/// The values that a default can have.
#[derive(Debug)]
pub(super) enum Default {
    String(LitStr),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Null,
    EmptyArray,
}

impl Default {
    /// Reads `default = …`, and holds it against the field's type and keywords as far as the spelling tells.
    pub(super) fn read(argument: &Argument, ty: &Type, keywords: &Keywords, errors: &mut Errors) -> Option<Self> {
        let expr = argument.expr(errors)?;
        let Some(default) = Self::parse(expr) else {
            errors.push(expr, "a default is a string, a number, a boolean, `null` or `[]`");
            return None;
        };
        if !default.fits(ty) {
            errors.push(expr, format!("this default is not a `{}`", kind::spelled(ty)));
        } else if let Some(keyword) = default.breaks(keywords) {
            errors.push(expr, format!("this default breaks the field's own `{keyword}`"));
        }
        Some(default)
    }

    fn parse(expr: &Expr) -> Option<Self> {
        match number(expr) {
            Some(Number::Integer(integer)) => return Some(Self::Integer(integer)),
            Some(Number::Float(float)) => return Some(Self::Float(float)),
            None => {}
        }
        match (literal(expr), expr) {
            (Some(Lit::Str(text)), _) => Some(Self::String(text.clone())),
            (Some(Lit::Bool(boolean)), _) => Some(Self::Boolean(boolean.value)),
            (_, Expr::Path(path)) if path.path.is_ident("null") => Some(Self::Null),
            (_, Expr::Array(array)) if array.elems.is_empty() => Some(Self::EmptyArray),
            _ => None,
        }
    }

    fn fits(&self, ty: &Type) -> bool {
        match (self, kind::kind(ty)) {
            (Self::Null, _) => kind::option(ty).is_some(),
            (Self::String(_), kind) => matches!(kind, Kind::String | Kind::Other),
            (Self::Integer(_), kind) => matches!(kind, Kind::Integer | Kind::Number),
            (Self::Float(float), kind) => kind == Kind::Number || kind == Kind::Integer && float.fract() == 0.0,
            (Self::Boolean(_), kind) => kind == Kind::Boolean,
            (Self::EmptyArray, kind) => kind == Kind::Array,
        }
    }

    /// The keyword that the default does not obey.
    fn breaks(&self, keywords: &Keywords) -> Option<&'static str> {
        match self {
            Self::String(text) => {
                let text = text.value();
                let length = text.chars().count() as u64;
                let matches = |pattern: &LitStr| regex::Regex::new(&pattern.value()).is_ok_and(|it| it.is_match(&text));
                first(&[
                    ("min_length", keywords.min_length.is_some_and(|least| length < least)),
                    ("max_length", keywords.max_length.is_some_and(|most| length > most)),
                    ("pattern", keywords.pattern.as_ref().is_some_and(|pattern| !matches(pattern))),
                ])
            }
            Self::Integer(integer) => out_of_range(*integer as f64, keywords),
            Self::Float(float) => out_of_range(*float, keywords),
            Self::EmptyArray => first(&[("min_items", keywords.min_items.is_some_and(|least| least > 0))]),
            Self::Boolean(_) | Self::Null => None,
        }
    }

    /// An expression of type `Value`.
    pub(super) fn to_value(&self) -> TokenStream {
        let value = quote!(::mana_mcp_runtime::decode::Value);
        match self {
            Self::String(text) => quote!(#value::from(#text)),
            Self::Integer(integer) => quote!(#value::from(#integer)),
            Self::Float(float) => quote!(#value::from(#float)),
            Self::Boolean(boolean) => quote!(#value::from(#boolean)),
            Self::Null => quote!(#value::Null),
            Self::EmptyArray => quote!(#value::Array(::std::vec::Vec::new())),
        }
    }
}

fn out_of_range(number: f64, keywords: &Keywords) -> Option<&'static str> {
    first(&[
        ("minimum", keywords.minimum.is_some_and(|least| number < least)),
        ("maximum", keywords.maximum.is_some_and(|most| number > most)),
    ])
}

fn first(broken: &[(&'static str, bool)]) -> Option<&'static str> {
    broken.iter().find(|(_, broken)| *broken).map(|(keyword, _)| *keyword)
}
