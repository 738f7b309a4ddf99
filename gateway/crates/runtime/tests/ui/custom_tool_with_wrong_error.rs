#[path = "support/echo.rs"]
mod echo;

use echo::*;
use mana_mcp_macros::custom_tool;

#[custom_tool(Echo)]
async fn echo(input: EchoInput, _context: ToolContext) -> Result<EchoOutput, String> {
    Ok(EchoOutput { text: input.text })
}

fn main() {}
