//! A custom tool, as the catalog's code has them.

use mana_mcp::catalog::ToolId;
pub use mana_mcp::tools::{CustomTool, Tool, ToolContext, ToolError};
use mana_mcp_macros::Input;

#[derive(Input)]
pub struct EchoInput {
    pub text: String,
}

#[derive(serde::Serialize)]
pub struct EchoOutput {
    pub text: String,
}

pub struct Echo;

impl Tool for Echo {
    const ID: ToolId = ToolId::SpacesList;
    type Input = EchoInput;
    type Output = EchoOutput;

    async fn run(input: EchoInput, context: ToolContext) -> Result<EchoOutput, ToolError> {
        <Self as CustomTool>::handle(input, context).await
    }
}
