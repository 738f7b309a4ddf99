//! A tool: its description, its handler, what the handler may use and return, and the catalog of all tools.

mod call;
mod catalog;
mod catalog_tools;
mod clock;
mod context;
mod effects;
mod error;
pub(crate) mod ids;
mod info;
mod names;
mod notes;
mod output;
mod prompt;
mod question;
mod spec;
#[cfg(test)]
pub(crate) mod testing;
mod tool_set;
mod toolset;

pub(crate) use call::Call;
pub use catalog::{Catalog, Module, ToolId};
pub use catalog_tools::{CATALOG_MODULE, CallInput, CatalogTool, FindInput};
pub use clock::set_clock;
pub use context::ToolContext;
pub use effects::Effects;
pub use error::ToolError;
pub use ids::RowIds;
pub use info::{AgentActor, CallInfo};
pub use names::underscored;
pub use output::{Output, ToolOutput};
pub use prompt::{Prompt, PromptArgument};
pub(crate) use question::Question;
pub use spec::{CustomTool, Effect, HostHints, PolicyHint, PreparedCall, Scope, Tool, ToolEntry, ToolSpec};
pub use tool_set::ToolSet;
pub use toolset::{Toolset, WordEntry};
