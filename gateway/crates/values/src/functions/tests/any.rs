use serde_json::json;

use super::{env, table, value};
use crate::Value;
use crate::functions::{double, int, string};

#[test]
fn ints_are_read_from_numbers_and_digits() {
    table(
        &env(),
        "int",
        &json!([
            [[null], null], [[5], 5], [[2.9], 2], [[-2.9], -2], [[1e300], 9_007_199_254_740_991_i64],
            [[-1e300], -9_007_199_254_740_991_i64],
            [["12"], 12], [["-12"], -12], [["+12"], 12], [["007"], 7],
            [["99999999999999999999"], 9_007_199_254_740_991_i64],
            [["-99999999999999999999"], -9_007_199_254_740_991_i64], [["9007199254740992"], 9_007_199_254_740_991_i64],
            [[""], null], [["-"], null], [["--1"], null], [[" 1"], null], [["1.0"], null], [["1e3"], null],
            [["٣"], null], [["0x10"], null],
            [[true], null], [["date:2026-01-01"], null], [[[1]], null], [[{"a": 1}], null], [["span:1000"], null]
        ]),
    );
    assert_eq!(int(&env(), &Value::Int(i64::MIN)).as_int(), Some(-9_007_199_254_740_991));
}

#[test]
fn doubles_are_read_from_numbers_and_texts() {
    table(
        &env(),
        "double",
        &json!([
            [[null], null],
            [[5], 5.0],
            [[2.5], 2.5],
            [["1.5"], 1.5],
            [["-1e3"], -1000.0],
            [["7"], 7.0],
            [[".5"], 0.5],
            [["1e999"], f64::MAX],
            [["-1E+999"], f64::MIN],
            [[""], null],
            [["inf"], null],
            [["NaN"], null],
            [["infinity"], null],
            [["1,5"], null],
            [[" 1"], null],
            [["e"], null],
            [["."], null],
            [[true], null],
            [[[]], null]
        ]),
    );
    assert!(double(&env(), &Value::Double(f64::NAN)).is_null());
}

#[test]
fn values_are_written_as_json_has_them() {
    table(
        &env(),
        "string",
        &json!([
            [[null], null], [["a"], "a"], [[""], ""], [[true], "true"], [[false], "false"], [[0], "0"], [[-5], "-5"],
            [[3.0], "3"], [[-0.0], "0"],
            [[0.1], "0.1"], [[1e21], "1e+21"], [[1e20], "100000000000000000000"], [[1e-7], "1e-7"], [[12.50], "12.5"],
            [["date:2026-05-01"], "2026-05-01"], [["date:0000-01-01"], "0000-01-01"],
            [["time:2026-05-01T09:00:00+02:00"], "2026-05-01T07:00:00.000Z"],
            [["moment:2026-05-01T09:00"], "2026-05-01T09:00"], [["span:1000"], null], [[[1]], null], [[{"a": 1}], null]
        ]),
    );
    assert_eq!(string(&env(), &Value::Double(f64::MAX)).as_str(), Some("1.7976931348623157e+308"));
}

#[test]
fn size_counts_what_a_reader_of_the_type_counts() {
    table(
        &env(),
        "size",
        &json!([
            [[null], null], [[""], 0], [["abc"], 3], [["πέντε"], 5], [["👩‍👩‍👧"], 5], [["e\u{301}"], 2], [[[]], 0],
            [[[null, 1]], 2], [[{}], 0],
            [[{"a": 1, "b": null}], 1], [[5], null], [[true], null], [["date:2026-01-01"], null]
        ]),
    );
}

#[test]
fn take_cuts_at_the_end() {
    table(
        &env(),
        "take",
        &json!([
            [["abc", 2], "ab"], [["abc", 3], "abc"], [["abc", 9], "abc"], [["abc", 0], ""], [["abc", -1], ""], [["", 1],
            ""], [["aé👩‍👧", 3], "aé👩"],
            [["abc", i64::MAX], "abc"], [["abc", i64::MIN], ""], [[[1, 2, 3], 2], [1, 2]], [[[1], 5], [1]], [[[1], 0],
            []], [[[1], -1], []], [[[], 1], []],
            [[null, 1], null], [["abc", null], null], [["abc", 1.0], null], [[5, 1], null], [[{"a": 1}, 1], null]
        ]),
    );
}

#[test]
fn contains_finds_texts_and_elements() {
    table(
        &env(),
        "contains",
        &json!([
            [["garden", "ard"], true],
            [["garden", ""], true],
            [["", ""], true],
            [["", "a"], false],
            [["Garden", "garden"], false],
            [["e\u{301}", "e"], true],
            [["é", "e\u{301}"], false],
            [[[1, 2], 2.0], true],
            [[[1, null], null], true],
            [[[1], null], false],
            [[[[1]], [1.0]], true],
            [["a", null], null],
            [[null, "a"], null],
            [["a", 1], null],
            [[1, 1], null]
        ]),
    );
}

#[test]
fn values_are_shown_to_nobody() {
    for json in
        [json!("secret"), json!(["secret"]), json!({"secret": "secret"}), json!(424_242), json!("date:2026-12-24")]
    {
        let env = env();
        let value = value(&json);
        let list = Value::list(std::iter::repeat_n(value.clone(), 20));
        assert_eq!(env.has(&[value.clone()].into(), &value), env.has(&list.items().into(), &value));
        let shown = format!("{value:?} {:?} {env:?}", crate::Key::of(&env, &value));
        assert!(!shown.contains("secret") && !shown.contains("424242") && !shown.contains("12-24"), "{shown}");
    }
}
