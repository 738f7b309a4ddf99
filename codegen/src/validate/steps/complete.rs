//! Lists are complete, or say that they are not: a list with a `limit` has its total beside it in the output, and a list that is
//! served in pages is returned as it is or through one `map`, since a page of anything else would leave rows out.

use std::collections::BTreeSet;

use super::state::Steps;
use crate::diagnostics::{Code, Diagnostic};
use crate::expr::{OverFunction, Typed, TypedKind, Variable};
use crate::ir::{Step, Verb};
use crate::source::Span;

/// A member of the output: its expression, its place, and whether a total stands beside it.
pub(super) struct Returned<'a> {
    pub(super) typed: &'a Typed,
    pub(super) at: Span,
    pub(super) is_counted: bool,
}

/// Rows of a step in a list of the output.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    step: String,
    /// Whether the list holds each row, or what one `map` makes of it, and nothing else.
    is_whole: bool,
    /// Whether a total stands beside the list.
    is_counted: bool,
}

/// What counts the elements of a list where an object has several: `due` has `dueCount`.
pub(super) fn is_count(name: &str, list: &str) -> bool {
    name == "total" || name.strip_suffix("Count") == Some(list)
}

impl Steps<'_, '_> {
    /// Reports lists of the output that leave rows out and do not say so.
    pub(super) fn check_lists(&mut self, returned: &[Returned<'_>], page: Option<(&str, Span)>) {
        let paged = page.map(|(name, _)| name);
        let limited = |step: &&Step| matches!(&step.verb, Verb::List(query) if query.limit.is_some());
        let limited: BTreeSet<&str> = self
            .steps
            .iter()
            .filter(limited)
            .map(|step| step.name.as_str())
            .filter(|name| paged != Some(*name))
            .collect();
        let mut problems = Vec::new();
        let mut is_returned = false;
        for member in returned {
            let mut found = BTreeSet::new();
            let walk = Walk { steps: &self.steps, is_whole: true, is_mapped: false, is_counted: member.is_counted };
            walk.lists(member.typed, &mut found);
            for list in &found {
                let (step, is_paged) = (&list.step, paged == Some(list.step.as_str()));
                is_returned |= is_paged;
                if is_paged && !list.is_whole {
                    let message = format!("`{step}` is served in pages, and this makes another list of it");
                    let help = format!(
                        "return `${{{step}}}`, or one `map` of it; the step's `where` and `sort` choose and order its rows"
                    );
                    problems.push(Diagnostic::error(Code::Paging, member.at, message).help(help));
                }
                if !list.is_counted && limited.contains(step.as_str()) {
                    let message =
                        format!("`{step}` ends at its `limit`, and the output does not say how many rows there are");
                    let help = "serve it in pages with `page`, or return `total`, counted in a list without `limit`";
                    problems.push(Diagnostic::error(Code::Paging, member.at, message).help(help));
                }
            }
        }
        if let Some((name, at)) = page.filter(|_| !is_returned) {
            let message = format!("`{name}` is served in pages, and the output has no list of it");
            let help = "return it, or name the step of the list that is returned";
            problems.push(Diagnostic::error(Code::Paging, at, message).help(help));
        }
        problems.into_iter().for_each(|problem| self.report(problem));
    }
}

/// A walk through an expression to the lists in its value.
#[derive(Clone, Copy)]
struct Walk<'a> {
    steps: &'a [Step],
    is_whole: bool,
    is_mapped: bool,
    is_counted: bool,
}

impl Walk<'_> {
    /// Finds the steps whose rows are in the lists of a value.
    fn lists(self, typed: &Typed, found: &mut BTreeSet<Found>) {
        let part = Self { is_whole: false, ..self };
        match &typed.kind {
            TypedKind::Variable(Variable::Named(step)) => self.step(step, found),
            TypedKind::Over(over) => match over.function {
                OverFunction::Map => {
                    let is_whole = self.is_whole && !self.is_mapped;
                    Self { is_whole, is_mapped: true, ..self }.lists(&over.list, found);
                    Self { is_counted: false, ..part }.lists(&over.body, found);
                }
                OverFunction::Filter | OverFunction::SortBy | OverFunction::GroupBy | OverFunction::KeyBy => {
                    part.lists(&over.list, found);
                }
                OverFunction::Exists | OverFunction::All => {}
            },
            TypedKind::Function("take" | "distinct" | "flatten" | "add" | "with" | "without" | "merge", parts)
            | TypedKind::List(parts)
            | TypedKind::Coalesce(parts) => parts.iter().for_each(|one| part.lists(one, found)),
            TypedKind::If(_, yes, no) => [yes, no].into_iter().for_each(|one| part.lists(one, found)),
            TypedKind::Object(members) => {
                for (name, member) in members {
                    let is_counted = members.iter().any(|(other, _)| is_count(other, name));
                    Self { is_counted, ..part }.lists(member, found);
                }
            }
            _ => {}
        }
    }

    fn step(self, name: &str, found: &mut BTreeSet<Found>) {
        let Some(step) = self.steps.iter().find(|step| step.name == name && step.each.is_none()) else { return };
        let Self { is_whole, is_counted, .. } = self;
        // A step that was found in this way has nothing else in it.
        if !found.insert(Found { step: name.to_owned(), is_whole, is_counted }) {
            return;
        }
        if let Verb::Value(value) = &step.verb {
            self.lists(value, found);
        }
    }
}
