//! A tool: its description, its handler, what the handler may use and return, and the catalog of all tools.

mod catalog;
mod clock;
mod context;
mod error;
pub(crate) mod ids;
mod names;
mod notes;
mod output;
mod spec;

pub use catalog::{Catalog, Module, ToolId};
pub use clock::set_clock;
pub use context::{AgentActor, CallInfo, ToolContext};
pub(crate) use context::{Call, Question};
pub use error::ToolError;
pub use ids::RowIds;
pub use names::underscored;
pub use output::{Output, ToolOutput};
pub use spec::{CustomTool, Effect, HostHints, PolicyHint, PreparedCall, Scope, Subject, Tool, ToolEntry, ToolSpec};
