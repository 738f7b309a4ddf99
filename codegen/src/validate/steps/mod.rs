//! Steps: a tool reads, decides, then writes once.
//!
//! - A step's name stands for its result in the later ones and in `returns`. It is no word that expressions have for
//!   themselves.
//! - What is read (`get`, `find`, `list`, `call`) is read before the first write; `value` and `require` stand anywhere.
//! - `when` leaves a step out; its name is then `otherwise`, else null. Steps with the same `when` are there together.
//! - `each` does a step for every element of a list, and gives the list of results.
//! - A text of an encrypted field goes into no plain one, and an input that is stored encrypted is not stored in plain text
//!   beside it, unless `alsoPlain` says why. Neither stands in an error text, or in a plain member of a service's request.

mod complete;
mod flow;
mod ids;
mod order;
mod query;
mod returns;
mod state;
mod verbs;
mod writes;

use std::collections::BTreeSet;

use self::flow::Flows;
use self::state::{Steps, inputs_of};
use crate::diagnostics::Diagnostics;
use crate::expr::{Checker, Scope, Uses};
use crate::ir::{self, Struct, TableRef, Verb};
use crate::raw::{self, ActionKind};

pub(super) use self::state::{Effect, Surroundings};

/// What came of the steps of a tool.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) action: Option<ir::Steps>,
    /// Inputs whose values are never shown.
    pub(super) sensitive: Vec<String>,
    /// What it does to data; `None` where a step could not be read.
    pub(super) effect: Option<Effect>,
    /// The inputs that are used; `None` where a step could not be checked, which may use any.
    pub(super) used: Option<BTreeSet<String>>,
}

/// Checks the action of a tool that has steps.
pub(super) fn check<'a>(
    around: Surroundings<'a>,
    raw: &'a raw::Tool,
    input: Option<&'a Struct>,
    output: Option<&'a Struct>,
    diagnostics: &mut Diagnostics,
) -> Made {
    let errors = diagnostics.errors();
    let checker = Checker {
        reported: BTreeSet::new(),
        is_partial: false,
        later: Vec::new(),
        scope: Scope::default(),
        uses: Uses::default(),
        constants: around.constants.cloned(),
        makes_ids: false,
        diagnostics,
    };
    let mut steps = Steps {
        around,
        raw,
        input,
        checker,
        flows: Flows::default(),
        order: order::Order::default(),
        effect: Effect::default(),
        is_unsure: false,
        used: BTreeSet::new(),
        reads: Vec::new(),
        whens: Vec::new(),
        steps: Vec::new(),
    };
    steps.begin();
    let action = raw.action.as_ref();
    let is_whole = match action.map(|action| &action.kind) {
        Some(ActionKind::Steps(written)) => steps.all(written),
        _ => false,
    };
    let returns = action.and_then(|action| steps.returns(action, output));
    steps.flows.report(raw, steps.checker.diagnostics);
    let Steps { checker, flows, effect, is_unsure, mut used, reads, steps: mut made, .. } = steps;
    let is_partial = checker.is_partial;
    for (read, step) in reads.iter().enumerate() {
        if let Some(step) = step.and_then(|step| made.get_mut(step)) {
            step.fields.extend(checker.uses.of(read));
        }
    }
    for step in &made {
        note_inputs(step, &mut used);
    }
    let mut places: Vec<TableRef> = Vec::new();
    for step in &made {
        if let Verb::Insert(table, _) | Verb::Put(ir::Put { table, .. }) = &step.verb
            && around.tables.get(table).is_some_and(|table| table.place.is_some())
            && !places.contains(table)
        {
            places.push(table.clone());
        }
    }
    if let Some(returns) = &returns {
        inputs_of(returns, &mut used);
    }
    let page = action.and_then(|action| returns::page_of(action.page.as_ref()?, &made));
    let action = returns.filter(|_| is_whole).map(|returns| ir::Steps { steps: made, page, returns, places });
    // An expression that was reported may use any input.
    let is_certain = action.is_some() && !is_partial && diagnostics.errors() == errors;
    let used = is_certain.then_some(used);
    let is_read = matches!(raw.action.as_ref().map(|action| &action.kind), Some(ActionKind::Steps(steps)) if steps.iter().all(|step| step.verb.is_some()));
    let effect = (is_read && !is_unsure).then_some(effect);
    Made { action, sensitive: flows.sensitive(), effect, used }
}

fn note_inputs(step: &ir::Step, used: &mut BTreeSet<String>) {
    for typed in step.expressions() {
        inputs_of(typed, used);
    }
    if let Verb::Update(update) = &step.verb {
        used.extend(update.given.iter().cloned());
    }
}
