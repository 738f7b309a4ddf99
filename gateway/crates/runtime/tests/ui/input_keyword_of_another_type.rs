use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    #[input(max_length = 5)]
    limit: i64,
}

fn main() {}
