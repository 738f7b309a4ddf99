//! Where texts go. What is encrypted at rest must not come to rest beside it in plain text, nor be shown to others.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::expr::{Flow, Typed};
use crate::ir::Table;
use crate::raw::{self, Text};
use crate::source::Span;
use crate::validate::services::Operation;

/// Which inputs were stored how.
#[derive(Debug, Default)]
pub(super) struct Flows {
    sealed: BTreeMap<String, Span>,
    plain: BTreeMap<String, Span>,
    /// Inputs that are shown where nothing is stored.
    shown: BTreeMap<String, (Span, Shown)>,
    /// Inputs of which something was stored in plain text, if only a number.
    anything: BTreeSet<String>,
}

/// Where a value is shown to others than the user.
#[derive(Debug, Clone)]
pub(super) enum Shown {
    /// In the text of a `require`.
    Refusal,
    /// As the id of a row: the error where it is not there repeats it.
    Id,
    /// In a plain member of a service's request, of that name.
    Member(String),
}

impl Shown {
    /// What is wrong with a text of an encrypted field there.
    fn of_sealed(&self) -> String {
        match self {
            Self::Refusal => "an error text tells no text of an encrypted field".to_owned(),
            Self::Id => "the error where no row has this id would tell a text of an encrypted field".to_owned(),
            Self::Member(member) => format!("`{member}` would send a text of an encrypted field to the service"),
        }
    }

    /// What is wrong there with an input that is stored encrypted.
    fn of_input(&self) -> String {
        match self {
            Self::Refusal => "an error text would tell it".to_owned(),
            Self::Id => "the error where no row has this id would tell it".to_owned(),
            Self::Member(member) => format!("`{member}` would send it to the service in plain text"),
        }
    }

    fn instead(&self) -> &'static str {
        match self {
            Self::Refusal => "leave the text out; errors are logged, and kept by hosts",
            Self::Id => "name the row by a field that is not encrypted, or `find` it",
            Self::Member(_) => "the service says `sealed: true` of the members of its request that may hold one",
        }
    }
}

impl Flows {
    /// Notes that a value is stored in a field; reported where that would show a text of an encrypted field.
    pub(super) fn stored(
        &mut self,
        flow: &Flow,
        table: &Table,
        field: &str,
        is_text: bool,
        at: Span,
        diagnostics: &mut Diagnostics,
    ) {
        let into = if table.is_encrypted(field) {
            &mut self.sealed
        } else {
            if flow.sealed {
                let message =
                    format!("a text of an encrypted field would be stored in `{field}`, which is not encrypted");
                let help = "store it in an encrypted field, or tell its shape alone, such as its size";
                diagnostics.push(Diagnostic::error(Code::PlainTextLeak, at, message).help(help));
            }
            self.anything.extend(flow.inputs.iter().cloned());
            if !is_text {
                return;
            }
            &mut self.plain
        };
        for input in flow.inputs.iter() {
            into.entry(input.clone()).or_insert(at);
        }
    }

    /// Notes that a value is shown; reported where that would be a text of an encrypted field.
    pub(super) fn shown(&mut self, flow: &Flow, shown: Shown, at: Span, diagnostics: &mut Diagnostics) {
        if flow.sealed {
            let problem = Diagnostic::error(Code::PlainTextLeak, at, shown.of_sealed());
            diagnostics.push(problem.help(shown.instead()));
        }
        for input in flow.inputs.iter() {
            self.shown.entry(input.clone()).or_insert_with(|| (at, shown.clone()));
        }
    }

    /// Notes that a text is looked for in encrypted fields.
    pub(super) fn searched(&mut self, flow: &Flow, at: Span) {
        for input in flow.inputs.iter() {
            self.sealed.entry(input.clone()).or_insert(at);
        }
    }

    /// Notes what a service is sent, and reports a text of an encrypted field where it must not be.
    pub(super) fn sent(
        &mut self,
        with: &Typed,
        operation: &Operation,
        name: &Text,
        tool: &raw::Tool,
        diagnostics: &mut Diagnostics,
    ) {
        let crate::expr::TypedKind::Object(members) = &with.kind else { return };
        let mut is_sent = false;
        for (member, value) in members {
            let flow = value.ty.whole_flow();
            if operation.takes_sealed(member) {
                is_sent |= flow.sealed;
                continue;
            }
            self.shown(&flow, Shown::Member(member.clone()), name.span, diagnostics);
        }
        if is_sent && tool.consent.is_none() && tool.sealed_to.is_none() {
            let message = "a service is sent what is stored encrypted, and nobody is asked";
            let help = "say `consent`, or `sealedTo` with the reason why it need not be asked";
            diagnostics.push(Diagnostic::error(Code::PlainTextLeak, name.span, message).help(help));
        }
    }

    /// Reports inputs that are stored both ways without a reason.
    pub(super) fn report(&self, tool: &raw::Tool, diagnostics: &mut Diagnostics) {
        for (input, at) in &self.plain {
            let Some(sealed) = self.sealed.get(input) else { continue };
            let top = input.split('.').next().unwrap_or(input);
            if tool.also_plain.iter().any(|(name, _)| name.value == *input || name.value == top) {
                continue;
            }
            let message = format!("`input.{input}` is stored encrypted, and here in plain text");
            diagnostics.push(
                Diagnostic::error(Code::PlainTextLeak, *at, message).also(*sealed, "stored encrypted here").help(
                    format!("where the web does so too, write `alsoPlain: {{ {top}: <why> }}` beside the action"),
                ),
            );
        }
        for (input, (at, shown)) in &self.shown {
            let Some(sealed) = self.sealed.get(input) else { continue };
            let message = format!("`input.{input}` is stored encrypted, and {}", shown.of_input());
            let problem = Diagnostic::error(Code::PlainTextLeak, *at, message).also(*sealed, "stored encrypted here");
            diagnostics.push(problem.help(shown.instead()));
        }
        for (name, _) in &tool.also_plain {
            let is_both = |input: &&String| {
                let top = input.split('.').next().unwrap_or(input);
                **input == name.value || top == name.value
            };
            if !self.anything.iter().any(|input| is_both(&input)) || !self.sealed.keys().any(|input| is_both(&input)) {
                let message = format!("`input.{}` is not stored both ways", name.value);
                diagnostics.push(Diagnostic::error(Code::PlainTextLeak, name.span, message).help("leave it out"));
            }
        }
    }

    /// The inputs that are stored encrypted or looked for there.
    pub(super) fn sensitive(&self) -> Vec<String> {
        let tops = self.sealed.keys().filter_map(|input| input.split('.').next());
        let tops: BTreeSet<&str> = tops.collect();
        tops.into_iter().map(str::to_owned).collect()
    }
}
