//! The policy gate: decides whether a decoded call may reach its handler. The decision is pure ([`rules`]); the
//! recent calls live in [`windows`]; what a space has opted into in [`opt_ins`]; prompt-injection signals in
//! [`markers`]. [`Gate`] joins them, counts every evaluation and hands out the [`Permit`] that a handler needs.

mod gate;
pub mod markers;
pub mod opt_ins;
pub mod rules;
pub mod windows;

pub use gate::{Denial, Gate, Mode, Permit, PolicySettings};
pub use rules::{Decision, Reason};
