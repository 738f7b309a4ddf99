//! Calls of functions and methods.

use std::sync::Arc;

use super::Checker;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::expr::ast::{Ast, AstKind, Call};
use crate::expr::functions::{self, Function, Gives, Takes};
use crate::expr::ty::{Flow, ObjectTy, Ty, TyKind};
use crate::expr::typed::{Over, OverFunction, Typed, TypedKind, Variable};
use crate::validate::names::snake;

/// Functions that are not in the table, because they look at their arguments in their own way.
const OTHERS: [&str; 2] = ["coalesce", "uuid"];

/// Functions of CEL that the catalog does not take, and what is written instead.
const NOT_TAKEN: [(&str, &str); 29] = [
    ("has", "absent is null here: write `x != null`"),
    ("matches", "write `contains`, `startsWith` or `endsWith`"),
    ("existsOne", "write `.filter(x, …).size() == 1`"),
    ("exists_one", "write `.filter(x, …).size() == 1`"),
    ("timestamp", "write a time where one is wanted, or `instantOf(x)`"),
    ("duration", "write `seconds(n)`, `minutes(n)` or `hours(n)`"),
    ("uint", "integers are `int`"),
    ("type", "the compiler knows the types"),
    // Those of other languages.
    ("toUpperCase", "write `.upper()`"),
    ("toLowerCase", "write `.lower()`"),
    ("upperAscii", "write `.upper()`"),
    ("lowerAscii", "write `.lower()`"),
    ("length", "write `.size()`"),
    ("len", "write `.size()`"),
    ("count", "write `.size()`"),
    ("isEmpty", "write `.size() == 0`"),
    ("includes", "write `.contains(t)` of a text, `x in list` of a list"),
    ("slice", "write `.substring(from, to)` of a text, `.take(n)` of a list"),
    ("substr", "write `.substring(from, to)`"),
    ("some", "write `.exists(x, …)`"),
    ("any", "write `.exists(x, …)`"),
    ("every", "write `.all(x, …)`"),
    ("find", "write `.filter(x, …).first()`"),
    ("sort", "write `.sortBy(x, …)`"),
    ("reduce", "write `.map(x, …).sum()`, `.min()`, `.max()` or `.join(t)`"),
    ("parseInt", "write `int(x)`"),
    ("parseFloat", "write `double(x)`"),
    ("toString", "write `string(x)`"),
    ("now", "write `now`, without brackets"),
];

/// What is written in place of a function of another language.
pub(super) fn instead(name: &str) -> Option<&'static str> {
    NOT_TAKEN.iter().find(|(known, _)| *known == name).map(|(_, instead)| *instead)
}

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &Call, wanted: Option<&Ty>) -> Typed {
        match (&call.target, call.name.as_str()) {
            (None, "coalesce") => self.coalesce(call, wanted),
            (None, "uuid") => self.uuid(call),
            (Some(list), name) if OverFunction::ALL.iter().any(|(known, _)| *known == name) => {
                let function =
                    OverFunction::ALL.iter().find(|(known, _)| *known == name).map(|(_, function)| *function);
                match function {
                    Some(function) => self.over(function, list, call, wanted),
                    None => Typed::unknown(),
                }
            }
            _ => self.function(call),
        }
    }

    fn coalesce(&mut self, call: &Call, wanted: Option<&Ty>) -> Typed {
        if call.arguments.len() < 2 {
            let message = "`coalesce` takes two values or more";
            let help = "write `coalesce(x, y)`: the first that is not null";
            return self.report(Diagnostic::error(Code::ExpressionType, call.at, message).help(help));
        }
        let mut typed = Vec::new();
        let mut all: Option<Ty> = None;
        for argument in &call.arguments {
            // A literal takes the type of what stands before it.
            let wanted = all.clone().map(Ty::there).or_else(|| wanted.cloned());
            let one = self.expression(argument, wanted.as_ref());
            if one.ty.is_unknown() {
                return one;
            }
            let Some(ty) = all.as_ref().map_or_else(|| Some(one.ty.clone()), |all| all.unify(&one.ty)) else {
                let before = all.unwrap_or_else(Ty::unknown).there();
                let message = format!("the values before this one are {before}, and this is {}", one.ty);
                let help = "all of them are of one type";
                return self.report(Diagnostic::error(Code::ExpressionType, argument.span, message).help(help));
            };
            // The last one decides whether there is a value.
            all = Some(Ty { nullable: one.ty.nullable, ..ty });
            typed.push(one);
        }
        let ty = all.unwrap_or_else(Ty::unknown);
        let is_there = typed.iter().any(|one| !one.ty.nullable);
        Typed::new(TypedKind::Coalesce(typed), Ty { nullable: !is_there, ..ty })
    }

    fn uuid(&mut self, call: &Call) -> Typed {
        if !call.arguments.is_empty() {
            let problem = Diagnostic::error(Code::ExpressionType, call.at, "`uuid()` takes nothing");
            return self.report(problem.help("write `uuid()`"));
        }
        if !self.makes_ids {
            let message = "no id is made here";
            let help = "give it a name with a `value` step before";
            return self.report(Diagnostic::error(Code::UnknownFunction, call.at, message).help(help));
        }
        Typed::new(TypedKind::Uuid, Ty::of(TyKind::Id))
    }

    fn function(&mut self, call: &Call) -> Typed {
        let is_method = call.target.is_some();
        let named: Vec<&Function> = functions::all().filter(|one| one.name == call.name).collect();
        let Some(function) = named.iter().find(|one| one.is_method == is_method) else {
            return self.no_function(call, named.first().copied());
        };
        let (fewest, most) = function.arguments();
        let count = call.arguments.len();
        if !(fewest..=most).contains(&count) {
            let wanted = match (fewest, most) {
                (0, 0) => "no arguments".to_owned(),
                (1, 1) => "one argument".to_owned(),
                _ if fewest == most => format!("{most} arguments"),
                _ => format!("{fewest} or {most} arguments"),
            };
            let message = format!("`{}` takes {wanted}, not {count}", function.name);
            let help = format!("it is written `{}`", function.signature());
            return self.report(Diagnostic::error(Code::ExpressionType, call.at, message).help(help));
        }
        let mut typed = Vec::new();
        let mut flow = Flow::default();
        let arguments = call.target.as_deref().into_iter().chain(&call.arguments);
        for (takes, argument) in function.takes.iter().zip(arguments.clone()) {
            let one = self.argument(function, *takes, argument);
            if one.ty.is_unknown() {
                return one;
            }
            flow = flow.and(&one.ty.whole_flow());
            typed.push(one);
        }
        let types: Vec<Ty> = typed.iter().map(|one| one.ty.clone()).collect();
        let ty = function.result(&types);
        // A clock that is not written out may be none.
        let has_clock = function
            .takes
            .iter()
            .zip(arguments)
            .any(|(takes, argument)| *takes == Takes::Clock && !matches!(argument.kind, AstKind::Text(_)));
        let ty = ty.or_null_if(has_clock);
        // Elements keep what each of their members holds.
        let keeps_elements = matches!(function.gives, Gives::Same | Gives::Element | Gives::Flat)
            && types.first().is_some_and(|list| list.items().is_some());
        let ty = match (function.is_shape, keeps_elements) {
            (true, _) => Ty { flow: Flow::default(), ..ty },
            (false, true) => ty,
            (false, false) => ty.with_deep(&flow),
        };
        Typed::new(TypedKind::Function(function.rust, typed), ty)
    }

    fn argument(&mut self, function: &Function, takes: Takes, argument: &Ast) -> Typed {
        let written = match (&argument.kind, takes) {
            (AstKind::Text(word), Takes::Unit) => ["day", "week", "month", "year"].contains(&word.as_str()),
            (AstKind::Text(clock), Takes::Clock) => is_clock(clock),
            (_, Takes::Unit | Takes::Clock) => {
                let typed = self.expression(argument, None);
                if typed.ty.is_unknown() {
                    return typed;
                }
                if takes == Takes::Clock && typed.ty.is_text() || takes == Takes::Unit && is_unit(&typed) {
                    return self.must_be_there(typed, argument);
                }
                false
            }
            _ => true,
        };
        if !written {
            let message = format!("`{}` takes {} here", function.form(), takes.describe());
            let help = match takes {
                Takes::Clock => "write it out: `today.at(\"09:00\")`",
                _ => "write it out: `today.startOf(\"week\")`",
            };
            return self.report(Diagnostic::error(Code::ExpressionType, argument.span, message).help(help));
        }
        let wanted = match takes {
            Takes::Date => Some(Ty::of(TyKind::Date)),
            Takes::MomentOrNull | Takes::DateOrTimestamp => Some(Ty::of(TyKind::Moment)),
            _ => None,
        };
        let is_text = matches!(argument.kind, AstKind::Text(_));
        let typed = self.expression(argument, wanted.as_ref().filter(|_| is_text));
        if typed.ty.is_unknown() {
            return typed;
        }
        if !takes.takes(&typed.ty) {
            let message = format!(
                "`{}` takes {} here, and this is {}",
                function.form(),
                takes.describe(),
                typed.ty.clone().there()
            );
            let help = match (&typed.ty.kind, takes) {
                (TyKind::Moment, Takes::Date | Takes::DateOrTimestamp) => Some("write `dayOf(x)`"),
                (TyKind::Moment, Takes::Timestamp) => Some("write `instantOf(x)`"),
                (TyKind::Double, Takes::Int) => Some("write `int(x)`"),
                (TyKind::Int | TyKind::Double, Takes::Text) => Some("write `string(x)`"),
                (TyKind::Timestamp, Takes::Date) => Some("write `x.date()`"),
                (TyKind::List(_), Takes::Text) if function.name == "contains" => Some("write `x in list`"),
                (TyKind::Json | TyKind::Object(_), Takes::List) => Some("name one of its members"),
                _ => None,
            };
            let help = help.map(str::to_owned);
            return self.report(Diagnostic::error(Code::ExpressionType, argument.span, message).maybe_help(help));
        }
        if let (true, TyKind::List(items)) = (matches!(takes, Takes::Anything), &typed.ty.kind) {
            let items = (**items).clone();
            self.use_whole(&items);
        }
        if takes.takes_null() { typed } else { self.must_be_there(typed, argument) }
    }

    fn no_function(&mut self, call: &Call, other: Option<&Function>) -> Typed {
        let help = if let Some(other) = other {
            Some(format!("it is written `{}`", other.form()))
        } else if let Some(instead) = instead(&call.name) {
            Some(instead.to_owned())
        } else {
            let known =
                functions::all().map(|one| one.name).chain(OTHERS).chain(OverFunction::ALL.map(|(name, _)| name));
            did_you_mean(&call.name, known)
        };
        let message = format!("there is no function `{}`", call.name);
        self.report(Diagnostic::error(Code::UnknownFunction, call.at, message).maybe_help(help))
    }

    fn over(&mut self, function: OverFunction, list: &Ast, call: &Call, wanted: Option<&Ty>) -> Typed {
        let typed = self.operand(list);
        if typed.ty.is_unknown() {
            return typed;
        }
        let TyKind::List(items) = &typed.ty.kind else {
            let message = format!("`{}` goes over a list, and this is {}", call.name, typed.ty);
            let help = "name a list before the point";
            return self.report(Diagnostic::error(Code::ExpressionType, list.span, message).help(help));
        };
        let [element, body] = call.arguments.as_slice() else {
            let message = format!("`{}` takes a name for an element and an expression", call.name);
            let help = format!("write `.{}(x, …)`", call.name);
            return self.report(Diagnostic::error(Code::ExpressionType, call.at, message).help(help));
        };
        let AstKind::Name(name) = &element.kind else {
            let message = "expected a name for an element";
            let help = format!("write `.{}(x, …)`", call.name);
            return self.report(Diagnostic::error(Code::ExpressionType, element.span, message).help(help));
        };
        if super::is_reserved(name) {
            let message = format!("an element cannot be called `{name}`");
            let help = "call it by a letter, such as `x`";
            return self.report(Diagnostic::error(Code::BadName, element.span, message).help(help));
        }
        // In the generated code, `aName` and `a_name` are one.
        let hidden = self.scope.names().find(|known| *known != name && snake(known) == snake(name));
        if let Some(known) = hidden {
            let message = format!("the element `{name}` cannot be told from `{known}`");
            let help = "call it by a letter, such as `x`";
            return self.report(Diagnostic::error(Code::BadName, element.span, message).help(help));
        }
        let (items, filled) = ((**items).clone(), typed.ty.filled);
        let wanted_items = wanted.and_then(Ty::items).filter(|_| function == OverFunction::Map).cloned();
        let body_typed = self.within(|checker| {
            checker.scope.add(name, Variable::Named(name.clone()), items.clone());
            if function.takes_condition() {
                checker.condition(body)
            } else {
                checker.expression(body, wanted_items.as_ref())
            }
        });
        if body_typed.ty.is_unknown() {
            return body_typed;
        }
        let key = body_typed.ty.clone();
        let ty = match function {
            OverFunction::Filter => {
                let there = self.within(|checker| {
                    checker.scope.add(name, Variable::Named(name.clone()), items.clone());
                    checker.learn(body, true);
                    refined(&items, name, checker)
                });
                Ty::list(there)
            }
            OverFunction::Exists | OverFunction::All => Ty::of(TyKind::Bool),
            OverFunction::Map => Ty::list(key).filled_if(filled),
            OverFunction::SortBy => {
                let ordered = matches!(
                    key.kind,
                    TyKind::Int
                        | TyKind::Double
                        | TyKind::Text
                        | TyKind::Id
                        | TyKind::Enum(_)
                        | TyKind::Date
                        | TyKind::Timestamp
                        | TyKind::Duration
                        | TyKind::Bool
                );
                if !ordered {
                    let message = format!("{key} has no order");
                    let help = "order by a number, text, date or timestamp; `dayOf(x)`, `instantOf(x)` make one of a date or time";
                    return self.report(Diagnostic::error(Code::ExpressionType, body.span, message).help(help));
                }
                Ty::list(items).filled_if(filled)
            }
            OverFunction::GroupBy => {
                let members = vec![("key".to_owned(), key), ("items".to_owned(), Ty::list(items).filled_if(true))];
                let group = ObjectTy { what: "a group".to_owned(), members, reads: Default::default() };
                Ty::list(Ty::of(TyKind::Object(Arc::new(group)))).filled_if(filled)
            }
            OverFunction::KeyBy => {
                if !key.is_text() {
                    let message = format!("a map has texts for keys, and this is {key}");
                    let help = "write `string(x)`";
                    return self.report(Diagnostic::error(Code::ExpressionType, body.span, message).help(help));
                }
                // The keys tell what is in the elements.
                Ty::of(TyKind::Map(Arc::new(items))).with(&key.whole_flow())
            }
        };
        let body = Box::new(body_typed);
        let body = match (function, body.ty.words()) {
            (OverFunction::SortBy, Some(words)) => {
                let words = words.to_vec();
                let ty = Ty::of(TyKind::Int).or_null_if(body.ty.nullable);
                Box::new(Typed::new(TypedKind::Rank(body, words), ty))
            }
            _ => body,
        };
        Typed::new(TypedKind::Over(Over { function, list: Box::new(typed), element: name.clone(), body }), ty)
    }
}

/// The type of elements for which a condition holds.
fn refined(items: &Ty, name: &str, checker: &Checker<'_>) -> Ty {
    let items = if checker.scope.is_there(name) { items.clone().there() } else { items.clone() };
    let TyKind::Object(object) = &items.kind else { return items };
    let members = object.members.iter().map(|(member, ty)| {
        let is_there = checker.scope.is_there(&format!("{name}.{member}"));
        (member.clone(), if is_there { ty.clone().there() } else { ty.clone() })
    });
    let object = ObjectTy { members: members.collect(), ..(**object).clone() };
    Ty { kind: TyKind::Object(Arc::new(object)), ..items }
}

/// Whether all that an expression can give are names of units.
fn is_unit(typed: &Typed) -> bool {
    match &typed.kind {
        TypedKind::Text(word) => ["day", "week", "month", "year"].contains(&word.as_str()),
        TypedKind::If(_, one, other) => is_unit(one) && is_unit(other),
        _ => typed
            .ty
            .words()
            .is_some_and(|words| words.iter().all(|word| ["day", "week", "month", "year"].contains(&word.as_str()))),
    }
}

fn is_clock(text: &str) -> bool {
    let number = |text: &str, most: u32| text.len() == 2 && text.parse::<u32>().is_ok_and(|number| number <= most);
    text.split_once(':').is_some_and(|(hour, minute)| number(hour, 23) && number(minute, 59))
}
