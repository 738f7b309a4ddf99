//! Prints the files of the repository that follow from the gateway's definitions: a JSON object, path -> text. For
//! `cargo xtask docs`, which writes and checks them; this program touches no file.
#![expect(clippy::print_stdout, reason = "what it prints is its result")]

fn main() {
    println!("{}", serde_json::Value::from_iter(mana_mcp::telemetry::reference()));
}
