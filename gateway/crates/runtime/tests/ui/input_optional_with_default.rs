use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    #[input(optional, default = null)]
    limit: Option<i64>,
}

fn main() {}
