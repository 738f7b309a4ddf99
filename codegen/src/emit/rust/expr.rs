//! Checked expressions -> Rust, as people would write it with the functions of the crate of values.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use super::types::{float, integer};
use crate::expr::{Over, Typed, TypedKind, Variable};
use crate::validate::names::snake;

/// Names that emitted code has for itself.
const TAKEN: [&str; 13] =
    ["env", "steps", "input", "ctx", "deleted", "f", "self", "ids", "user", "space", "it", "at", "elements"];

/// The identifier of a step or element.
pub(super) fn local(name: &str) -> Ident {
    let snake = snake(name);
    let snake = if TAKEN.contains(&snake.as_str()) { format!("{snake}_") } else { snake };
    syn::parse_str::<Ident>(&snake).unwrap_or_else(|_| Ident::new(&format!("{snake}_"), Span::call_site()))
}

/// How a variable stands in the code around an expression.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    /// Names that are references already: elements of a list.
    pub(super) borrowed: BTreeSet<String>,
    /// Whether `row` is a row as it lies in memory, and not a value.
    pub(super) row_is_stored: bool,
}

impl Around {
    fn with(&self, element: &str) -> Self {
        let mut inner = self.clone();
        inner.borrowed.insert(element.to_owned());
        inner
    }
}

/// The first of them that is there.
fn coalesce(all: &[Typed], around: &Around) -> TokenStream {
    match all {
        [] => quote! { Value::Null },
        [last] => value(last, around),
        [first, rest @ ..] => {
            let first = value(first, around);
            let rest = match rest {
                [Typed { kind: TypedKind::Object(members), .. }] if members.is_empty() => {
                    quote! { Value::empty_object }
                }
                rest => {
                    let rest = coalesce(rest, around);
                    quote! { || #rest }
                }
            };
            quote! { (#first).or_else(#rest) }
        }
    }
}

/// An owned value.
pub(super) fn value(typed: &Typed, around: &Around) -> TokenStream {
    match &typed.kind {
        TypedKind::Null => quote! { Value::Null },
        TypedKind::Bool(value) => quote! { Value::Bool(#value) },
        TypedKind::Int(value) => {
            let value = integer(*value);
            quote! { Value::Int(#value) }
        }
        TypedKind::Double(value) => {
            let value = float(*value);
            quote! { Value::Double(#value) }
        }
        TypedKind::Text(text) => quote! { Value::from_static(#text) },
        TypedKind::Date(text) => quote! { f::date(env, &Value::from_static(#text)) },
        TypedKind::Timestamp(text) => quote! { f::timestamp(env, &Value::from_static(#text)) },
        TypedKind::Moment(text) => quote! { f::moment(env, &Value::from_static(#text)) },
        TypedKind::Variable(variable) => self::variable(variable, around),
        TypedKind::Constant(path) => constant(path),
        TypedKind::Member(of, name) => match (&of.kind, around.row_is_stored) {
            (TypedKind::Variable(Variable::Row), true) => quote! { row.get(#name) },
            _ => {
                let of = borrowed(of, around);
                let of = unborrowed(&of);
                quote! { #of.get(#name) }
            }
        },
        TypedKind::Not(_) | TypedKind::And(..) | TypedKind::Or(..) => {
            let condition = condition(typed, around);
            quote! { Value::Bool(#condition) }
        }
        TypedKind::If(test, one, other) => {
            let (test, one, other) = (condition(test, around), value(one, around), value(other, around));
            quote! { if #test { #one } else { #other } }
        }
        TypedKind::Coalesce(all) => coalesce(all, around),
        TypedKind::Function("template", parts) => {
            let parts = parts.iter().map(|part| value(part, around));
            quote! { f::template(env, &[#(#parts),*]) }
        }
        TypedKind::Function(name, arguments) => {
            let name = Ident::new(name, Span::call_site());
            let mut arguments: Vec<TokenStream> = arguments.iter().map(|one| borrowed(one, around)).collect();
            // What may be left out is null.
            let wanted = match name.to_string().as_str() {
                "round" => 2,
                "substring" => 3,
                _ => 0,
            };
            while arguments.len() < wanted {
                arguments.push(quote! { &Value::Null });
            }
            quote! { f::#name(env, #(#arguments),*) }
        }
        TypedKind::Rank(of, words) => {
            let of = borrowed(of, around);
            quote! { f::rank(env, #of, &[#(#words),*]) }
        }
        TypedKind::Over(over) => self::over(over, around),
        TypedKind::List(items) => {
            let items = items.iter().map(|item| value(item, around));
            quote! { Value::list([#(#items),*]) }
        }
        TypedKind::Object(members) if members.is_empty() => quote! { Value::empty_object() },
        TypedKind::Object(members) => {
            let members = members.iter().map(|(name, member)| {
                let member = value(member, around);
                quote! { (#name, #member) }
            });
            quote! { Value::object([#(#members),*]) }
        }
        TypedKind::Uuid => quote! { ids.uuid() },
    }
}

/// The same as a reference.
pub(super) fn borrowed(typed: &Typed, around: &Around) -> TokenStream {
    match &typed.kind {
        TypedKind::Variable(Variable::Named(name)) if around.borrowed.contains(name) => {
            let name = local(name);
            quote! { #name }
        }
        TypedKind::Variable(Variable::It) => quote! { it },
        TypedKind::Variable(Variable::Row) => quote! { row },
        TypedKind::Variable(Variable::Deleted) => quote! { deleted },
        TypedKind::Variable(Variable::Named(name)) => {
            let name = local(name);
            quote! { &#name }
        }
        TypedKind::Variable(Variable::Input) => quote! { &input },
        TypedKind::Variable(Variable::At) => quote! { &at },
        TypedKind::Variable(Variable::User) => quote! { &user },
        TypedKind::Variable(Variable::Space) => quote! { &space },
        TypedKind::Constant(path) => constant_reference(path),
        TypedKind::Member(of, name) => match (&of.kind, around.row_is_stored) {
            (TypedKind::Variable(Variable::Row), true) => quote! { &row.get(#name) },
            _ => {
                let of = borrowed(of, around);
                let of = unborrowed(&of);
                quote! { #of.member(#name) }
            }
        },
        _ => {
            let value = value(typed, around);
            quote! { &#value }
        }
    }
}

/// A reference without its `&`, where a method is called on it.
fn unborrowed(reference: &TokenStream) -> TokenStream {
    let mut tokens = reference.clone().into_iter();
    match tokens.next() {
        Some(proc_macro2::TokenTree::Punct(sign)) if sign.as_char() == '&' => {
            let rest: TokenStream = tokens.collect();
            // Another expression than a name or call needs brackets.
            if rest.to_string().starts_with("if ") {
                quote! { (#rest) }
            } else {
                rest
            }
        }
        _ => reference.clone(),
    }
}

/// A condition of Rust.
pub(super) fn condition(typed: &Typed, around: &Around) -> TokenStream {
    match &typed.kind {
        TypedKind::Bool(value) => quote! { #value },
        TypedKind::Not(of) => {
            let of = condition(of, around);
            quote! { !(#of) }
        }
        TypedKind::And(one, other) => {
            let (one, other) = (inner(one, around, true), inner(other, around, true));
            quote! { #one && #other }
        }
        TypedKind::Or(one, other) => {
            let (one, other) = (inner(one, around, false), inner(other, around, false));
            quote! { #one || #other }
        }
        TypedKind::If(test, one, other) => {
            let (test, one, other) = (condition(test, around), condition(one, around), condition(other, around));
            quote! { if #test { #one } else { #other } }
        }
        _ => {
            let value = borrowed(typed, around);
            let value = unborrowed(&value);
            quote! { #value.is_true() }
        }
    }
}

/// A part of `&&` (or of `||`), in brackets where it needs them.
fn inner(typed: &Typed, around: &Around, is_and: bool) -> TokenStream {
    let code = condition(typed, around);
    match (&typed.kind, is_and) {
        (TypedKind::Or(..), true) | (TypedKind::And(..), false) | (TypedKind::If(..), _) => quote! { (#code) },
        _ => code,
    }
}

fn variable(variable: &Variable, around: &Around) -> TokenStream {
    match variable {
        Variable::Named(name) => {
            let name = local(name);
            quote! { #name.clone() }
        }
        Variable::Input => quote! { input.clone() },
        Variable::Row if around.row_is_stored => quote! { row.id() },
        Variable::Row => quote! { row.clone() },
        Variable::Deleted => quote! { deleted.clone() },
        Variable::It => quote! { it.clone() },
        Variable::At => quote! { at.clone() },
        Variable::Now => quote! { Value::Timestamp(env.now()) },
        Variable::Today => quote! { Value::Date(env.today()) },
        Variable::User => quote! { user.clone() },
        Variable::Space => quote! { space.clone() },
    }
}

fn constant(path: &str) -> TokenStream {
    let reference = constant_reference(path);
    if path.is_empty() {
        quote! { CONSTANTS.clone() }
    } else {
        quote! { #reference.clone() }
    }
}

fn constant_reference(path: &str) -> TokenStream {
    let mut members = path.split('.').filter(|name| !name.is_empty());
    match members.next() {
        None => quote! { &*CONSTANTS },
        Some(first) => members.fold(quote! { CONSTANTS.member(#first) }, |of, name| quote! { #of.member(#name) }),
    }
}

fn over(over: &Over, around: &Around) -> TokenStream {
    let Over { function, list, element, body } = over;
    let name = Ident::new(function.rust(), Span::call_site());
    let list = borrowed(list, around);
    let inner = around.with(element);
    let body_code = if function.takes_condition() { condition(body, &inner) } else { value(body, &inner) };
    let element = if body.mentions(&Variable::Named(element.clone())) {
        let element = local(element);
        quote! { #element }
    } else {
        quote! { _ }
    };
    quote! { f::#name(env, #list, |#element| #body_code) }
}

/// A number of elements.
pub(super) fn count(count: i64) -> TokenStream {
    let count = Literal::u64_unsuffixed(count.unsigned_abs());
    quote! { #count }
}

/// Whether code uses the surroundings of the call.
pub(super) fn uses_env(code: &TokenStream) -> bool {
    code.clone().into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => ident == "env",
        proc_macro2::TokenTree::Group(group) => uses_env(&group.stream()),
        _ => false,
    })
}

/// The parameter of a closure for the surroundings of the call.
pub(super) fn env_of(code: &TokenStream) -> TokenStream {
    if uses_env(code) {
        quote! { env }
    } else {
        quote! { _ }
    }
}
