//! The functions and operators of expressions. Each takes values and gives one; what is of another type than the compiler
//! lets through counts as null, and what null has no answer to is null.
//!
//! A parameter that an author may leave out is null then. Functions that make texts or lists, or walk over them, count that
//! in [`Env`](crate::Env); beyond the limit of a call they give null, and the call fails.

mod any;
mod groups;
mod lists;
mod maps;
mod numbers;
mod operators;
mod predicates;
mod table;
mod text;
mod times;
mod totals;

pub use any::*;
pub use groups::*;
pub use lists::*;
pub use maps::*;
pub use numbers::*;
pub use operators::*;
pub use predicates::*;
pub use table::{NAMES, call};
pub use text::*;
pub use times::*;
pub use totals::*;
