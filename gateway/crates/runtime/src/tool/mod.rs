//! A tool: its description, its handler, what the handler may use and return, and the catalog of all tools.

mod catalog;
mod catalog_tools;
mod context;
mod error;
mod names;
mod notes;
mod output;
mod prompt;
mod spec;
#[cfg(test)]
pub(crate) mod testing;
mod tool_set;
mod toolset;

pub use catalog::{Catalog, Module, ToolId};
pub use catalog_tools::{CATALOG_MODULE, CallInput, CatalogTool, FindInput};
pub use context::{AgentActor, CallInfo, ToolContext};
pub(crate) use context::{Call, Question};
pub use error::ToolError;
pub use names::underscored;
pub use output::{Output, ToolOutput};
pub use prompt::{Prompt, PromptArgument};
pub use spec::{CustomTool, HostHints, PolicyHint, PreparedCall, Scope, Tool, ToolEntry, ToolSpec};
pub use tool_set::ToolSet;
pub use toolset::{Toolset, WordEntry};
