//! The call pipeline and its types, the named functions of the catalog, and the hand-written handlers of custom tools.

mod context;
mod error;
pub mod functions;
mod handlers;
mod output;
mod pipeline;
pub mod prelude;
mod spec;

pub use context::ToolContext;
pub use error::ToolError;
pub use output::{Output, ToolOutput};
pub use pipeline::{CallFailure, CallRequest, PreparedCall, ToolServices, call};
pub use spec::{CustomTool, PolicyHint, Scope, Tool, ToolEntry, ToolSpec};
