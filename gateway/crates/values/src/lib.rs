//! What expressions of the catalog work on: [`Value`]s, times, and the functions over them.
//!
//! The compiler's evaluator and the Rust that it emits call the same functions, so an expression means one thing. Nothing
//! here fails and nothing here panics: what has no result is null, as the comment of each function says.

mod env;
mod equal;
pub mod functions;
mod id_names;
mod json;
mod key;
mod keyed;
mod lookup;
mod moment;
mod nearest;
mod number;
mod order;
mod search;
mod time;
mod value;
mod zone;

pub use env::Env;
pub use id_names::{IdNames, IdUse};
pub use key::Key;
pub use moment::{Moment, NotAMoment};
pub use nearest::nearest;
pub use smol_str::SmolStr;
pub use time::{Date, NotADate, NotATimestamp, Timestamp};
pub use value::{Members, Value};
pub use zone::{UnknownZone, Zone};
