use mana_mcp_macros::Input;

#[derive(Input)]
enum Priority {
    #[input(value = "low")]
    Low,
    #[input(value = "low")]
    Lower,
}

fn main() {}
