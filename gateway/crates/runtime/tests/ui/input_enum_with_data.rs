use mana_mcp_macros::Input;

#[derive(Input)]
enum Priority {
    #[input(value = "low")]
    Low(i64),
}

fn main() {}
