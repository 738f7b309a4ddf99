use serde_json::json;

use super::{env, shown, table, value};
use crate::Value;
use crate::functions::{all, at, exists, filter, greater, group_by, is_in, key_by, map, mul, neg, sort_by};

fn list() -> Value {
    value(&json!([{"id": "a", "n": 3}, {"id": "b", "n": 1}, {"id": "c"}, {"id": "d", "n": 1.0}]))
}

fn ids(list: &Value) -> String {
    list.items().iter().map(|item| item.get("id").as_str().unwrap_or("-").to_owned()).collect()
}

#[test]
fn conditions_choose_elements() {
    let env = env();
    let is_large = |item: &Value| greater(&env, item.member("n"), &Value::Int(1)).is_true();
    assert_eq!(ids(&filter(&env, &list(), is_large)), "a");
    assert_eq!(ids(&filter(&env, &list(), |_| true)), "abcd");
    assert_eq!(shown(&filter(&env, &list(), |_| false)), json!([]));
    assert_eq!((exists(&env, &list(), is_large).is_true(), all(&env, &list(), is_large).is_true()), (true, false));
    let empty = Value::list([]);
    assert_eq!((exists(&env, &empty, |_| true).is_true(), all(&env, &empty, |_| false).is_true()), (false, true));
    for none in [Value::Null, Value::Int(1), Value::text("ab"), Value::object([("a", Value::Int(1))])] {
        assert!(filter(&env, &none, |_| true).is_null());
        assert_eq!(shown(&exists(&env, &none, |_| true)), json!(false));
        assert_eq!(shown(&all(&env, &none, |_| true)), json!(false));
    }
}

#[test]
fn a_condition_is_asked_until_it_is_decided() {
    let mut asked = 0;
    exists(&env(), &list(), |_| {
        asked += 1;
        asked == 2
    });
    all(&env(), &list(), |_| {
        asked += 1;
        asked < 4
    });
    assert_eq!(asked, 4);
}

#[test]
fn map_gives_a_result_for_each() {
    let env = env();
    let doubled = map(&env, &value(&json!([1, 2.5, null])), |item| mul(&env, item, &Value::Int(2)));
    assert_eq!(shown(&doubled), json!([2, 5.0, null]));
    assert!(map(&env, &Value::Null, Value::clone).is_null());
}

#[test]
fn lists_are_made_flat_by_one_level() {
    table(
        &env(),
        "flatten",
        &json!([
            [[[[1], [2, [3]], []]], [1, 2, [3]]],
            [[[]], []],
            [[[1, null, [null]]], [1, null]],
            [[null], null],
            [["a"], null],
            [[{}], null]
        ]),
    );
}

#[test]
fn equal_elements_stay_once() {
    table(
        &env(),
        "distinct",
        &json!([
            [[[1, 1.0, "1", 1]], [1, "1"]], [[[null, null]], [null]], [[[0.0, -0.0]], [0.0]], [[[[1], [1.0],
            [1, null]]], [[1], [1, null]]],
            [[[{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}]], [{"a": 1, "b": 2}, {"a": 1}]],
            [[["date:2026-01-01", "2026-01-01"]], ["date:2026-01-01", "2026-01-01"]],
            [[["é", "e\u{301}"]], ["é", "e\u{301}"]], [[[]], []], [[null], null], [["aa"], null]
        ]),
    );
}

#[test]
fn ends_of_nothing_are_null() {
    table(&env(), "first", &json!([[[[1, 2]], 1], [[[null, 2]], null], [[[]], null], [[null], null], [["ab"], null]]));
    table(&env(), "last", &json!([[[[1, 2]], 2], [[[2, null]], null], [[[]], null], [[null], null], [["ab"], null]]));
}

#[test]
fn ranges_are_short() {
    table(
        &env(),
        "range",
        &json!([
            [[3], [0, 1, 2]],
            [[0], []],
            [[-5], []],
            [[i64::MIN], []],
            [[null], null],
            [[2.0], null],
            [["3"], null]
        ]),
    );
    let longest = super::call("range", &env(), &[Value::Int(i64::MAX)]).unwrap();
    assert_eq!((longest.items().len(), longest.items()[999].as_int()), (1000, Some(999)));
}

#[test]
fn sort_is_stable_with_null_last() {
    let env = env();
    assert_eq!(ids(&sort_by(&env, &list(), |item| item.get("n"))), "bdac");
    assert_eq!(ids(&sort_by(&env, &list(), |item| neg(&env, item.member("n")))), "abdc");
    assert_eq!(ids(&sort_by(&env, &list(), |_| Value::Null)), "abcd");
    assert_eq!(ids(&sort_by(&env, &list(), |item| neg(&env, item.member("id")))), "abcd");
    let moments = value(&json!([
        "moment:2026-05-02T09:00",
        "moment:2026-05-02",
        "moment:2026-05-01T23:30:00-02:00",
        "moment:2026-05-01"
    ]));
    let sorted = sort_by(&env, &moments, Value::clone);
    assert_eq!(
        shown(&sorted),
        json!([
            "moment:2026-05-01",
            "moment:2026-05-02",
            "moment:2026-05-01T23:30:00-02:00",
            "moment:2026-05-02T09:00"
        ])
    );
    assert!(sort_by(&env, &Value::Null, Value::clone).is_null());
    assert_eq!(shown(&sort_by(&env, &Value::list([]), Value::clone)), json!([]));
}

#[test]
fn groups_are_in_the_order_of_their_first_elements() {
    let env = env();
    let groups = group_by(&env, &list(), |item| item.get("n"));
    let shown_groups: Vec<_> =
        groups.items().iter().map(|group| (shown(group.member("key")), ids(group.member("items")))).collect();
    assert_eq!(shown_groups, [(json!(3), "a".into()), (json!(1), "bd".into()), (json!(null), "c".into())]);
    assert!(group_by(&env, &Value::Null, Value::clone).is_null());
    assert_eq!(shown(&group_by(&env, &Value::list([]), Value::clone)), json!([]));
}

#[test]
fn a_map_by_key_has_the_first_of_several() {
    let env = env();
    let by_number = key_by(&env, &list(), |item| item.get("n"));
    assert_eq!(shown(&by_number), json!({"3": {"id": "a", "n": 3}, "1": {"id": "b", "n": 1}}));
    assert_eq!(at(&env, &by_number, &Value::Int(1)).get("id").as_str(), Some("b"));
    let by_date = key_by(&env, &value(&json!(["date:2026-01-01", null, "date:2026-01-02"])), Value::clone);
    assert!(is_in(&env, &value(&json!("date:2026-01-02")), &by_date).is_true());
    assert_eq!(shown(&key_by(&env, &list(), |_| Value::list([]))), json!({}));
    assert!(key_by(&env, &Value::Null, Value::clone).is_null());
}

#[test]
fn totals_leave_null_out() {
    const MOST: i64 = 9_007_199_254_740_991;
    table(
        &env(),
        "sum",
        &json!([
            [[[]], 0],
            [[[null]], 0],
            [[[1, null, 2]], 3],
            [[[1, 0.5]], 1.5],
            [[[1, 2.0]], 3.0],
            [[[0.1, 0.2, 0.3]], 0.1 + 0.2 + 0.3],
            [[[0.3, 0.2, 0.1]], 0.3 + 0.2 + 0.1],
            [[[MOST, 1]], MOST],
            [[[-MOST, -1]], -MOST],
            [[[MOST, 5, -5]], MOST],
            [[[MOST, MOST, 0.5]], 18_014_398_509_481_982.0],
            [[[f64::MAX, f64::MAX]], f64::MAX],
            [[["span:1", "span:2", null]], "span:3"],
            [[["a"]], 0],
            [[null], null],
            [[5], null]
        ]),
    );
    table(
        &env(),
        "avg",
        &json!([
            [[[1, 2]], 1.5],
            [[[2, null, 4]], 3.0],
            [[[0.5]], 0.5],
            [[[]], null],
            [[[null]], null],
            [[[f64::MAX, f64::MAX]], f64::MAX / 2.0],
            [[["a"]], null],
            [[null], null]
        ]),
    );
    table(
        &env(),
        "min",
        &json!([
            [[[3, 1.0, 1, 2]], 1.0],
            [[["b", "a", null]], "a"],
            [[["date:2026-01-02", "date:2026-01-01"]], "date:2026-01-01"],
            [[[]], null],
            [[[null]], null],
            [[[true, false]], false],
            [[["time:2026-01-01T01:00:00Z", "time:2026-01-01T01:30:00+01:00"]], "time:2026-01-01T00:30:00.000Z"],
            [[[[1], {}]], null],
            [[null], null],
            [["ab"], null]
        ]),
    );
    table(
        &env(),
        "max",
        &json!([
            [[[3, 3.0, 1]], 3],
            [[["b", "a", null]], "b"],
            [[["moment:2026-01-02", "moment:2026-01-01T23:00"]], "moment:2026-01-02"],
            [[[]], null],
            [[[null]], null],
            [[null], null],
            [["ab"], null]
        ]),
    );
}
