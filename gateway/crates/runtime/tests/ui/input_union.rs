use mana_mcp_macros::Input;

#[derive(Input)]
union Arguments {
    limit: i64,
}

fn main() {}
