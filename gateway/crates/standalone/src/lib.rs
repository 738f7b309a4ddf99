//! Identity and sync in one process, over one SQLite file: what a deployment without services of its own runs on.
//!
//! The routers have the wire behaviour of the real services, quirks included, so that the gateway has one code path.
//! Everything is in `mana.sqlite` in the data folder, with the users' keys wrapped under `mana.key` beside it. What people
//! grant to programs ([`Grants`]) is there too; the pages and routes for it are the gateway's.

mod accounts;
mod backup;
mod clock;
pub mod eddsa;
mod ended_sessions;
mod error;
mod folder;
mod grants;
mod identity;
mod incoming;
mod key_file;
mod log;
mod schema;
mod services;
mod store;
mod strict;
mod sync;
pub mod testing;
#[cfg(test)]
mod tests;
mod tokens;
mod writer;

pub use backup::back_up;
pub use ended_sessions::EndedSessions;
pub use error::StandaloneError;
pub use grants::{
    ACCESS_LIFETIME, BROWSER_KNOWN_FOR, Client, Entry, Grant, Grants, IssuedTokens, NewGrant, Person, Redemption,
    Refreshment, Unavailable, Ungranted,
};
pub use services::{Standalone, is_in, open};
pub use strict::{Manner, Strictness};
pub use tokens::TOKEN_LIFETIME;
