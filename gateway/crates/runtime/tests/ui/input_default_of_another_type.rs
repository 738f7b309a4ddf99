use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    #[input(default = "50")]
    limit: i64,
}

fn main() {}
