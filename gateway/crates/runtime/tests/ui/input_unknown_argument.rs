use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    #[input(min_lenght = 1)]
    title: String,
}

fn main() {}
