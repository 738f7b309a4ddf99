//! The map in `docs/architecture.md` names only places that exist.

use std::path::Path;

#[test]
fn every_place_on_the_map_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let quoted = page.split('`').skip(1).step_by(2);
    let places: Vec<&str> = quoted.filter(|text| is_place(text)).collect();
    assert!(places.len() > 30, "the map has become short: {places:?}");
    let missing: Vec<_> = places.into_iter().filter(|place| !root.join(place).exists()).collect();
    assert!(missing.is_empty(), "these places do not exist: {missing:?}");
}

/// Something with a slash, and without what no path has.
fn is_place(text: &str) -> bool {
    text.contains('/') && !text.starts_with('/') && !text.contains([' ', '<', '{', '*'])
}
