use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments<T> {
    title: T,
}

fn main() {}
