//! Each keyword at its bounds, and numbers, lengths and equality as JSON Schema means them.

use mana_mcp_macros::Input;
use serde_json::{Value, json};

use super::{accepts, fault};

macro_rules! rule {
    ($name:ident: $ty:ty, $($rules:tt)*) => {
        #[derive(Debug, Input)]
        struct $name {
            #[input($($rules)*)]
            it: $ty,
        }
    };
}

rule!(Length: String, min_length = 2, max_length = 3);
rule!(Colour: String, pattern = "^#[0-9a-fA-F]{6}$");
rule!(Within: String, pattern = "b+");
rule!(NoNul: String, pattern = "^[^\\u0000]*$");
rule!(Plain: i64, minimum = -9007199254740991, maximum = 9007199254740991);
rule!(Limit: i64, minimum = 1, maximum = 500);
rule!(Half: f64, minimum = -1.5, maximum = 9007199254740992);
rule!(Free: f64,);
rule!(Items: Vec<i64>, min_items = 1, max_items = 2, items(minimum = 0));
rule!(Grid: Vec<Vec<String>>, max_items = 2, items(max_items = 1, items(min_length = 1)));
rule!(Unique: Vec<super::JsonObject>, unique_items);
rule!(UniqueNumbers: Vec<f64>, unique_items);
rule!(Maybe: Option<Vec<String>>, unique_items, items(pattern = "^a"));

fn all<const N: usize>(accepts: fn(Value) -> bool, values: [Value; N]) -> [bool; N] {
    values.map(accepts)
}

#[test]
fn lengths_count_code_points() {
    let lengths = ["a", "ab", "abc", "abcd", "💚", "💚💚", "💚💚💚", "💚💚💚💚", "e\u{301}", "👩‍👩‍👧"];
    let accepted = lengths.map(|text| accepts::<Length>(json!(text)));
    assert_eq!(accepted, [false, true, true, false, false, true, true, false, true, false]);
    let message = fault::<Length>(json!({ "it": "💚💚💚💚" }));
    assert_eq!(message, "/it: expected a string of 2 to 3 characters, got a string of 4 characters");
}

#[test]
fn patterns_are_searched_for() {
    let colours = ["#6366f1", "#6366F1", "#6366f", "#6366f1\n", "x#6366f1", ""];
    assert_eq!(colours.map(|text| accepts::<Colour>(json!(text))), [true, true, false, false, false, false]);
    assert!(accepts::<Within>(json!("abc")) && !accepts::<Within>(json!("ac")));
    assert!(accepts::<NoNul>(json!("a\nb")) && !accepts::<NoNul>(json!("a\u{0}b")));
    assert_eq!(
        fault::<Colour>(json!({ "it": "red" })),
        "/it: expected a string that matches `^#[0-9a-fA-F]{6}$`, got \"red\""
    );
}

#[test]
fn integers_are_numbers_without_a_fraction_in_the_safe_range() {
    let good = [json!(3), json!(3.0), json!(-0.0), json!(9007199254740991_i64), json!(-9007199254740991.0)];
    assert_eq!(all(accepts::<Plain>, good), [true; 5]);
    let bad = [json!(3.5), json!(1e300), json!(9007199254740992_i64), json!(u64::MAX), json!(i64::MIN), json!(-1e21)];
    assert_eq!(all(accepts::<Plain>, bad), [false; 6]);
    let bad = [json!("3"), json!(null), json!(true), json!([3]), json!({})];
    assert_eq!(all(accepts::<Plain>, bad), [false; 5]);
}

#[test]
fn numbers_keep_their_bounds() {
    let limits = [json!(0), json!(1), json!(500), json!(500.0), json!(501), json!(1e300)];
    assert_eq!(all(accepts::<Limit>, limits), [false, true, true, true, false, false]);
    assert_eq!(fault::<Limit>(json!({ "it": 1e300 })), "/it: expected an integer from 1 to 500, got 1e+300");
    let halves = [json!(-2), json!(-1.5), json!(-1), json!(9007199254740992_u64), json!(9007199254740993_u64)];
    assert_eq!(all(accepts::<Half>, halves), [false, true, true, true, false]);
    let free = [json!(1e308), json!(u64::MAX), json!(-0.0), json!("1")];
    assert_eq!(all(accepts::<Free>, free), [true, true, true, false]);
}

#[test]
fn arrays_keep_their_size_and_their_items_rules() {
    let arrays = [json!([]), json!([0]), json!([1, 2]), json!([1, 2, 3]), json!([-1]), json!([null])];
    assert_eq!(all(accepts::<Items>, arrays), [false, true, true, false, false, false]);
    assert_eq!(fault::<Items>(json!({ "it": [] })), "/it: expected an array of 1 to 2 items, got an empty array");
    assert_eq!(fault::<Items>(json!({ "it": [1, "x"] })), "/it/1: expected an integer, got \"x\"");
    assert_eq!(
        fault::<Grid>(json!({ "it": [["a"], [""]] })),
        "/it/1/0: expected a string of at least 1 character, got an empty string"
    );
    assert!(
        accepts::<Maybe>(json!(null)) && accepts::<Maybe>(json!(["a", "ab"])) && !accepts::<Maybe>(json!(["a", "a"]))
    );
}

#[test]
fn unique_items_compare_json_values() {
    let equal = json!([{ "a": 1, "b": [2] }, { "c": 3 }, { "b": [2.0], "a": 1.0 }]);
    assert_eq!(
        fault::<Unique>(json!({ "it": equal })),
        "/it: expected items that all differ, got equal items at 0 and 2"
    );
    let different =
        json!([{ "a": 1 }, { "a": "1" }, { "a": true }, { "a": null }, { "a": [1] }, { "a": [[1]] }, {}, { "b": 1 }]);
    assert!(accepts::<Unique>(different));
    assert!(!accepts::<UniqueNumbers>(json!([0, 1, -0.0])));
    assert!(!accepts::<UniqueNumbers>(json!([1e3, 1000])));
    assert!(accepts::<UniqueNumbers>(json!([9007199254740993_u64, 9007199254740992.0, 0.1, 1e300, 1e301])));
}

#[test]
fn a_large_array_is_compared_in_linear_time() {
    // Every pair would be 2 * 10^10 comparisons: the test would not end.
    let items: Vec<_> = (0..200_000).map(|index| json!({ "a": [[index]], "b": {} })).collect();
    assert!(accepts::<Unique>(Value::Array(items)));
}
