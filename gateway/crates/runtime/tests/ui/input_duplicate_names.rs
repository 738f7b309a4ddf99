use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    title: String,
    #[input(name = "title")]
    heading: String,
}

fn main() {}
