use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    limit: Option<Option<i64>>,
}

fn main() {}
