use mana_mcp_runtime::decode::{JsonObject, decode_input};
use mana_mcp_macros::Input;

#[derive(Input)]
struct Arguments {
    #[input(min_length = "1", sensitive = true)]
    title: String,
    #[input(optional)]
    limit: i64,
    #[input(name = "title", default = {})]
    heading: String,
}

fn main() {
    // The type is still usable: this line is not at fault.
    let _ = decode_input::<Arguments>(&JsonObject::new());
}
