use serde_json::json;

use super::{call, env, shown, table, value};
use crate::Value;
use crate::functions::NAMES;

/// Values of which each function has a result.
fn samples() -> serde_json::Value {
    serde_json::from_str(
        r#"{
        "int": [1], "double": [1], "string": [1], "size": ["a"], "take": ["a", 1], "contains": ["a", "a"],
        "add": [1, 1], "sub": [1, 1], "mul": [1, 1], "div": [1, 1], "rem": [1, 1], "neg": [1], "not": [true],
        "equal": [1, 1], "less": [1, 2], "less_equal": [1, 1], "greater": [2, 1],
        "greater_equal": [1, 1], "is_in": [1, [1]], "at": [[1], 0],
        "starts_with": ["a", "a"], "ends_with": ["a", "a"], "trim": ["a"], "trim_end": ["a"], "lower": ["a"],
        "upper": ["a"], "split": ["a", "b"], "replace": ["a", "a", "b"],
        "substring": ["a", 0, 1], "index_of": ["a", "a"], "word_count": ["a"], "excerpt": ["a", 1], "join": [["a"],
        ","],
        "flatten": [[[1]]], "distinct": [[1]], "first": [[1]], "last": [[1]], "range": [1], "sum": [[1]], "avg": [[1]],
        "min": [[1]], "max": [[1]],
        "with": [{}, "a", 1], "without": [{}, "a"], "merge": [{}, {}], "round": [1, 1], "floor": [1], "ceil": [1],
        "abs": [1],
        "date": ["2026-01-01"], "seconds": [1], "minutes": [1], "hours": [1], "plus_days": ["date:2026-01-01", 1],
        "plus_months": ["date:2026-01-01", 1], "plus_years": ["date:2026-01-01", 1],
        "at_time": ["date:2026-01-01", "09:00"], "start_of": ["date:2026-01-01", "week"],
        "end_of": ["date:2026-01-01", "week"], "date_of_time": ["time:2026-01-01T00:00:00Z"],
        "time_of_day": ["time:2026-01-01T00:00:00Z"], "year": ["date:2026-01-01"], "month": ["date:2026-01-01"],
        "day": ["date:2026-01-01"], "weekday": ["date:2026-01-01"],
        "day_of": ["date:2026-01-01"], "instant_of": ["date:2026-01-01"],
        "seconds_between": ["date:2026-01-01", "date:2026-01-01"],
        "days_between": ["date:2026-01-01", "date:2026-01-01"]
    }"#,
    )
    .unwrap()
}

/// Functions that take null at a place, and what they give then.
fn exceptions(name: &str, place: usize) -> Option<serde_json::Value> {
    match (name, place) {
        // Null is compared.
        ("equal" | "less" | "less_equal" | "greater" | "greater_equal" | "is_in", _) => Some(json!(false)),
        // The parameter may be left out.
        ("substring", 2) => Some(json!("a")),
        ("round", 1) => Some(json!(1)),
        // The map without the member.
        ("with", 2) => Some(json!({})),
        _ => None,
    }
}

#[test]
fn functions_of_null_are_null() {
    let env = env();
    let samples = samples();
    assert_eq!(samples.as_object().unwrap().len(), NAMES.len());
    for (name, parameters) in NAMES {
        let sample: Vec<Value> =
            samples[name].as_array().unwrap_or_else(|| panic!("no sample of {name}")).iter().map(value).collect();
        assert_eq!(sample.len(), *parameters, "{name}");
        assert!(!call(name, &env, &sample).unwrap().is_null(), "{name}");
        for place in 0..sample.len() {
            let mut values = sample.clone();
            values[place] = Value::Null;
            let wanted = exceptions(name, place).unwrap_or_default();
            assert_eq!(shown(&call(name, &env, &values).unwrap()), wanted, "{name} with null at {place}");
        }
    }
}

#[test]
fn each_function_has_a_table() {
    let tables = concat!(
        include_str!("any.rs"),
        include_str!("lists.rs"),
        include_str!("maps.rs"),
        include_str!("numbers.rs"),
        include_str!("operators.rs"),
        include_str!("text.rs"),
        include_str!("times.rs"),
        include_str!("zones.rs")
    );
    for (name, _) in NAMES {
        assert!(tables.contains(&format!("\"{name}\"")), "{name} has no table");
    }
}

#[test]
fn calls_go_by_name_and_number_of_values() {
    table(&env(), "take", &json!([[["abc", 1], "a"]]));
    let one = Value::Int(1);
    assert!(call("nothing", &env(), &[]).is_none());
    assert!(call("neg", &env(), &[]).is_none());
    assert!(call("neg", &env(), &[one.clone(), one]).is_none());
}
