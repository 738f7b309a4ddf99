//! Functions and operators beside the evaluator of the `cel` crate, where CEL defines a result.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, Program};
use proptest::prelude::*;
use serde_json::json;

use super::{env, shown, value};
use crate::functions::{
    add, all, at, call, contains, ends_with, equal, exists, filter, greater, greater_equal, is_in, less, less_equal,
    map, mul, neg, not, size, starts_with, sub,
};
use crate::{Env, Value};

/// An expression over `a`, `b` and `c`, and the Rust that is emitted for it.
type Case = (&'static str, fn(&Env, &Value, &Value, &Value) -> Value);

const CASES: &[Case] = &[
    ("a + b", |env, a, b, _| add(env, a, b)),
    ("a - b", |env, a, b, _| sub(env, a, b)),
    ("a * b", |env, a, b, _| mul(env, a, b)),
    ("-a", |env, a, _, _| neg(env, a)),
    ("!a", |env, a, _, _| not(env, a)),
    ("a == b", |env, a, b, _| equal(env, a, b)),
    ("a != b", |env, a, b, _| not(env, &equal(env, a, b))),
    ("a < b", |env, a, b, _| less(env, a, b)),
    ("a <= b", |env, a, b, _| less_equal(env, a, b)),
    ("a > b", |env, a, b, _| greater(env, a, b)),
    ("a >= b", |env, a, b, _| greater_equal(env, a, b)),
    ("a in b", |env, a, b, _| is_in(env, a, b)),
    ("a[b]", |env, a, b, _| at(env, a, b)),
    ("a % b", |env, a, b, _| call("rem", env, &[a.clone(), b.clone()]).unwrap()),
    ("size(a)", |env, a, _, _| size(env, a)),
    ("a.size()", |env, a, _, _| size(env, a)),
    ("a.contains(b)", |env, a, b, _| contains(env, a, b)),
    ("a.startsWith(b)", |env, a, b, _| starts_with(env, a, b)),
    ("a.endsWith(b)", |env, a, b, _| ends_with(env, a, b)),
    ("a ? b : c", |_, a, b, c| if a.is_true() { b.clone() } else { c.clone() }),
    ("a && b", |_, a, b, _| Value::Bool(a.is_true() && b.is_true())),
    ("a || b", |_, a, b, _| Value::Bool(a.is_true() || b.is_true())),
    ("a.filter(x, x > b)", |env, a, b, _| filter(env, a, |x| greater(env, x, b).is_true())),
    ("a.filter(x, x in b)", |env, a, b, _| filter(env, a, |x| is_in(env, x, b).is_true())),
    ("a.map(x, x + b)", |env, a, b, _| map(env, a, |x| add(env, x, b))),
    ("a.map(x, [x, x == b])", |env, a, b, _| map(env, a, |x| Value::list([x.clone(), equal(env, x, b)]))),
    ("a.exists(x, x == b)", |env, a, b, _| exists(env, a, |x| equal(env, x, b).is_true())),
    ("a.exists(x, x < b)", |env, a, b, _| exists(env, a, |x| less(env, x, b).is_true())),
    ("a.all(x, x <= b)", |env, a, b, _| all(env, a, |x| less_equal(env, x, b).is_true())),
    ("a.all(x, x != b)", |env, a, b, _| all(env, a, |x| !equal(env, x, b).is_true())),
];

/// The values of a case.
#[derive(Clone, Copy)]
struct Values<'a>([&'a Value; 3]);

/// What is ours on purpose: for which values of which expressions the results may differ, and why.
fn reason_to_differ(expression: &str, values: Values, theirs: Option<&Value>) -> Option<&'static str> {
    const MOST: i64 = 9_007_199_254_740_991;
    if theirs.is_none() {
        return Some(
            "errors of CEL are null or false here (other types, an order with null, an index beyond the end, an overflow), \
             and an int and a double can be added",
        );
    }
    let [a, b, _] = values.0;
    let is_beyond = |number: &Value| match number {
        Value::Int(number) => !(-MOST..=MOST).contains(number),
        Value::Double(number) => !number.is_finite(),
        _ => false,
    };
    let theirs = theirs.unwrap_or(&Value::Null);
    if is_beyond(theirs) || theirs.items().iter().any(is_beyond) {
        return Some("whole numbers stop at ±(2^53 − 1), doubles at the greatest finite ones");
    }
    let is_list_and_map = |a: &Value| matches!((a, b), (Value::List(_), Value::Map(_)));
    if expression == "a + b" && is_list_and_map(a)
        || expression == "a.map(x, x + b)" && a.items().iter().any(is_list_and_map)
    {
        return Some(
            "a list and a map have no sum: that evaluator appends the names, which the specification does not define",
        );
    }
    if expression.contains("(x, ") && matches!(a, Value::Map(_)) {
        return Some("comprehensions are over lists only, in CEL also over the names of a map");
    }
    None
}

fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(number) => (*number).into(),
        Value::Double(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => cel::Value::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Map(members) => {
            members.iter().map(|(name, value)| (name.to_string(), to_cel(value))).collect::<HashMap<_, _>>().into()
        }
        Value::Date(_) | Value::Timestamp(_) | Value::Moment(_) | Value::Duration(_) => unreachable!("not generated"),
    }
}

fn from_cel(value: &cel::Value) -> Value {
    match value {
        cel::Value::Null => Value::Null,
        cel::Value::Bool(value) => Value::Bool(*value),
        cel::Value::Int(number) => Value::Int(*number),
        cel::Value::Float(number) => Value::Double(*number),
        cel::Value::String(text) => Value::text(text.as_str()),
        cel::Value::List(items) => Value::list(items.iter().map(from_cel)),
        cel::Value::Map(members) => Value::object(
            members
                .map
                .iter()
                .map(|(name, value)| (name.to_string(), from_cel(value)))
                .collect::<std::collections::BTreeMap<_, _>>(),
        ),
        other => unreachable!("{other:?} is no result of the cases"),
    }
}

thread_local! {
    static PROGRAMS: Vec<Program> = CASES.iter().map(|(expression, _)| Program::compile(expression).unwrap()).collect();
}

fn check(values: Values) {
    let [a, b, c] = values.0;
    let mut context = Context::default();
    for (name, value) in [("a", a), ("b", b), ("c", c)] {
        context.add_variable_from_value(name, to_cel(value));
    }
    PROGRAMS.with(|programs| {
        for ((expression, rust), program) in CASES.iter().zip(programs) {
            let ours = rust(&env(), a, b, c);
            let theirs = program.execute(&context).ok().as_ref().map(from_cel);
            if theirs.as_ref() == Some(&ours) || reason_to_differ(expression, values, theirs.as_ref()).is_some() {
                continue;
            }
            panic!(
                "`{expression}` of {} is {}, and {:?} in CEL",
                shown(&Value::list(values.0.map(Clone::clone))),
                shown(&ours),
                theirs.as_ref().map(shown)
            );
        }
    });
}

#[test]
fn the_cases_are_compared() {
    // Each case has values of which CEL has a result, so that none is passed over.
    let values = [
        json!([1, 2, 3]),
        json!(["a", "a", "b"]),
        json!([true, false, 1]),
        json!([[1, 2], 0, 1]),
        json!([1, [1, 2], 0]),
        json!([[1, 2], [1], 0]),
        json!([[1, 2], 1, 0]),
    ];
    let mut compared = std::collections::BTreeSet::new();
    for values in values.iter().map(value) {
        let [a, b, c] = values.items() else { unreachable!() };
        check(Values([a, b, c]));
        for (expression, _) in CASES {
            let mut context = Context::default();
            for (name, value) in [("a", a), ("b", b), ("c", c)] {
                context.add_variable_from_value(name, to_cel(value));
            }
            if Program::compile(expression).unwrap().execute(&context).is_ok() {
                compared.insert(*expression);
            }
        }
    }
    let passed_over: Vec<_> = CASES
        .iter()
        .filter(|(expression, _)| !compared.contains(expression))
        .map(|(expression, _)| *expression)
        .collect();
    assert_eq!(passed_over, [] as [&str; 0]);
}

fn scalars() -> impl Strategy<Value = Value> {
    const MOST: i64 = 9_007_199_254_740_991;
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![-3_i64..6, -MOST..=MOST, Just(MOST), Just(-MOST)].prop_map(Value::Int),
        prop_oneof![(-3_i32..6).prop_map(f64::from), any::<f64>().prop_filter("finite", |number| number.is_finite())]
            .prop_map(Value::Double),
        prop_oneof!["[ab]{0,3}", "[aé👩\u{301}]{0,3}", any::<String>()].prop_map(Value::text),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let numbers =
        prop_oneof![(-3_i64..6).prop_map(Value::Int), (-3_i32..6).prop_map(|number| Value::Double(f64::from(number)))];
    let present = scalars().prop_filter("not null", |value| !value.is_null());
    prop_oneof![
        4 => scalars(),
        2 => prop::collection::vec(scalars(), 0..4).prop_map(Value::list),
        2 => prop::collection::vec(numbers, 0..30).prop_map(Value::list),
        1 => prop::collection::vec(prop::collection::vec(scalars(), 0..2).prop_map(Value::list), 0..3).prop_map(Value::list),
        1 => prop::collection::vec(("[ab]{0,2}", present), 0..4).prop_map(Value::object),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn results_are_those_of_cel(a in values(), b in values(), c in values()) {
        check(Values([&a, &b, &c]));
    }

    #[test]
    fn results_of_one_type_are_those_of_cel(values in prop_oneof![
        prop::collection::vec(any::<bool>().prop_map(Value::Bool), 3),
        prop::collection::vec((-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::Int), 3),
        prop::collection::vec((-5_i64..5).prop_map(Value::Int), 3),
        prop::collection::vec(any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::Double), 3),
        prop::collection::vec("[aAé👩\u{ffff}\u{10000}]{0,3}".prop_map(Value::text), 3),
    ]) {
        check(Values([&values[0], &values[1], &values[2]]));
    }
}
