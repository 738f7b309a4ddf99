use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments(String);

fn main() {}
