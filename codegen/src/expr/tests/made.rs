//! Made-up types, values of them, and expressions over them. Expressions grow out of those that were in order, so that most of
//! what is tried is nearly right.

use std::sync::Arc;

use mana_mcp_values::{Env, Value};

use super::{Names, object, words};
use crate::diagnostics::Diagnostic;
use crate::expr::eval::Evaluator;
use crate::expr::functions::{self, Function, Takes};
use crate::expr::typed::OverFunction;
use crate::expr::{Scope, Ty, TyKind, Typed, Variable};

/// Numbers that look like chance.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(super) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % most.max(1)
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub(super) fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

const WORDS: [&str; 3] = ["small", "medium", "large"];
const DATES: [&str; 4] = ["2026-05-03", "2024-02-29", "2026-12-31", "2026-03-29"];
const TEXTS: [&str; 8] = ["", "a", "Ä b", "12", "-1.5", "2026-05-01", "09:30", "small"];
pub(super) const MOMENTS: [&str; 3] = ["2026-05-01", "2026-05-01T09:00", "2026-05-01T00:00:00Z"];

/// A type.
pub(super) fn ty(dice: &mut Dice, depth: usize) -> Ty {
    let kinds = if depth == 0 { 12 } else { 15 };
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
        11 => TyKind::Json,
        12 => TyKind::List(Arc::new(ty(dice, depth - 1))),
        13 => TyKind::Map(Arc::new(ty(dice, depth - 1).there())),
        _ => {
            let members: Vec<(&str, Ty)> =
                ["a", "b", "c"][..=dice.below(2)].iter().map(|name| (*name, ty(dice, depth - 1))).collect();
            object("a thing", &members).kind
        }
    };
    Ty::of(kind).or_null_if(dice.one_in(3))
}

/// A value of a type.
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
        TyKind::Date => mana_mcp_values::functions::date(env, &Value::text(*dice.pick(&DATES))),
        TyKind::Timestamp => Value::Timestamp(env.now()),
        TyKind::Moment => mana_mcp_values::functions::moment(env, &Value::text(*dice.pick(&MOMENTS))),
        TyKind::Enum(words) => Value::text(dice.pick(words).clone()),
        TyKind::Json => Value::object(TEXTS[..count].iter().map(|name| (*name, Value::text(*name)))),
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
pub(super) fn misfit(value: &Value, ty: &Ty) -> Result<(), String> {
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
pub(super) struct Pool {
    pub(super) all: Vec<(String, Ty)>,
}

impl Pool {
    pub(super) fn any(&self, dice: &mut Dice) -> String {
        format!("({})", dice.pick(&self.all).0)
    }

    /// One that an argument takes, nearly always.
    pub(super) fn for_argument(&self, takes: Takes, dice: &mut Dice) -> String {
        let fitting: Vec<&(String, Ty)> =
            self.all.iter().filter(|(_, ty)| takes.takes(ty) && (!ty.nullable || takes.takes_null())).collect();
        match takes {
            Takes::Unit => (*dice.pick(&["\"day\"", "\"week\"", "\"month\"", "\"year\""])).to_owned(),
            Takes::Date | Takes::MomentOrNull | Takes::DateOrTimestamp if dice.one_in(6) => "\"2026-05-01\"".to_owned(),
            Takes::Clock if dice.one_in(2) => "\"09:30\"".to_owned(),
            Takes::Int if dice.one_in(2) => (*dice.pick(&["0", "1", "-1", "3", "1000000"])).to_owned(),
            Takes::Text if dice.one_in(3) => (*dice.pick(&["\"\"", "\"a\"", "\", \""])).to_owned(),
            _ if fitting.is_empty() || dice.one_in(20) => self.any(dice),
            _ => format!("({})", dice.pick(&fitting).0),
        }
    }

    /// What a function is called with: all that it must have, and perhaps what may be left out.
    pub(super) fn arguments(&self, function: &Function, dice: &mut Dice) -> Vec<String> {
        let left_out = if dice.one_in(2) { function.optional } else { 0 };
        let takes = function.takes.iter().take(function.takes.len() - left_out);
        takes.map(|takes| self.for_argument(*takes, dice)).collect()
    }

    /// What stands around an operator: nearly always what it takes.
    fn operands(&self, operator: &str, dice: &mut Dice) -> (String, String) {
        let fits = |ty: &Ty| match operator {
            "*" | "/" | "%" => ty.is_number(),
            "&&" | "||" => matches!(ty.kind, TyKind::Bool),
            _ => true,
        };
        let fitting: Vec<&(String, Ty)> = self.all.iter().filter(|(_, ty)| !ty.nullable && fits(ty)).collect();
        if fitting.is_empty() || dice.one_in(4) {
            return (self.any(dice), self.any(dice));
        }
        let (one, ty) = *dice.pick(&fitting);
        if operator == "in" {
            return (format!("({one})"), self.for_argument(Takes::List, dice));
        }
        let is_alike = |other: &Ty| std::mem::discriminant(&other.kind) == std::mem::discriminant(&ty.kind);
        let alike: Vec<&str> =
            fitting.iter().filter(|(_, other)| is_alike(other)).map(|(source, _)| source.as_str()).collect();
        (format!("({one})"), format!("({})", dice.pick(&alike)))
    }

    /// A new expression out of old ones.
    pub(super) fn grown(&self, dice: &mut Dice) -> String {
        unquoted(self.composed(dice))
    }

    fn composed(&self, dice: &mut Dice) -> String {
        let all: Vec<&Function> = functions::all().collect();
        match dice.below(13) {
            0..=4 => {
                let function = *dice.pick(&all);
                called(function, &self.arguments(function, dice))
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
                let operator = *dice.pick(&["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "in"]);
                let (one, other) = self.operands(operator, dice);
                format!("{one} {operator} {other}")
            }
            7 => {
                let one = self.any(dice);
                match dice.below(4) {
                    0 => format!("{one} == null ? {} : {one}", self.any(dice)),
                    1 => format!("{one} != null ? {one} : {}", self.any(dice)),
                    2 => {
                        let ((test, _), (one, other)) = (self.operands("&&", dice), self.operands("==", dice));
                        format!("{test} ? {one} : {other}")
                    }
                    _ => format!("coalesce({one}, {})", self.any(dice)),
                }
            }
            8 => match dice.below(3) {
                0 => format!("[{}, {}]", self.any(dice), self.any(dice)),
                1 => format!("{{\"a\": {}, \"b\": {}}}", self.any(dice), self.any(dice)),
                _ => format!("[{}]", self.any(dice)),
            },
            9 => {
                let (of, key) =
                    *dice.pick(&[(Takes::List, Takes::Int), (Takes::Map, Takes::Text), (Takes::List, Takes::Anything)]);
                format!("{}[{}]", self.for_argument(of, dice), self.for_argument(key, dice))
            }
            10 => format!("a ${{{}}}, b ${{{}}}", self.any(dice), self.any(dice)),
            11 => format!("{}.{}", self.any(dice), dice.pick(&["a", "b", "c", "key", "items"])),
            _ => format!("{}{}", dice.pick(&["!", "-"]), self.any(dice)),
        }
    }
}

/// The same in brackets where it begins with a quote: as a text of YAML, it would be a quoted one.
pub(super) fn unquoted(source: String) -> String {
    if source.starts_with(['"', '\'']) { format!("({source})") } else { source }
}

/// A call of a function; of a method, the first argument stands before the point.
pub(super) fn called(function: &Function, arguments: &[String]) -> String {
    match arguments {
        [target, rest @ ..] if function.is_method => format!("{target}.{}({})", function.name, rest.join(", ")),
        all => format!("{}({})", function.name, all.join(", ")),
    }
}

/// What there is besides the input.
const LEAVES: [&str; 12] = [
    "now",
    "today",
    "null",
    "true",
    "1",
    "2.5",
    "\"a\"",
    "\"2026-05-01\"",
    "\"2026-05-01T09:00:00Z\"",
    "[]",
    "constants.prices",
    "constants.days",
];

/// A tool's input of a made-up type, and what its expressions may name.
pub(super) struct World {
    pub(super) names: Names,
    input: Ty,
    constants: Value,
}

impl World {
    pub(super) const CONSTANTS: &str = r#"{ "prices": { "small": 1, "medium": 2.5 }, "days": [5, 6] }"#;

    pub(super) fn new(dice: &mut Dice) -> Self {
        let members = ["one", "two", "three", "four", "five", "six"].map(|name| (name, ty(dice, 2)));
        let input = object("the input", &members);
        let mut scope = Scope::default();
        scope.add("input", Variable::Input, input.clone());
        scope.add("now", Variable::Now, Ty::of(TyKind::Timestamp));
        scope.add("today", Variable::Today, Ty::of(TyKind::Date));
        let constants: serde_json::Value = serde_json::from_str(Self::CONSTANTS).unwrap();
        let names = Names { scope, constants: Some(Ty::of_json(&constants)) };
        Self { names, input, constants: Value::from_json(&constants) }
    }

    /// 2026-05-02 in UTC, and already the 3rd in Berlin.
    pub(super) fn env() -> Env {
        Env::new("2026-05-02T22:30:00Z".parse().unwrap(), "Europe/Berlin".parse().unwrap())
    }

    /// An input.
    pub(super) fn input(&self, dice: &mut Dice, env: &Env) -> Value {
        value(dice, &self.input, env)
    }

    /// The expressions from which others grow.
    pub(super) fn pool(&self) -> Pool {
        let members = self.input.object().map(|input| input.members.as_slice()).unwrap_or_default();
        let leaves =
            LEAVES.map(str::to_owned).into_iter().chain(members.iter().map(|(name, _)| format!("input.{name}")));
        let all = leaves.map(|leaf| {
            let ty = self.names.check(&leaf, None).unwrap().ty;
            (leaf, ty)
        });
        Pool { all: all.collect() }
    }

    /// The value of an expression for an input.
    pub(super) fn value(&self, typed: &Typed, input: &Value, env: &Env) -> Value {
        let mut evaluator = Evaluator::new(env, self.constants.clone());
        evaluator.set(Variable::Input, input.clone());
        evaluator.value(typed)
    }

    /// Whether an expression that was read for `wanted` has a value of that type, or a problem that says where it is. Nothing is
    /// said of values that are not worth anything, since their call fails.
    pub(super) fn holds(
        &self,
        source: &str,
        read: &Result<Typed, Vec<Diagnostic>>,
        wanted: &Ty,
        input: &Value,
        env: &Env,
    ) -> Result<(), String> {
        let typed = match read {
            Ok(typed) => typed,
            Err(problems) => {
                let is_told = |one: &Diagnostic| !one.message().is_empty() && marked(source, one).is_some();
                let untold = problems.iter().find(|one| !is_told(one));
                return untold.map_or(Ok(()), |one| Err(format!("{source}: no place of {one:?}")));
            }
        };
        let made = self.value(typed, input, env);
        match misfit(&made, wanted) {
            Err(wrong) if !env.is_exhausted() => {
                let made = serde_json::to_string(&made).unwrap_or_default();
                Err(format!("{source} is {made}, and not {wanted}: {wrong}"))
            }
            _ => Ok(()),
        }
    }
}

/// What the carets of a problem stand under.
pub(super) fn marked<'s>(source: &'s str, problem: &Diagnostic) -> Option<&'s str> {
    let span = problem.primary().span;
    source.get(span.start..span.end)
}
