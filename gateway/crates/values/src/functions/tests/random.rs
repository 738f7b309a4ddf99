use std::sync::Arc;

use proptest::prelude::*;

use super::{call, env, shown};
use crate::functions::{NAMES, all, distinct, equal, exists, filter, group_by, key_by, less, map, sort_by};
use crate::{Env, Key, Value};

const MOST: i64 = 9_007_199_254_740_991;
const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Africa/Monrovia",
];

fn times() -> impl Strategy<Value = String> {
    let day = prop_oneof![
        Just("0000-01-01".to_owned()),
        Just("9999-12-31".to_owned()),
        (0..10_000, 1..=12, 1..=28).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
    ];
    let clock = (0..24, 0..60, 0..60, 0..1000).prop_map(|(h, m, s, ms)| format!("T{h:02}:{m:02}:{s:02}.{ms:03}"));
    (day, prop_oneof![Just("T00:00:00.000".to_owned()), clock]).prop_map(|(day, clock)| day + &clock)
}

fn texts() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "",
        " ",
        "a",
        "A",
        "day",
        "week",
        "month",
        "year",
        "09:30",
        "2026-02-28",
        "12",
        "-3",
        "1e400",
        "e\u{301}",
        "👩‍👧",
        "a,b",
        ",",
    ];
    prop_oneof![any::<String>(), prop::sample::select(WORDS).prop_map(str::to_owned), "[a-c ]{0,4}"]
}

/// Scalars within the ranges of their types.
fn scalars() -> impl Strategy<Value = Value> {
    let ints = prop_oneof![-3_i64..12, -MOST..=MOST, Just(MOST), Just(-MOST)];
    let doubles = prop_oneof![
        (-3_i32..12).prop_map(f64::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()),
        Just(f64::MAX),
        Just(-0.0)
    ];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        ints.clone().prop_map(Value::Int),
        doubles.prop_map(Value::Double),
        texts().prop_map(Value::text),
        times().prop_map(|time| Value::Date(time[..10].parse().unwrap())),
        times().prop_map(|time| Value::Timestamp((time + "Z").parse().unwrap())),
        (times(), prop::sample::select(&["", "Z", "+00:00"][..]))
            .prop_map(|(time, offset)| Value::Moment(Arc::new((time + offset).parse().unwrap()))),
        times().prop_map(|time| Value::Moment(Arc::new(time[..10].parse().unwrap()))),
        ints.prop_map(Value::Duration),
    ]
}

fn nested(scalars: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    scalars.prop_recursive(3, 40, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::list),
            prop::collection::vec((texts(), inner), 0..8).prop_map(|members| {
                Value::Map(Arc::new(members.into_iter().map(|(name, value)| (name.into(), value)).collect()))
            }),
        ]
    })
}

fn values() -> impl Strategy<Value = Value> {
    nested(scalars())
}

/// Also numbers beyond the ranges of their types, which nothing gives.
fn wild_values() -> impl Strategy<Value = Value> {
    nested(
        prop_oneof![3 => scalars(), 1 => any::<i64>().prop_map(Value::Int), 1 => any::<i64>().prop_map(Value::Duration),
        1 => any::<f64>().prop_map(Value::Double),
        1 => Just(Value::Double(f64::NAN)), 1 => Just(Value::Double(f64::INFINITY))],
    )
}

fn envs() -> impl Strategy<Value = Env> {
    (times(), prop::sample::select(ZONES))
        .prop_map(|(now, zone)| Env::new((now + "Z").parse().unwrap(), zone.parse().unwrap()))
}

fn is_in_range(value: &Value) -> bool {
    match value {
        Value::Int(number) | Value::Duration(number) => (-MOST..=MOST).contains(number),
        Value::Double(number) => number.is_finite(),
        Value::List(items) => items.iter().all(is_in_range),
        Value::Map(members) => members.iter().all(|(_, value)| is_in_range(value)),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_function_panics_and_all_results_are_in_range(env in envs(), values in prop::collection::vec(values(), 3)) {
        for (name, parameters) in NAMES {
            let found = call(name, &env, &values[..*parameters]).unwrap();
            prop_assert!(is_in_range(&found), "{name}({:?})", values[..*parameters].iter().map(shown).collect::<Vec<_>>());
            prop_assert!(serde_json::to_string(&found).is_ok());
        }
        prop_assert!(!env.is_exhausted());
    }

    #[test]
    fn no_function_panics_with_numbers_that_are_none(env in envs(), values in prop::collection::vec(wild_values(), 3)) {
        for (name, parameters) in NAMES {
            call(name, &env, &values[..*parameters]).unwrap();
        }
    }

    #[test]
    fn no_name_panics(name in any::<String>(), values in prop::collection::vec(values(), 0..5)) {
        prop_assert!(NAMES.iter().any(|(known, _)| *known == name) || call(&name, &env(), &values).is_none());
    }

    #[test]
    fn no_function_with_an_expression_panics(
        env in envs(),
        list in wild_values(),
        results in prop::collection::vec(wild_values(), 1..4),
    ) {
        let mut at = 0;
        let mut next = || { at += 1; results[at % results.len()].clone() };
        map(&env, &list, |_| next());
        sort_by(&env, &list, |_| next());
        group_by(&env, &list, |_| next());
        key_by(&env, &list, |_| next());
        filter(&env, &list, |_| next().is_true());
        exists(&env, &list, |_| next().is_true());
        all(&env, &list, |_| next().is_true());
    }

    #[test]
    fn keys_are_equal_where_values_are(one in values(), other in values()) {
        let env = env();
        prop_assert_eq!(one == other, equal(&env, &one, &other).is_true());
        prop_assert_eq!(one == other, Key::of(&env, &one) == Key::of(&env, &other), "{} {}", shown(&one), shown(&other));
        prop_assert!(equal(&env, &one, &one).is_true());
    }

    #[test]
    fn sorted_lists_are_in_order(items in prop::collection::vec(scalars(), 0..40)) {
        let env = env();
        let sorted = sort_by(&env, &Value::list(items.clone()), Value::clone);
        prop_assert_eq!(sorted.items().len(), items.len());
        for pair in sorted.items().windows(2) {
            prop_assert!(!less(&env, &pair[1], &pair[0]).is_true());
            prop_assert!(!pair[0].is_null() || pair[1].is_null());
        }
    }

    #[test]
    fn distinct_elements_are_those_that_a_search_finds(items in prop::collection::vec(values(), 0..20)) {
        let mut kept: Vec<Value> = Vec::new();
        for item in &items {
            if !kept.contains(item) {
                kept.push(item.clone());
            }
        }
        prop_assert_eq!(shown(&distinct(&env(), &Value::list(items))), shown(&Value::list(kept)));
    }
}
