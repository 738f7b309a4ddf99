use mana_mcp_macros::Input;

#[derive(Input)]
enum Priority {
    #[input(value = "low")]
    Low,
    High,
}

fn main() {}
