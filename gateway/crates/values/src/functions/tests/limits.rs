use std::time::{Duration, Instant};

use serde_json::json;

use super::{call, env, shown, value};
use crate::functions::{
    add, distinct, exists, filter, flatten, group_by, is_in, join, key_by, lower, map, replace, sort_by, split,
};
use crate::{Env, Value};

const MANY: i64 = 10_000;
/// Comparing each element with each takes minutes.
const VERY_MANY: i64 = 150_000;

fn numbers(count: i64) -> Value {
    Value::list((0..count).map(Value::Int))
}

fn texts(count: i64) -> Value {
    Value::list((0..count).map(|number| Value::text(format!("the element number {number} of the list"))))
}

fn long_text(bytes: usize) -> Value {
    Value::text("x".repeat(bytes))
}

/// Far longer than the work takes, and far shorter than it would take in quadratic time.
fn quickly(work: impl FnOnce()) {
    let start = Instant::now();
    work();
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn functions_take_linear_time() {
    quickly(|| {
        let (env, list) = (env(), texts(VERY_MANY));
        assert_eq!(distinct(&env, &add(&env, &list, &list)).items().len(), 150_000);
        assert_eq!(group_by(&env, &list, Value::clone).items().len(), 150_000);
        assert_eq!(key_by(&env, &list, Value::clone).members().unwrap().len(), 150_000);
        assert_eq!(filter(&env, &list, |item| is_in(&env, item, &list).is_true()).items().len(), 150_000);
        let other = texts(VERY_MANY);
        let both = |item: &Value| is_in(&env, item, &list).is_true() && is_in(&env, item, &other).is_true();
        assert_eq!(filter(&env, &list, both).items().len(), 150_000);
        assert_eq!(sort_by(&env, &list, Value::clone).items().len(), 150_000);
        let lists = map(&env, &list, |item| Value::list([item.clone()]));
        assert_eq!(distinct(&env, &flatten(&env, &distinct(&env, &lists))).items().len(), 150_000);
        assert!(!env.is_exhausted());
    });
}

#[test]
fn a_list_that_is_asked_again_answers_as_one_that_is_searched() {
    let env = env();
    let list = value(&json!([1, "a", null, [1], {"a": 1},
        "date:2026-01-01", 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, "span:1", true, 0.5]));
    let asked = json!([1.0, "b", null, [1.0], {"a": 1, "b": null},
    "2026-01-01", "date:2026-01-01", "span:1", 1, false, true, -0.5, 0.5, [1, 2]]);
    for item in asked.as_array().unwrap().iter().map(value) {
        let searched = list.items().contains(&item);
        for _ in 0..3 {
            assert_eq!(is_in(&env, &item, &list).is_true(), searched, "{}", shown(&item));
        }
    }
}

#[test]
fn lists_that_are_gone_are_not_taken_for_new_ones() {
    let env = env();
    for number in 0..100 {
        let list = Value::list((number..number + 20).map(Value::Int));
        for _ in 0..2 {
            assert!(is_in(&env, &Value::Int(number), &list).is_true());
            assert!(!is_in(&env, &Value::Int(number - 1), &list).is_true());
        }
    }
}

fn is_refused(name: &str, give: impl FnOnce(&Env) -> Value) {
    quickly(|| {
        let env = env();
        let given = give(&env);
        assert!(env.is_exhausted() && (given.is_null() || shown(&given) == json!(false)), "{name}");
    });
}

#[test]
fn a_call_looks_at_so_many_elements() {
    let list = numbers(MANY);
    is_refused("nested", |env| {
        let inner = |item: &Value| exists(env, &list, |other| item == other && item.as_int() == Some(-1)).is_true();
        filter(env, &list, inner);
        exists(env, &list, |_| true)
    });
    let millions = numbers(5_000_001);
    for name in ["sum", "avg", "min", "max", "distinct", "flatten"] {
        is_refused(name, |env| call(name, env, std::slice::from_ref(&millions)).unwrap());
    }
    is_refused("map", |env| map(env, &millions, |_| panic!("not asked for")));
    is_refused("is_in", |env| is_in(env, &Value::Int(-1), &millions));
}

#[test]
fn texts_and_lists_do_not_grow_without_end() {
    is_refused("add of texts", |env| add(env, &long_text(6_000_000), &long_text(6_000_000)));
    is_refused("add of lists", |env| add(env, &numbers(3_000_000), &numbers(3_000_000)));
    is_refused("replace", |env| replace(env, &long_text(10_000), &Value::text("x"), &long_text(10_000)));
    is_refused("split", |env| split(env, &long_text(6_000_000), &Value::text("")));
    is_refused("join", |env| join(env, &Value::list(std::iter::repeat_n(long_text(100_000), 200)), &Value::text("")));
    is_refused("flatten", |env| flatten(env, &Value::list(std::iter::repeat_n(numbers(MANY), 600))));
    is_refused("lower", |env| lower(env, &long_text(10_000_001)));
    is_refused("many texts", |env| {
        let text = long_text(5_000_000);
        map(env, &numbers(1000), |_| lower(env, &text)).items().last().cloned().unwrap()
    });
    let env = env();
    assert_eq!(add(&env, &long_text(5_000_000), &long_text(5_000_000)).as_str().map(str::len), Some(10_000_000));
    assert!(!env.is_exhausted());
}

#[test]
fn a_value_that_holds_itself_many_times_is_not_walked_to_its_end() {
    let tall = |text: &str| (0..40).fold(Value::text(text), |value, _| Value::list([value.clone(), value]));
    let (one, other) = (tall("a"), tall("a"));
    is_refused("equal", |env| call("equal", env, &[one.clone(), other.clone()]).unwrap());
    quickly(|| {
        let env = env();
        distinct(&env, &Value::list([one.clone(), other.clone()]));
        assert!(env.is_exhausted());
    });
}

#[test]
fn what_is_exhausted_stays_so() {
    let env = env();
    env.exhaust();
    assert!(!env.look_at(0) && !env.look_at(usize::MAX) && !env.look_at(usize::MAX) && env.is_exhausted());
}
