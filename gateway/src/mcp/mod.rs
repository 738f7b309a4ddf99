//! The Model Context Protocol over Streamable HTTP, in the stateless revision 2026-07-28 and in the earlier ones with
//! sealed sessions. A POST is answered with one JSON body, or, where a call takes long and its client asked for progress,
//! with a stream of events.
//!
//! The protocol's types are rmcp's ([`rmcp::model`]). Transport and dispatch are ours: they need no memory for a session
//! and no task or channel for a request, each duty of the revisions stands in one place, and an output is sent as it was
//! written.

mod addresses;
mod agent;
mod answer;
mod answering;
mod body;
mod consent;
mod era;
mod exchange;
mod finding;
pub(crate) mod fuzzing;
mod message;
mod method;
mod methods;
mod named_session;
mod names;
mod place;
mod refusal;
mod reply;
mod results;
mod revision;
mod running;
mod server;
mod session;
mod stream;
mod tools;
mod transport;

pub(crate) use addresses::{ENDPOINT, is_endpoint};
pub use names::{ToolNames, UnknownToolNames};
pub(crate) use refusal::{Refusal, UnreadId};
pub use server::{Mcp, McpSettings};
pub use session::{SealedSessions, SessionKey, SessionKeys, UnusableKey};
pub use stream::StreamSettings;
