//! Tools whose answers calls share, because nothing else decides them than the question and the rows of one table.

use std::collections::BTreeSet;

use crate::expr::{Typed, TypedKind, Variable};
use crate::ir::{Query, SortBy, Step, Steps, TableRef, Verb};

/// The table, and the fields of its rows that are read. `None` where the answer also depends on the time of day, a new id, the
/// caller, the kind of the space, another table or a service; or where no list is read: then there is little to save.
pub(super) fn table_of(steps: &Steps) -> Option<(&TableRef, BTreeSet<&String>)> {
    let mut tables = steps.steps.iter().filter_map(Step::table);
    let table = tables.next()?;
    let is_question = |step: &Step| match &step.verb {
        Verb::List(_) | Verb::Find(_) => step.when.is_none() && step.each.is_none(),
        Verb::Value(_) | Verb::Require(..) => true,
        _ => false,
    };
    let is_alone = tables.all(|other| other == table) && steps.steps.iter().all(is_question);
    let mut expressions = steps.steps.iter().flat_map(Step::expressions).chain([&steps.returns]);
    let is_of_call = |typed: &Typed| {
        use Variable::{Now, Space, User};
        matches!(typed.kind, TypedKind::Uuid | TypedKind::Variable(Now | User | Space))
    };
    let depends_on_call = expressions.any(|typed| typed.any(&is_of_call));
    (is_alone && steps.lists() && !depends_on_call).then(|| (table, steps.steps.iter().flat_map(fields).collect()))
}

/// The fields that a step reads, beside those that its condition reads as they are stored.
fn fields(step: &Step) -> impl Iterator<Item = &String> {
    let query = match &step.verb {
        Verb::List(query) | Verb::Find(query) => Some(query),
        _ => None,
    };
    let read = query.into_iter().flat_map(|Query { sealed, search, sort, .. }| {
        let sealed = sealed.iter().flat_map(|(fields, _)| fields);
        let keys = sort.iter().flat_map(|sort| match &sort.by {
            SortBy::Field(field) => vec![field],
            SortBy::Key(fields, _) => fields.iter().collect(),
        });
        sealed.chain(search.iter().flat_map(|(fields, _)| fields)).chain(keys)
    });
    step.fields.iter().chain(read)
}
