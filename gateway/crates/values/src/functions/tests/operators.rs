use serde_json::json;

use super::{env, table, value};
use crate::Value;
use crate::functions::rank;

const MOST: i64 = 9_007_199_254_740_991;

#[test]
fn add_joins_what_it_does_not_count() {
    table(
        &env(),
        "add",
        &json!([
            [[1, 2], 3],
            [[MOST, 1], MOST],
            [[-MOST, -1], -MOST],
            [[MOST, MOST], MOST],
            [[1, 0.5], 1.5],
            [[0.1, 0.2], 0.1 + 0.2],
            [[f64::MAX, f64::MAX], f64::MAX],
            [[f64::MIN, f64::MIN], f64::MIN],
            [["a", "b"], "ab"],
            [["", ""], ""],
            [["👩", "\u{301}"], "👩\u{301}"],
            [[[1], ["a"]], [1, "a"]],
            [[[], []], []],
            [[[1], []], [1]],
            [["time:2026-01-01T00:00:00Z", "span:1500"], "time:2026-01-01T00:00:01.500Z"],
            [["span:-1", "time:2026-01-01T00:00:00Z"], "time:2025-12-31T23:59:59.999Z"],
            [["time:9999-12-31T23:59:59Z", "span:5000"], "time:9999-12-31T23:59:59.999Z"],
            [["span:1", "span:2"], "span:3"],
            [[1, null], null],
            [[null, null], null],
            [["a", null], null],
            [["a", 1], null],
            [[[1], 1], null],
            [[true, 1], null],
            [[{}, {}], null],
            [["date:2026-01-01", "span:1"], null],
            [["time:2026-01-01T00:00:00Z", "time:2026-01-01T00:00:00Z"], null]
        ]),
    );
}

#[test]
fn sub_mul_and_neg_stop_at_their_ends() {
    table(
        &env(),
        "sub",
        &json!([
            [[1, 2], -1],
            [[-MOST, 1], -MOST],
            [[1, 0.5], 0.5],
            [[f64::MIN, f64::MAX], f64::MIN],
            [["span:1", "span:2"], "span:-1"],
            [["time:0000-01-01T00:00:00Z", "span:1"], "time:0000-01-01T00:00:00.000Z"],
            [["time:2026-01-01T00:00:00Z", "span:1"], "time:2025-12-31T23:59:59.999Z"],
            [["time:2026-01-01T00:00:00Z", "time:2025-01-01T00:00:00Z"], null],
            [["b", "a"], null],
            [[1, null], null]
        ]),
    );
    table(
        &env(),
        "mul",
        &json!([
            [[3, 4], 12],
            [[MOST, 2], MOST],
            [[MOST, -2], -MOST],
            [[i64::MAX, i64::MAX], MOST],
            [[2, 0.5], 1.0],
            [[1e300, 1e300], f64::MAX],
            [[1e300, -1e300], f64::MIN],
            [[0, -5], 0],
            [["a", 2], null],
            [["span:1", 2], null],
            [[null, 2], null]
        ]),
    );
    table(
        &env(),
        "neg",
        &json!([
            [[1], -1],
            [[MOST], -MOST],
            [[i64::MIN], MOST],
            [[1.5], -1.5],
            [["span:5"], "span:-5"],
            [[null], null],
            [["a"], null],
            [[true], null]
        ]),
    );
}

#[test]
fn a_division_by_zero_has_no_result() {
    table(
        &env(),
        "div",
        &json!([
            [[1, 2], 0.5],
            [[1.0, 4], 0.25],
            [[6, 3], 2.0],
            [[1, 0], null],
            [[0, 0], null],
            [[0.0, 0.0], null],
            [[1.0, -0.0], null],
            [[1e300, 1e-300], f64::MAX],
            [[-1e300, 1e-300], f64::MIN],
            [[1, null], null],
            [[null, 0], null],
            [["a", 1], null]
        ]),
    );
    table(
        &env(),
        "rem",
        &json!([
            [[7, 3], 1],
            [[-7, 3], -1],
            [[7, -3], 1],
            [[7, 0], null],
            [[7, 0.0], null],
            [[7.5, 2], 1.5],
            [[-7.5, 2.0], -1.5],
            [[i64::MIN, -1], 0],
            [[null, 3], null],
            [[7, null], null],
            [["a", 3], null]
        ]),
    );
}

#[test]
fn not_is_of_booleans() {
    table(&env(), "not", &json!([[[true], false], [[false], true], [[null], null], [[1], null], [["true"], null]]));
}

#[test]
fn equal_takes_null_and_numbers_of_both_types() {
    table(
        &env(),
        "equal",
        &json!([
            [[null, null], true], [[null, 0], false], [[null, ""], false], [[null, false], false], [[null, []], false],
            [[1, 1.0], true], [[1, 1.5], false], [[0.0, -0.0], true],
            [["a", "a"], true], [["a", "A"], false], [["é", "e\u{301}"], false], [["1", 1], false],
            [[true, true], true], [[true, 1], false],
            [[[1, 2], [1.0, 2]], true], [[[1, 2], [2, 1]], false], [[[1], [1, null]], false], [[[], []], true],
            [[[null], [null]], true],
            [[{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], true], [[{"a": 1}, {"a": 1, "b": null}], true], [[{"a": 1},
            {"a": 2}], false], [[{"a": 1, "b": null}, {"b": 1, "a": 1}], false],
            [["date:2026-01-01", "date:2026-01-01"], true], [["date:2026-01-01", "2026-01-01"], false],
            [["time:2026-01-01T01:00:00+01:00", "time:2026-01-01T00:00:00Z"], true], [["span:1", 1], false],
            [["span:1", "span:1"], true]
        ]),
    );
}

#[test]
fn an_order_with_null_is_false() {
    let pairs = [
        json!([1, 2]),
        json!([-0.5, 0]),
        json!(["a", "b"]),
        json!(["", "a"]),
        json!(["Z", "a"]),
        json!(["\u{ffff}", "\u{10000}"]),
        json!([false, true]),
        json!(["date:2025-12-31", "date:2026-01-01"]),
        json!(["time:2026-01-01T00:00:00Z", "time:2026-01-01T00:00:00.001Z"]),
        json!(["span:-1", "span:0"]),
        json!(["moment:2026-01-01T23:00", "moment:2026-01-02"]),
    ];
    for pair in pairs {
        let (less, more) = (&pair[0], &pair[1]);
        for (name, results) in [
            ("less", [true, false, false]),
            ("less_equal", [true, false, true]),
            ("greater", [false, true, false]),
            ("greater_equal", [false, true, true]),
        ] {
            table(
                &env(),
                name,
                &json!([
                    [[less, more], results[0]],
                    [[more, less], results[1]],
                    [[less, less], results[2]],
                    [[more, null], false],
                    [[null, more], false]
                ]),
            );
        }
    }
    for name in ["less", "less_equal", "greater", "greater_equal"] {
        table(
            &env(),
            name,
            &json!([
                [[null, null], false],
                [[1, "1"], false],
                [["a", 1], false],
                [[[1], [2]], false],
                [[{}, {}], false],
                [[1, true], false],
                [["date:2026-01-01", "time:2026-01-01T00:00:00Z"], false]
            ]),
        );
    }
    table(&env(), "less_equal", &json!([[[1, 1.0], true], [[0.0, -0.0], true]]));
    table(
        &env(),
        "less",
        &json!([[[-0.0, 0.0], false], [[MOST - 1, MOST], true], [[9_007_199_254_740_990.0, MOST], true]]),
    );
}

#[test]
fn in_finds_elements_and_members() {
    table(
        &env(),
        "is_in",
        &json!([
            [[1, [1, 2]], true], [[1.0, [1, 2]], true], [[3, [1, 2]], false], [["a", ["b", "a"]], true],
            [[null, [null]], true], [[null, [1]], false], [[1, []], false],
            [[[1], [[1.0]]], true], [["a", {"a": 1}], true], [["b", {"a": 1}], false], [["a", {"a": null}], false],
            [[5, {"5": 1}], true], [[null, {"a": 1}], false],
            [["date:2026-01-01", {"2026-01-01": 1}], true], [["a", null], false], [["a", "abc"], false], [[1, 1], false]
        ]),
    );
}

#[test]
fn at_finds_nothing_beyond_the_ends() {
    table(
        &env(),
        "at",
        &json!([
            [[["a", "b"], 0], "a"], [[["a", "b"], 1], "b"], [[["a"], 1], null], [[["a"], -1], null],
            [[["a"], i64::MAX], null], [[["a"], i64::MIN], null], [[[], 0], null],
            [[["a"], 0.0], "a"], [[["a"], 0.5], null], [[["a"], -1e300], null], [[["a"], 1e300], null], [[["a"],
            "0"], null], [[{"k": 1}, "k"], 1], [[{"k": 1}, "x"], null], [[{"k": null}, "k"], null], [[{"7": 1}, 7], 1],
            [[{"true": 1}, true], 1], [[null, 0], null], [[{"k": 1}, null], null], [["abc", 0], null]
        ]),
    );
}

#[test]
fn words_are_ordered_as_they_are_listed() {
    let words = &["low", "high", "urgent"];
    let place = |text: &str| rank(&env(), &Value::text(text), words).as_int();
    assert_eq!((place("low"), place("urgent"), place("other"), place("")), (Some(0), Some(2), None, None));
    assert!(rank(&env(), &Value::Null, words).is_null() && rank(&env(), &Value::Int(1), words).is_null());
    assert!(rank(&env(), &Value::text("low"), &[]).is_null());
}

#[test]
fn members_and_defaults_are_methods_of_values() {
    let object = value(&json!({"a": {"b": 1}}));
    assert_eq!(object.get("a").get("b").as_int(), Some(1));
    assert!(object.get("x").get("b").is_null() && Value::Int(1).get("a").is_null());
    assert_eq!(object.get("x").or_else(|| Value::Int(2)).as_int(), Some(2));
    assert_eq!(Value::Int(1).or_else(|| panic!("not asked for")).as_int(), Some(1));
}
