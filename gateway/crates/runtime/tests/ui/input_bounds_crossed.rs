use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    #[input(minimum = 5, maximum = 1)]
    limit: i64,
}

fn main() {}
