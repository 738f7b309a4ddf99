//! Damaged items: an expansion answers with an error, and never panics.

use proptest::prelude::*;

use super::{custom_tool, input, record};

const ITEMS: &[&str] = &[
    r#"#[record(app = "a", table = "b", sync_name = "c", noun = "d")] struct R { #[record(name = "x", encrypted, optional)] id: Option<Vec<i64>> }"#,
    r#"struct I { #[input(name = "a", optional, default = -1.5, items(minimum = 1, pattern = "[a"))] a: Option<Vec<Option<f64>>>, b: bool }"#,
    r#"enum E { #[input(value = "a")] A, #[input(value = "b")] B(u8), C { c: u8 } }"#,
    "pub async fn list<T>(input: ListInput, ctx: ToolContext) -> Result<Output, Error> where T: X { body }",
];

/// One of the items with some of its characters left out, doubled or replaced.
fn damaged() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(PIECES)), 1..6);
    (prop::sample::select(ITEMS), edits).prop_map(|(item, edits)| {
        let mut characters: Vec<String> = item.chars().map(String::from).collect();
        for (place, piece) in edits {
            let place = place.index(characters.len());
            characters[place] = piece.to_owned();
        }
        characters.concat()
    })
}

const PIECES: &[&str] = &[
    "",
    "(",
    ")",
    "<",
    ">",
    "=",
    ",",
    "-",
    "1e999",
    "99999999999999999999",
    "\"\"",
    "[]",
    "'a",
    "r#type",
    "null",
    "::",
    "#",
    "items()",
    "default = ",
    "Option<",
    "&",
    "_",
];

proptest! {
    #[test]
    fn damaged_items_are_answered_with_errors(item in damaged()) {
        if let Ok(tokens) = item.parse::<proc_macro2::TokenStream>() {
            for expansion in [input(tokens.clone()), record(tokens.clone()), custom_tool(tokens.clone(), tokens)] {
                prop_assert!(!expansion.is_empty());
            }
        }
    }
}
