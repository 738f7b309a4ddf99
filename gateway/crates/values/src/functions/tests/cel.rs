//! Functions and operators beside the evaluator of the `cel` crate, where CEL defines a result.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, Program, extensions};
use proptest::prelude::*;
use serde_json::json;

use super::{env, shown, value};
use crate::functions::{
    abs, add, all, at, call, ceil, contains, distinct, div, double, ends_with, equal, exists, filter, flatten, floor,
    greater, greater_equal, index_of, int, is_in, join, less, less_equal, lower, map, max, min, mul, neg, not, range,
    replace, round, size, sort_by, split, starts_with, string, sub, substring, take, trim, upper,
};
use crate::{Env, Value};

/// An expression of CEL over `a`, `b` and `c`; what of ours it is held against, as [`documented`] names it; and the Rust that
/// is emitted for that.
type Case = (&'static str, &'static str, fn(&Env, &Value, &Value, &Value) -> Value);

const CASES: &[Case] = &[
    ("a + b", "+", |env, a, b, _| add(env, a, b)),
    ("a - b", "-", |env, a, b, _| sub(env, a, b)),
    ("a * b", "*", |env, a, b, _| mul(env, a, b)),
    ("-a", "-", |env, a, _, _| neg(env, a)),
    ("!a", "!", |env, a, _, _| not(env, a)),
    ("a == b", "==", |env, a, b, _| equal(env, a, b)),
    ("a != b", "!=", |env, a, b, _| not(env, &equal(env, a, b))),
    ("a < b", "<", |env, a, b, _| less(env, a, b)),
    ("a <= b", "<=", |env, a, b, _| less_equal(env, a, b)),
    ("a > b", ">", |env, a, b, _| greater(env, a, b)),
    ("a >= b", ">=", |env, a, b, _| greater_equal(env, a, b)),
    ("a in b", "in", |env, a, b, _| is_in(env, a, b)),
    ("a[b]", "[]", |env, a, b, _| at(env, a, b)),
    ("a % b", "%", |env, a, b, _| call("rem", env, &[a.clone(), b.clone()]).unwrap()),
    ("a / b", "/", |env, a, b, _| div(env, a, b)),
    ("int(a)", "int", |env, a, _, _| int(env, a)),
    ("double(a)", "double", |env, a, _, _| double(env, a)),
    ("string(a)", "string", |env, a, _, _| string(env, a)),
    ("size(a)", ".size", |env, a, _, _| size(env, a)),
    ("a.size()", ".size", |env, a, _, _| size(env, a)),
    ("a.contains(b)", ".contains", |env, a, b, _| contains(env, a, b)),
    ("a.startsWith(b)", ".startsWith", |env, a, b, _| starts_with(env, a, b)),
    ("a.endsWith(b)", ".endsWith", |env, a, b, _| ends_with(env, a, b)),
    ("a.trim()", ".trim", |env, a, _, _| trim(env, a)),
    ("a.lowerAscii()", ".lower", |env, a, _, _| lower(env, a)),
    ("a.upperAscii()", ".upper", |env, a, _, _| upper(env, a)),
    ("a.split(b)", ".split", |env, a, b, _| split(env, a, b)),
    ("a.replace(b, c)", ".replace", |env, a, b, c| replace(env, a, b, c)),
    ("a.substring(b)", ".substring", |env, a, b, _| substring(env, a, b, &Value::Null)),
    ("a.substring(b, c)", ".substring", |env, a, b, c| substring(env, a, b, c)),
    ("a.substring(0, b)", ".take", |env, a, b, _| take(env, a, b)),
    ("a.indexOf(b)", ".indexOf", |env, a, b, _| index_of(env, a, b)),
    ("a.join(b)", ".join", |env, a, b, _| join(env, a, b)),
    ("a.slice(0, b)", ".take", |env, a, b, _| take(env, a, b)),
    ("a.flatten()", ".flatten", |env, a, _, _| flatten(env, a)),
    ("a.distinct()", ".distinct", |env, a, _, _| distinct(env, a)),
    ("math.least(a)", ".min", |env, a, _, _| min(env, a)),
    ("math.greatest(a)", ".max", |env, a, _, _| max(env, a)),
    ("lists.range(a)", "range", |env, a, _, _| range(env, a)),
    ("math.round(a)", ".round", |env, a, _, _| round(env, a, &Value::Null)),
    ("math.floor(a)", ".floor", |env, a, _, _| floor(env, a)),
    ("math.ceil(a)", ".ceil", |env, a, _, _| ceil(env, a)),
    ("math.abs(a)", ".abs", |env, a, _, _| abs(env, a)),
    ("a ? b : c", "?:", |_, a, b, c| if a.is_true() { b.clone() } else { c.clone() }),
    ("a && b", "&&", |_, a, b, _| Value::Bool(a.is_true() && b.is_true())),
    ("a || b", "||", |_, a, b, _| Value::Bool(a.is_true() || b.is_true())),
    ("a.filter(x, x > b)", ".filter", |env, a, b, _| filter(env, a, |x| greater(env, x, b).is_true())),
    ("a.filter(x, x in b)", ".filter", |env, a, b, _| filter(env, a, |x| is_in(env, x, b).is_true())),
    ("a.map(x, x + b)", ".map", |env, a, b, _| map(env, a, |x| add(env, x, b))),
    ("a.map(x, [x, x == b])", ".map", |env, a, b, _| map(env, a, |x| Value::list([x.clone(), equal(env, x, b)]))),
    ("a.exists(x, x == b)", ".exists", |env, a, b, _| exists(env, a, |x| equal(env, x, b).is_true())),
    ("a.exists(x, x < b)", ".exists", |env, a, b, _| exists(env, a, |x| less(env, x, b).is_true())),
    ("a.all(x, x <= b)", ".all", |env, a, b, _| all(env, a, |x| less_equal(env, x, b).is_true())),
    ("a.all(x, x != b)", ".all", |env, a, b, _| all(env, a, |x| !equal(env, x, b).is_true())),
    ("a.sortBy(x, x)", ".sortBy", |env, a, _, _| sort_by(env, a, Value::clone)),
    ("a.sortBy(x, x == b)", ".sortBy", |env, a, b, _| sort_by(env, a, |x| equal(env, x, b))),
];

/// What is ours alone: why, and what is so, as [`documented`] names it.
const NOT_OF_CEL: &[(&str, &[&str])] = &[
    ("CEL has errors where here is null, so it needs no function for what stands in its place", &["coalesce"]),
    ("expressions of CEL make nothing new", &["uuid"]),
    ("CEL makes neither groups nor maps of lists", &[".groupBy", ".keyBy"]),
    ("its extensions have no such function of texts", &[".trimEnd", "wordCount", "excerpt"]),
    ("its extensions have no such function of lists", &[".first", ".last", ".sum", ".avg"]),
    ("maps of CEL are never changed", &[".with", ".without", ".merge"]),
    ("CEL has no days without a time", &["date", ".date", ".plusDays", ".plusMonths", ".plusYears", ".at"]),
    ("CEL has no days that may be times", &["dayOf", "instantOf", "secondsBetween", "daysBetween"]),
    ("durations of CEL are read from texts, such as `1h30m`", &["seconds", "minutes", "hours"]),
    ("CEL has no beginning and end of a week or month", &[".startOf", ".endOf", ".timeOfDay"]),
    (
        "parts of a timestamp are methods of other names in CEL, counted otherwise (January is 0, Sunday is 0), and that \
         evaluator has them with another library for times alone",
        &[".year", ".month", ".day", ".weekday"],
    ),
];

/// What the page of functions documents: operators by their signs, functions by their names, methods with a point before.
fn documented() -> Vec<String> {
    let page = include_str!("../../../../../../docs/functions.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let forms = rows.flat_map(|(forms, _)| forms.split("`, `"));
    forms.map(|form| named(&form.replace('\\', ""))).collect()
}

fn named(form: &str) -> String {
    if let Some((before, _)) = form.split_once('(') {
        return before.find('.').map_or(before, |point| &before[point..]).to_owned();
    }
    let signs: String = form.chars().filter(|sign| !sign.is_alphanumeric() && *sign != ' ').collect();
    if signs.is_empty() { "in".to_owned() } else { signs }
}

#[test]
fn all_that_is_documented_is_compared_or_ours_alone() {
    let documented = documented();
    assert!(documented.len() > 80, "{documented:?}");
    let compared = |name: &str| CASES.iter().any(|(_, of, _)| *of == name);
    let is_ours = |name: &str| NOT_OF_CEL.iter().any(|(_, names)| names.contains(&name));
    for name in &documented {
        assert!(compared(name) != is_ours(name), "`{name}` needs a case, or a reason why CEL does not have it");
    }
    let listed = NOT_OF_CEL.iter().flat_map(|(_, names)| names.iter()).chain(CASES.iter().map(|(_, of, _)| of));
    for name in listed {
        assert!(documented.iter().any(|known| known == name), "`{name}` is not documented");
    }
}

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
    let text = a.as_str().unwrap_or_default();
    let double = if let Value::Double(number) = a { *number } else { 0.0 };
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
    let differs = match expression {
        "a / b" => (matches!((a, b), (Value::Int(_), Value::Int(_))), "the quotient of integers has a fraction"),
        "string(a)" if is_odd_text_of(theirs, a) => {
            (true, "of two shortest texts that are equally near to a number, ECMAScript takes the even one")
        }
        "string(a)" => (
            matches!(a, Value::Double(_)) && !(1e-6..1e21).contains(&double.abs()),
            "very large and small numbers are written as in JSON, with an exponent",
        ),
        "a.lowerAscii()" | "a.upperAscii()" => (!text.is_ascii(), "letters beyond ASCII change their case too"),
        "a.trim()" => (text.contains(['\u{feff}', '\u{85}']), "white space is that of ECMAScript"),
        "a.indexOf(b)" => (*theirs == Value::Int(-1), "a text that does not occur has no place: null, and not -1"),
        "a.flatten()" => (a.items().contains(&Value::Null), "elements that are null are left out"),
        "math.least(a)" | "math.greatest(a)" => {
            (!matches!(a, Value::List(_)), "the least of a list, never of one number")
        }
        "lists.range(a)" => (a.as_int() > Some(1000), "a range has 1,000 elements at most"),
        "math.round(a)" => (double < 0.0 && (double - double.trunc()).abs() == 0.5, "halves go up, -2.5 to -2"),
        _ => (false, ""),
    };
    if let (true, reason) = differs {
        return Some(reason);
    }
    if expression.contains("(x, ") && matches!(a, Value::Map(_)) {
        return Some("comprehensions are over lists only, in CEL also over the names of a map");
    }
    None
}

/// Whether it is a text of this number that ends with an odd digit.
fn is_odd_text_of(text: &Value, number: &Value) -> bool {
    let Value::Double(number) = number else { return false };
    let text = text.as_str().unwrap_or_default();
    text.parse() == Ok(*number) && text.ends_with(['1', '3', '5', '7', '9'])
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
    static EVALUATOR: (Arc<cel::Env>, Vec<Program>) = {
        let mut env = cel::Env::stdlib();
        for extension in [extensions::strings, extensions::lists, extensions::math] {
            env.add_extension(extension).unwrap();
        }
        let programs = CASES.iter().map(|(expression, ..)| env.compile(expression).unwrap()).collect();
        (Arc::new(env), programs)
    };
}

/// What that evaluator gives for each case; nothing where it has an error.
fn theirs(values: Values) -> Vec<Option<Value>> {
    EVALUATOR.with(|(env, programs)| {
        let mut context = Context::with_env(Arc::clone(env));
        for (name, value) in ["a", "b", "c"].into_iter().zip(values.0) {
            context.add_variable_from_value(name, to_cel(value));
        }
        programs.iter().map(|program| program.execute(&context).ok().as_ref().map(from_cel)).collect()
    })
}

fn check(values: Values) {
    let [a, b, c] = values.0;
    for ((expression, _, rust), theirs) in CASES.iter().zip(theirs(values)) {
        let ours = rust(&env(), a, b, c);
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
}

#[test]
fn the_cases_are_compared() {
    // Each case has values of which CEL has a result, so that none is passed over.
    let values = [
        json!([1, 2, 3]),
        json!(["a", "a", "b"]),
        json!(["abc", 1, 2]),
        json!([-1.5, 0, 0]),
        json!([876_919_028_289_350.2, 0, 0]),
        json!([true, false, 1]),
        json!([[1, 2], 0, 1]),
        json!([["a", "b"], ", ", 0]),
        json!([1, [1, 2], 0]),
        json!([[1, 2], [1], 0]),
        json!([[1, 2], 1, 0]),
    ];
    let mut compared = std::collections::BTreeSet::new();
    for values in values.iter().map(value) {
        let [a, b, c] = values.items() else { unreachable!() };
        check(Values([a, b, c]));
        let theirs = theirs(Values([a, b, c])).into_iter();
        compared
            .extend(theirs.zip(CASES).filter(|(theirs, _)| theirs.is_some()).map(|(_, (expression, ..))| *expression));
    }
    let all = CASES.iter().map(|(expression, ..)| *expression);
    let passed_over: Vec<_> = all.filter(|expression| !compared.contains(expression)).collect();
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
        prop::collection::vec("[-+]?[0-9]{1,3}(\\.[0-9]{1,3})?(e[0-9]{1,2})?| ?[aA] ?".prop_map(Value::text), 3),
        ("[aAé👩]{0,6}".prop_map(Value::text), 0_i64..7, 0_i64..7)
            .prop_map(|(text, from, to)| vec![text, Value::Int(from), Value::Int(to)]),
        (prop::collection::vec("[ab]{0,2}".prop_map(Value::text), 0..5), "[, ]{0,2}")
            .prop_map(|(texts, between)| vec![Value::list(texts), Value::text(between), Value::Null]),
        (prop::collection::vec((-20_i32..20).prop_map(|half| Value::Double(f64::from(half) / 2.0)), 1..9), -9_i32..9)
            .prop_map(|(numbers, half)| vec![Value::Double(f64::from(half) / 2.0), Value::list(numbers), Value::Null]),
        (prop::collection::vec((-5_i64..5).prop_map(Value::Int), 0..9), 0_i64..9)
            .prop_map(|(numbers, count)| vec![Value::list(numbers), Value::Int(count), Value::Null]),
    ]) {
        check(Values([&values[0], &values[1], &values[2]]));
    }
}
