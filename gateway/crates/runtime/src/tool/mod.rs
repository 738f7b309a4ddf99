//! A tool: its description, its handler, what the handler may use and return, and the catalog of all tools.

mod call;
mod catalog;
mod catalog_tools;
mod clock;
mod context;
mod effects;
mod entry;
mod error;
pub(crate) mod ids;
mod info;
mod module;
mod names;
mod notes;
mod output;
mod prompt;
mod question;
mod spec;
#[cfg(test)]
pub(crate) mod testing;
mod tool_id;
mod tool_set;
mod toolset;

pub(crate) use call::Call;
pub use catalog::Catalog;
pub use catalog_tools::{CATALOG_MODULE, CallInput, CatalogTool, FindInput};
pub use clock::set_clock;
pub use context::ToolContext;
pub use effects::Effects;
pub use entry::{CustomTool, PreparedCall, Tool, ToolEntry};
pub use error::ToolError;
pub use ids::RowIds;
pub use info::{AgentActor, CallInfo};
pub use module::Module;
pub use output::{Output, ToolOutput};
pub use prompt::{Prompt, PromptArgument};
pub(crate) use question::Question;
pub use spec::{Effect, HostHints, PolicyHint, Scope, ToolSpec};
pub use tool_id::{ToolId, underscored};
pub use tool_set::ToolSet;
pub use toolset::{Toolset, WordEntry};
