//! Checked expressions -> values. The emitted code and this call the same functions of the crate of values, so that a test of
//! one is a test of the other. `twin` runs whole tools with it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use mana_mcp_values::{Env, IdNames, IdUse, Value, functions};

use super::typed::{Over, OverFunction, Typed, TypedKind, Variable};

/// What the names of an expression stand for.
pub(crate) struct Evaluator<'e> {
    env: &'e Env,
    names: BTreeMap<Variable, Value>,
    constants: Value,
    ids: IdNames,
    /// The number of the call, so that ids of calls over the same rows differ.
    call: u64,
}

impl<'e> Evaluator<'e> {
    pub(crate) fn new(env: &'e Env, constants: Value) -> Self {
        Self { env, names: BTreeMap::new(), constants, ids: IdNames::default(), call: 0 }
    }

    /// With the ids of the call of that number.
    pub(crate) fn of_call(self, call: u64) -> Self {
        Self { call, ..self }
    }

    /// The step of that name begins: new ids follow from it.
    pub(crate) fn begin(&mut self, step: &str) {
        self.ids.begin_step(step);
    }

    /// The step begins with that element of its list: new ids follow from it too.
    pub(crate) fn begin_element(&mut self, at: usize, element: &Value) {
        self.ids.begin_element(at, element);
    }

    /// A new id, made as emitted code makes it (`gateway/crates/runtime/src/steps/ids.rs`) but with a quicker hash.
    pub(crate) fn new_id(&mut self, used: IdUse) -> String {
        let mut hasher = DefaultHasher::new();
        (self.call, self.ids.next(used)).hash(&mut hasher);
        format!("00000000-0000-4000-8000-{:012x}", hasher.finish() >> 16)
    }

    pub(crate) fn set(&mut self, variable: Variable, value: Value) {
        self.names.insert(variable, value);
    }

    /// The value of an expression.
    pub(crate) fn value(&mut self, typed: &Typed) -> Value {
        let text = |text: &str| Value::text(text);
        match &typed.kind {
            TypedKind::Null => Value::Null,
            TypedKind::Bool(value) => Value::Bool(*value),
            TypedKind::Int(value) => Value::int(*value),
            TypedKind::Double(value) => Value::double(*value),
            TypedKind::Text(written) => text(written),
            TypedKind::Date(written) => functions::date(self.env, &text(written)),
            TypedKind::Timestamp(written) => functions::timestamp(self.env, &text(written)),
            TypedKind::Moment(written) => functions::moment(self.env, &text(written)),
            TypedKind::Variable(variable) => self.variable(variable),
            TypedKind::Constant(path) => {
                path.split('.').filter(|name| !name.is_empty()).fold(self.constants.clone(), |of, name| of.get(name))
            }
            TypedKind::Member(of, name) => self.value(of).get(name),
            TypedKind::Not(of) => Value::Bool(!self.holds(of)),
            TypedKind::And(one, other) => Value::Bool(self.holds(one) && self.holds(other)),
            TypedKind::Or(one, other) => Value::Bool(self.holds(one) || self.holds(other)),
            TypedKind::If(test, one, other) => {
                if self.holds(test) {
                    self.value(one)
                } else {
                    self.value(other)
                }
            }
            TypedKind::Coalesce(all) => {
                let mut values = all.iter().map(|one| self.value(one));
                values.find(|value| !value.is_null()).unwrap_or_default()
            }
            TypedKind::Function(name, arguments) => self.call(name, arguments),
            TypedKind::Rank(of, words) => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let value = self.value(of);
                functions::rank(self.env, &value, &words)
            }
            TypedKind::Over(over) => self.over(over),
            TypedKind::List(items) => Value::list(items.iter().map(|item| self.value(item)).collect::<Vec<_>>()),
            TypedKind::Object(members) => {
                let members: Vec<(&str, Value)> =
                    members.iter().map(|(name, member)| (name.as_str(), self.value(member))).collect();
                Value::object(members)
            }
            TypedKind::Uuid => text(&self.new_id(IdUse::Expression)),
        }
    }

    /// Whether a condition holds.
    pub(crate) fn holds(&mut self, typed: &Typed) -> bool {
        self.value(typed).is_true()
    }

    fn variable(&self, variable: &Variable) -> Value {
        match variable {
            Variable::Now => Value::Timestamp(self.env.now()),
            Variable::Today => Value::Date(self.env.today()),
            _ => self.names.get(variable).cloned().unwrap_or_default(),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Typed]) -> Value {
        let mut values: Vec<Value> = arguments.iter().map(|one| self.value(one)).collect();
        if name == "template" {
            return functions::template(self.env, &values);
        }
        // What may be left out is null.
        let parameters = functions::NAMES.iter().find(|(known, _)| *known == name).map_or(0, |(_, count)| *count);
        values.resize(parameters.max(values.len()), Value::Null);
        functions::call(name, self.env, &values).unwrap_or_default()
    }

    fn over(&mut self, over: &Over) -> Value {
        let list = self.value(&over.list);
        let env = self.env;
        let element = Variable::Named(over.element.clone());
        let before = self.names.remove(&element);
        let mut of = |item: &Value| {
            self.names.insert(element.clone(), item.clone());
            self.value(&over.body)
        };
        let made = match over.function {
            OverFunction::Filter => functions::filter(env, &list, |item| of(item).is_true()),
            OverFunction::Exists => functions::exists(env, &list, |item| of(item).is_true()),
            OverFunction::All => functions::all(env, &list, |item| of(item).is_true()),
            OverFunction::Map => functions::map(env, &list, of),
            OverFunction::SortBy => functions::sort_by(env, &list, of),
            OverFunction::GroupBy => functions::group_by(env, &list, of),
            OverFunction::KeyBy => functions::key_by(env, &list, of),
        };
        match before {
            Some(before) => self.names.insert(element, before),
            None => self.names.remove(&element),
        };
        made
    }
}
