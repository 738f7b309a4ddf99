use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments;

fn main() {}
