//! Who calls: bearer tokens, their verification against the identity service's keys, and proven access to a space.
//!
//! [`Principal`] and [`SpaceAccess`] have private fields and one maker each, so that holding one is the proof.

mod claims;
mod failure;
pub(crate) mod fuzzing;
mod keys;
mod principal;
mod rights;
mod spaces;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod token;
mod verifier;

pub use claims::Expectations;
pub use failure::{AuthError, AuthFailure};
pub use principal::{Principal, UserId};
pub use rights::{NotGranted, Rights};
pub(crate) use spaces::takes_no_bearer;
pub use spaces::{Candidates, NoSource, Source, SourceState, SpaceAccess, SpaceError, SpaceResolver};
pub use token::BearerToken;
pub use verifier::Verifier;
pub(crate) use verifier::unix_now;
