use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    #[input(pattern = r"^\d+$")]
    number: String,
}

fn main() {}
