//! The policy gate: decides whether a decoded call may reach its handler. The decision is pure ([`rules`]); the
//! recent calls live in [`windows`]; what a space has opted into in [`opt_ins`]; prompt-injection signals in
//! [`markers`]; the person's consent in [`consent`]. [`Gate`] joins them, notes every evaluation and hands out the
//! [`Permit`] that a handler needs.

mod candidate;
pub mod consent;
mod gate;
pub mod markers;
pub mod opt_ins;
mod question;
pub mod rules;
mod settings;
mod stop;
#[cfg(test)]
pub(crate) mod testing;
pub mod windows;

pub use candidate::Candidate;
pub use gate::{Gate, GateServices, Permit};
pub use question::Question;
pub use rules::{Decision, Reason};
pub use settings::{Mode, PolicySettings};
pub use stop::{Denial, Stop, Unasked};
