//! The pages that follow from the gateway's definitions are current. `cargo xtask docs` writes them.

use std::path::Path;

#[test]
fn the_pages_say_what_the_definitions_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (path, text) in mana_mcp::telemetry::reference() {
        let on_disk = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
        assert!(on_disk == text, "{path} is out of date: run `cargo xtask docs`");
    }
}
