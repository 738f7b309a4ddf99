#[path = "support/echo.rs"]
mod echo;

use echo::*;
use mana_mcp_macros::custom_tool;

#[custom_tool(Echo)]
async fn echo(text: String, _context: ToolContext) -> Result<EchoOutput, ToolError> {
    Ok(EchoOutput { text })
}

fn main() {}
