#[path = "support/echo.rs"]
mod echo;

use echo::*;
use mana_mcp_macros::custom_tool;

#[custom_tool(Echo)]
fn echo(input: EchoInput, _context: ToolContext) -> Result<EchoOutput, ToolError> {
    Ok(EchoOutput { text: input.text })
}

fn main() {}
