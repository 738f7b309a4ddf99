//! Expressions: CEL, read by the `cel` crate, typed here, emitted as Rust or evaluated.
//!
//! `parse` makes an [`Ast`] of a text, with the place of each part; [`Checker`] makes a [`Typed`] of that, against what is in
//! scope; `emit` and `eval` cannot fail.

mod ast;
mod check;
mod eval;
mod functions;
mod parse;
mod places;
mod scope;
#[cfg(test)]
mod tests;
mod ty;
mod typed;

pub(crate) use ast::{Ast, AstKind};
pub(crate) use check::{Checker, is_reserved};
pub(crate) use eval::Evaluator;
pub(crate) use functions::page as functions_page;
pub(crate) use parse::Parser;
pub(crate) use places::Places;
pub(crate) use scope::{Scope, Uses};
pub(crate) use ty::{Flow, ObjectTy, Read, Ty, TyKind};
pub(crate) use typed::{Over, OverFunction, Typed, TypedKind, Variable};
