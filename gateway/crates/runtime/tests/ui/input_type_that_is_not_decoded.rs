use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    limit: Option<u16>,
}

fn main() {}
