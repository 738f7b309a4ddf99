use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    #[input(optional)]
    limit: i64,
}

fn main() {}
