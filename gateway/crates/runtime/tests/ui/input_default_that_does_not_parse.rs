use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    #[input(default = Vec::new())]
    tags: Vec<String>,
}

fn main() {}
