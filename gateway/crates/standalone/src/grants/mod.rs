//! What people have granted to programs: registered clients, authorization codes, grants, refresh tokens, and the browsers
//! in which a person has proven to be there. Secrets are stored as digests.
//!
//! Codes and refresh tokens are used in the writer's transactions, so that of two uses at once one is the first.

mod attempts;
mod clients;
mod codes;
mod grant;
mod outcome;
mod people;
mod refresh;
mod secret;
mod state;

pub use clients::Client;
pub use codes::{NewGrant, Redemption};
pub use grant::Grant;
pub use outcome::{IssuedTokens, Unavailable, Ungranted};
pub use people::{BROWSER_KNOWN_FOR, Entry, Person};
pub use refresh::Refreshment;
pub use state::{ACCESS_LIFETIME, Grants};
