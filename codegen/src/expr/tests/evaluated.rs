//! Made-up expressions over made-up types: each either gets a problem, or has a value of its type, and none panics. Expressions
//! grow out of those that were in order, so that most of what is tried is nearly right.

use std::collections::BTreeMap;
use std::sync::Arc;

use mana_mcp_values::{Env, Moment, Timestamp, Value, Zone};
use proptest::prelude::*;

use super::{Names, object, words};
use crate::expr::eval::Evaluator;
use crate::expr::functions::{self, Function, Takes};
use crate::expr::typed::OverFunction;
use crate::expr::{Scope, Ty, TyKind, Typed, Variable};

/// Numbers that look like chance.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % most.max(1)
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

const WORDS: [&str; 3] = ["small", "medium", "large"];
const TEXTS: [&str; 8] = ["", "a", "Ä b", "12", "-1.5", "2026-05-01", "09:30", "small"];
const MOMENTS: [&str; 3] = ["2026-05-01", "2026-05-01T09:00", "2026-05-01T00:00:00Z"];

fn ty(dice: &mut Dice, depth: usize) -> Ty {
    let kinds = if depth == 0 { 11 } else { 14 };
    let kind = match dice.below(kinds) {
        0 => TyKind::Bool,
        1 | 2 => TyKind::Int,
        3 => TyKind::Double,
        4 | 5 => TyKind::Text,
        6 => TyKind::Id,
        7 => TyKind::Date,
        8 => TyKind::Timestamp,
        9 => TyKind::Moment,
        10 => words(&WORDS[..=dice.below(2)]).kind,
        11 => TyKind::List(Arc::new(ty(dice, depth - 1))),
        12 => TyKind::Map(Arc::new(ty(dice, depth - 1).there())),
        _ => {
            let members: Vec<(&str, Ty)> =
                ["a", "b", "c"][..=dice.below(2)].iter().map(|name| (*name, ty(dice, depth - 1))).collect();
            object("a thing", &members).kind
        }
    };
    Ty::of(kind).or_null_if(dice.one_in(3))
}

fn value(dice: &mut Dice, ty: &Ty, env: &Env) -> Value {
    if ty.nullable && dice.one_in(3) {
        return Value::Null;
    }
    let count = dice.below(4);
    match &ty.kind {
        TyKind::Bool => Value::Bool(dice.one_in(2)),
        TyKind::Int => Value::int(*dice.pick(&[0, 1, -1, 3, 7, 100, 9_007_199_254_740_991])),
        TyKind::Double => Value::double(*dice.pick(&[0.0, 0.5, -2.25, 3.0, 1e300])),
        TyKind::Text | TyKind::Id => Value::text(*dice.pick(&TEXTS)),
        TyKind::Date => Value::Date(env.today()),
        TyKind::Timestamp => Value::Timestamp(env.now()),
        TyKind::Moment => mana_mcp_values::functions::moment(env, &Value::text(*dice.pick(&MOMENTS))),
        TyKind::Enum(words) => Value::text(dice.pick(words).clone()),
        TyKind::List(items) => Value::list((0..count).map(|_| value(dice, items, env)).collect::<Vec<_>>()),
        TyKind::Map(values) => {
            let members: Vec<(&str, Value)> =
                TEXTS[..count].iter().map(|name| (*name, value(dice, values, env))).collect();
            Value::object(members)
        }
        TyKind::Object(of) => {
            let members: Vec<(&str, Value)> =
                of.members.iter().map(|(name, ty)| (name.as_str(), value(dice, ty, env))).collect();
            Value::object(members)
        }
        _ => Value::Null,
    }
}

/// Why a value is not of a type.
fn misfit(value: &Value, ty: &Ty) -> Result<(), String> {
    let wrong = || Err(format!("{} is not {ty}", serde_json::to_string(value).unwrap_or_default()));
    match (value, &ty.kind) {
        (Value::Null, TyKind::Null) | (_, TyKind::Unknown) => Ok(()),
        (Value::Null, _) => {
            if ty.nullable {
                Ok(())
            } else {
                wrong()
            }
        }
        (Value::Bool(_), TyKind::Bool)
        | (Value::Int(_), TyKind::Int | TyKind::Double)
        | (Value::Double(_), TyKind::Double)
        | (Value::Text(_), TyKind::Text | TyKind::Id)
        | (Value::Date(_), TyKind::Date | TyKind::Moment)
        | (Value::Timestamp(_), TyKind::Timestamp | TyKind::Moment)
        | (Value::Moment(_), TyKind::Moment)
        | (Value::Duration(_), TyKind::Duration)
        | (Value::Map(_), TyKind::Json) => Ok(()),
        (Value::Text(word), TyKind::Enum(words)) => {
            if words.iter().any(|known| known == word.as_str()) {
                Ok(())
            } else {
                wrong()
            }
        }
        (Value::List(items), TyKind::List(of)) => {
            if ty.filled && items.is_empty() {
                return Err("the list has no element, though it was to have one".to_owned());
            }
            items.iter().try_for_each(|item| misfit(item, of))
        }
        (Value::Map(members), TyKind::Map(of)) => members.present().try_for_each(|(_, member)| misfit(member, of)),
        (Value::Map(_), TyKind::Object(of)) => {
            of.members.iter().try_for_each(|(name, ty)| misfit(value.member(name), ty))
        }
        _ => wrong(),
    }
}

/// Expressions that were in order, with their types.
struct Pool {
    all: Vec<(String, Ty)>,
}

impl Pool {
    fn any(&self, dice: &mut Dice) -> String {
        format!("({})", dice.pick(&self.all).0)
    }

    /// One that an argument takes, nearly always.
    fn for_argument(&self, takes: Takes, dice: &mut Dice) -> String {
        let fitting: Vec<&(String, Ty)> =
            self.all.iter().filter(|(_, ty)| takes.takes(ty) && (!ty.nullable || takes.takes_null())).collect();
        match takes {
            Takes::Unit => (*dice.pick(&["\"day\"", "\"week\"", "\"month\"", "\"year\""])).to_owned(),
            Takes::Clock if dice.one_in(2) => "\"09:30\"".to_owned(),
            Takes::Int if dice.one_in(2) => (*dice.pick(&["0", "1", "-1", "3", "1000000"])).to_owned(),
            Takes::Text if dice.one_in(3) => (*dice.pick(&["\"\"", "\"a\"", "\", \""])).to_owned(),
            _ if fitting.is_empty() || dice.one_in(20) => self.any(dice),
            _ => format!("({})", dice.pick(&fitting).0),
        }
    }

    fn call(&self, function: &Function, dice: &mut Dice) -> String {
        let (fewest, most) = function.arguments();
        let count = if dice.one_in(2) { fewest } else { most };
        let mut takes = function.takes.iter();
        let target = if function.is_method { takes.next().map(|takes| self.for_argument(*takes, dice)) } else { None };
        let arguments: Vec<String> = takes.take(count).map(|takes| self.for_argument(*takes, dice)).collect();
        let target = target.map(|target| format!("{target}.")).unwrap_or_default();
        format!("{target}{}({})", function.name, arguments.join(", "))
    }

    /// A new expression out of old ones.
    fn grown(&self, dice: &mut Dice) -> String {
        let all: Vec<&Function> = functions::all().collect();
        match dice.below(12) {
            0..=4 => {
                let function = *dice.pick(&all);
                self.call(function, dice)
            }
            5 => {
                let (name, _) = dice.pick(&OverFunction::ALL);
                let list = self.for_argument(Takes::List, dice);
                let body = match dice.below(5) {
                    0 => "x".to_owned(),
                    1 => format!("x.{}", dice.pick(&["a", "b", "key", "items"])),
                    2 => format!("x != null && x == {}", self.any(dice)),
                    3 => format!("x == null || {}", self.any(dice)),
                    _ => self.any(dice),
                };
                format!("{list}.{name}(x, {body})")
            }
            6 => {
                let operator = dice.pick(&["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "in"]);
                format!("{} {operator} {}", self.any(dice), self.any(dice))
            }
            7 => {
                let one = self.any(dice);
                match dice.below(4) {
                    0 => format!("{one} == null ? {} : {one}", self.any(dice)),
                    1 => format!("{one} != null ? {one} : {}", self.any(dice)),
                    2 => format!("{} ? {one} : {}", self.any(dice), self.any(dice)),
                    _ => format!("coalesce({one}, {})", self.any(dice)),
                }
            }
            8 => match dice.below(3) {
                0 => format!("[{}, {}]", self.any(dice), self.any(dice)),
                1 => format!("{{\"a\": {}, \"b\": {}}}", self.any(dice), self.any(dice)),
                _ => format!("[{}]", self.any(dice)),
            },
            9 => format!("{}[{}]", self.any(dice), self.any(dice)),
            10 => format!("{}.{}", self.any(dice), dice.pick(&["a", "b", "c", "key", "items"])),
            _ => format!("{}{}", dice.pick(&["!", "-"]), self.any(dice)),
        }
    }
}

fn evaluates(seed: u64) -> Result<usize, TestCaseError> {
    // As the compiler does, which has a stack of its own.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(move || on_this_stack(seed));
    thread.unwrap().join().unwrap()
}

fn on_this_stack(seed: u64) -> Result<usize, TestCaseError> {
    let mut dice = Dice(seed | 1);
    let now: Timestamp = "2026-05-02T22:30:00Z".parse().unwrap();
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    let env = Env::new(now, zone);
    let members: Vec<(&str, Ty)> =
        ["one", "two", "three", "four", "five", "six"].iter().map(|name| (*name, ty(&mut dice, 2))).collect();
    let input = object("the input", &members);
    let mut scope = Scope::default();
    scope.add("input", Variable::Input, input.clone());
    scope.add("now", Variable::Now, Ty::of(TyKind::Timestamp));
    scope.add("today", Variable::Today, Ty::of(TyKind::Date));
    let constants = serde_json::json!({ "prices": { "small": 1, "medium": 2.5 }, "days": [5, 6] });
    let names = Names { scope, constants: Some(Ty::of_json(&constants)) };
    let given: Vec<(&str, Value)> = members.iter().map(|(name, ty)| (*name, value(&mut dice, ty, &env))).collect();
    let mut variables = BTreeMap::from([(Variable::Input, Value::object(given))]);
    let mut evaluator = Evaluator::new(&env, Value::from_json(&constants));
    while let Some((variable, value)) = variables.pop_first() {
        evaluator.set(variable, value);
    }
    let leaves = ["now", "today", "null", "true", "1", "2.5", "\"a\"", "[]", "constants.prices", "constants.days"];
    let leaves = leaves.iter().map(|leaf| (*leaf).to_owned());
    let leaves: Vec<String> = leaves.chain(members.iter().map(|(name, _)| format!("input.{name}"))).collect();
    let mut pool = Pool { all: Vec::new() };
    for leaf in leaves {
        let typed = names.check(&leaf, None).unwrap();
        pool.all.push((leaf, typed.ty));
    }
    for _ in 0..80 {
        let source = pool.grown(&mut dice);
        if source.len() > 400 {
            continue;
        }
        let typed: Typed = match names.check(&source, None) {
            Ok(typed) => typed,
            Err(problems) => {
                prop_assert!(problems.iter().all(|one| !one.message().is_empty()), "{}", source);
                continue;
            }
        };
        let made = evaluator.value(&typed);
        if env.is_exhausted() {
            break;
        }
        if let Err(wrong) = misfit(&made, &typed.ty) {
            let made = serde_json::to_string(&made).unwrap_or_default();
            return Err(TestCaseError::fail(format!("{source} is {made}, and not {}: {wrong}", typed.ty)));
        }
        pool.all.push((source, typed.ty));
    }
    Ok(pool.all.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_expression_has_a_problem_or_a_value_of_its_type(seed in any::<u64>()) {
        evaluates(seed)?;
    }

    #[test]
    fn soup_is_read_or_refused(source in "([a-z]{1,3}|[0-9]{1,2}|input|\\.|\\(|\\)|\\[|\\]|\\{|\\}|\"|'|,|:|\\?|!|-|\\+|&&|==| |\\$|\\\\){0,24}") {
        let _ = super::names().check(&source, None);
        let _ = super::names().check(&format!("${{{source}}}"), None);
    }
}

/// What is tried is not all refused.
#[test]
fn most_of_a_pool_is_new() {
    let grown: usize = (1..20).map(|seed| evaluates(seed * 7_919).unwrap()).sum();
    assert!(grown > 19 * 24, "{grown}");
}

#[test]
fn a_moment_is_one() {
    assert!(MOMENTS.iter().all(|text| Moment::is_one(text)));
}
