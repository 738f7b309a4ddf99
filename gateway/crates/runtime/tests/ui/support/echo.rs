//! A custom tool, as the catalog's code has them.

pub use mana_mcp_runtime::tool::{CustomTool, Tool, ToolContext, ToolError};
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
    type Input = EchoInput;
    type Output = EchoOutput;

    async fn run(input: EchoInput, context: ToolContext) -> Result<EchoOutput, ToolError> {
        <Self as CustomTool>::handle(input, context).await
    }
}
