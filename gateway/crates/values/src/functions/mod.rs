//! The functions and operators of expressions. All are total: an argument of an unexpected type is treated as null, and
//! unless documented otherwise, the result for null is null.
//!
//! Pass null for an optional parameter that is left out. Functions that read or build lists and texts count the work in
//! [`Env`](crate::Env). Once a call exceeds its limit, they return null and the call fails.

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

#[cfg(test)]
mod tests;

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
