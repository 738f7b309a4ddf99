use serde_json::json;

use super::{env, table};

#[test]
fn with_sets_a_member() {
    table(
        &env(),
        "with",
        &json!([
            [[{}, "a", 1], {"a": 1}], [[{"a": 1, "b": 2}, "a", 3], {"a": 3, "b": 2}], [[{"a": 1}, "b", null], {"a": 1}],
            [[{"a": 1}, "a", null], {}], [[{}, 5, "x"], {"5": "x"}],
            [[null, "a", 1], null], [[{}, null, 1], null], [[{}, [1], 1], null], [[[], "a", 1], null]
        ]),
    );
}

#[test]
fn without_takes_a_member_away() {
    table(
        &env(),
        "without",
        &json!([
            [[{"a": 1, "b": 2}, "a"], {"b": 2}], [[{"a": 1}, "x"], {"a": 1}], [[{}, "a"], {}], [[{"5": 1}, 5], {}],
            [[null, "a"], null], [[{"a": 1}, null], null], [["a", "a"], null]
        ]),
    );
}

#[test]
fn merge_lets_the_second_win() {
    table(
        &env(),
        "merge",
        &json!([
            [[{"a": 1, "b": 2}, {"b": 3, "c": 4}], {"a": 1, "b": 3, "c": 4}], [[{}, {}], {}], [[{"a": 1}, {"a": null}],
            {"a": 1}], [[{"a": {"x": 1}}, {"a": {"y": 2}}], {"a": {"y": 2}}],
            [[null, {}], null], [[{}, null], null], [[[], {}], null], [[{}, []], null]
        ]),
    );
}
