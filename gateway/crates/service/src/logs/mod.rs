//! Logs: structured lines on standard error, so that standard output stays the program's own. Messages are written with
//! `tracing`; lines of one kind that come with every request are [`Record`]s, written field by field with [`write()`].

mod filter;
mod kind;
mod lines;
mod record;
mod settings;
mod setup;
mod targets;

pub use filter::{FilterError, check_filter};
pub use kind::LogKind;
pub use lines::{dropped, flush, write};
pub use record::{Kind, Record};
pub use settings::{LogFormat, LogSettings, UnknownLogFormat};
pub use setup::{LogSetupError, init};
pub use targets::{LogTarget, LogTargets};
#[doc(hidden)]
pub use tracing;
