//! Ids of new rows: each comes from a `uuid()` of the call, so that a repetition of the call makes the same row, and no call can
//! take the id of another one.

use std::collections::BTreeSet;

use crate::expr::{OverFunction, Typed, TypedKind, Variable};
use crate::ir::{Step, Verb};

/// Whether a value is always an id that this call makes; `each` is the list of the step that it stands in.
pub(super) fn is_new_id(typed: &Typed, steps: &[Step], each: Option<&Typed>) -> bool {
    Origin { steps, each, seen: BTreeSet::new() }.is_new(typed)
}

struct Origin<'a> {
    steps: &'a [Step],
    each: Option<&'a Typed>,
    /// What was asked before: the steps, and which member of them or of their elements.
    seen: BTreeSet<(&'a str, Option<&'a str>)>,
}

impl<'a> Origin<'a> {
    fn is_new(&mut self, typed: &'a Typed) -> bool {
        match &typed.kind {
            TypedKind::Uuid => true,
            TypedKind::If(_, yes, no) => self.is_new(yes) && self.is_new(no),
            TypedKind::Variable(Variable::Named(step)) => self.step(step, None, |origin, value| origin.is_new(value)),
            TypedKind::Variable(Variable::It) => match self.each {
                Some(list) => self.elements(list, None),
                None => false,
            },
            TypedKind::Member(of, name) => self.member(of, name),
            TypedKind::Function("first" | "last" | "at", parts) => {
                parts.first().is_some_and(|list| self.elements(list, None))
            }
            _ => false,
        }
    }

    /// Whether that member of an object is new.
    fn member(&mut self, of: &'a Typed, name: &'a str) -> bool {
        match &of.kind {
            TypedKind::Object(members) => {
                members.iter().find(|(own, _)| own == name).is_some_and(|(_, member)| self.is_new(member))
            }
            TypedKind::If(_, yes, no) => self.member(yes, name) && self.member(no, name),
            TypedKind::Variable(Variable::Named(step)) => {
                self.step(step, Some(name), |origin, value| origin.member(value, name))
            }
            TypedKind::Variable(Variable::It) => match self.each {
                Some(list) => self.elements(list, Some(name)),
                None => false,
            },
            TypedKind::Function("first" | "last" | "at", parts) => {
                parts.first().is_some_and(|list| self.elements(list, Some(name)))
            }
            _ => false,
        }
    }

    /// Whether the elements of a list are new, or that member of each.
    fn elements(&mut self, list: &'a Typed, name: Option<&'a str>) -> bool {
        let element = |origin: &mut Self, one| match name {
            Some(name) => origin.member(one, name),
            None => origin.is_new(one),
        };
        match &list.kind {
            TypedKind::List(items) => items.iter().all(|item| element(self, item)),
            TypedKind::Over(over) => match over.function {
                OverFunction::Map => element(self, &over.body),
                OverFunction::Filter | OverFunction::SortBy => self.elements(&over.list, name),
                _ => false,
            },
            TypedKind::Function("take" | "distinct", parts) => {
                parts.first().is_some_and(|list| self.elements(list, name))
            }
            TypedKind::Function("add", parts) => parts.iter().all(|part| self.elements(part, name)),
            TypedKind::If(_, yes, no) => self.elements(yes, name) && self.elements(no, name),
            TypedKind::Variable(Variable::Named(step)) => {
                self.step(step, name, |origin, value| origin.elements(value, name))
            }
            _ => false,
        }
    }

    /// What holds of the value of a step. A step that was asked before has answered, and all answers must agree.
    fn step(&mut self, name: &'a str, member: Option<&'a str>, ask: impl FnOnce(&mut Self, &'a Typed) -> bool) -> bool {
        if !self.seen.insert((name, member)) {
            return true;
        }
        let steps = self.steps;
        match steps.iter().find(|step| step.name == name) {
            Some(Step { verb: Verb::Value(value), when: None, each: None, .. }) => ask(self, value),
            // Its own `it` is another one.
            _ => false,
        }
    }
}
