#[path = "support/echo.rs"]
mod echo;

use echo::*;
use mana_mcp_macros::custom_tool;

#[custom_tool(Echo)]
async fn echo(input: EchoInput, _context: ToolContext) -> Result<EchoOutput, ToolError> {
    let text = std::rc::Rc::new(input.text);
    std::future::ready(()).await;
    Ok(EchoOutput { text: text.to_string() })
}

fn main() {}
