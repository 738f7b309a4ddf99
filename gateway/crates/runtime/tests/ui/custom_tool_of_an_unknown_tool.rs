#[path = "support/echo.rs"]
mod echo;

use echo::*;
use mana_mcp_macros::custom_tool;

#[custom_tool(echo::Ecco)]
async fn echo(input: EchoInput, _context: ToolContext) -> Result<EchoOutput, ToolError> {
    Ok(EchoOutput { text: input.text })
}

#[custom_tool(Echo)]
async fn other(input: EchoInput, _context: ToolContext) -> Result<EchoOutput, ToolError> {
    Ok(EchoOutput { text: input.text })
}

fn main() {}
