//! Tools: texts, policy, input, output, action.
//!
//! The policy hint says what the action does: a list is `read`; an insert, update or soft delete is `write`; a hard
//! delete, and nothing else, is `destructive`. An insert is never idempotent: the same call twice makes two rows. Actions over a table work on the caller's own space
//! (`scope: user-space`); a tool of `scope: admin` is `custom`.

use super::names::{self, Of};
use super::schema::{Place, Schemas};
use super::text;
use super::value::Values;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::ir::{
    Action, DeleteMode, Kind, PolicyHint, Presence, Property, RustIdent, Schema, Scope, Struct, Tool, ToolName,
    TypeName,
};
use crate::raw::{self, ActionKind, Text};

/// A tool's full name is at most this long: some hosts take no more.
/// Providers of models take 64 characters; a host puts up to 20 of its own before the name.
const MAX_FULL_NAME: usize = 44;

/// What is known of a tool that is written. What was reported of it is `None`, and is said nothing more of.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    pub(super) name: &'a Text,
    pub(super) written: &'a raw::Tool,
    pub(super) input: Option<Struct>,
    pub(super) output: Option<Struct>,
    /// The tool, where all of it is in order.
    pub(super) tool: Option<Tool>,
}

impl<'a> Schemas<'a, '_> {
    /// All tools of the module; what is wrong with any of them is reported.
    pub(super) fn all_tools(&mut self, module_name: &str) -> Vec<Checked<'a>> {
        let module: &'a raw::Module = self.module;
        module.tools.iter().map(|(name, raw)| self.tool(module_name, name, raw)).collect()
    }

    fn tool(&mut self, module: &str, name: &'a Text, raw: &'a raw::Tool) -> Checked<'a> {
        let named = names::check(Of::Tool, name, self.diagnostics);
        if module.len() + 1 + name.value.len() > MAX_FULL_NAME {
            let message = format!("the name `{module}.{}` has more than {MAX_FULL_NAME} characters", name.value);
            let help = "agent hosts put up to 20 characters before the name, and 64 are allowed in all";
            self.report(Diagnostic::error(Code::BadName, name.span, message).help(help));
        }
        let rust = names::pascal(&name.value);
        let rust_name = names::type_name(&rust, name.span, self.diagnostics);
        if named {
            self.names.take(&rust, &name.value, name.span, self.diagnostics);
        }
        let title = raw.title.as_ref().and_then(|one| text::check_line("a title", one, text::TITLE, self.diagnostics));
        let description = raw.description.as_ref();
        let description = description.and_then(|one| text::check("a description", one, text::TOOL, self.diagnostics));
        let scope = raw.scope.as_ref().and_then(|word| self.scope(word));
        let policy_hint = raw.policy_hint.as_ref().and_then(|word| self.policy_hint(word));
        self.policy(raw, scope, policy_hint);

        let input_name = format!("{rust}Input");
        let input = match &raw.input {
            Some(input) => self.object(input, &input_name, Place::Input),
            None if raw.has_input => None,
            None => {
                self.names.take(&input_name, &input_name, name.span, self.diagnostics);
                TypeName::new(&input_name).map(Struct::new)
            }
        };
        let mut output =
            raw.output.as_ref().and_then(|output| self.object(output, &format!("{rust}Output"), Place::Output));
        let action = self.action(raw, input.as_ref(), output.as_ref());
        if let (Some(ActionKind::List(_)), Some(output)) = (raw.action.as_ref().map(|action| &action.kind), &mut output)
        {
            self.add_unreadable(raw, output);
        }
        let tool = || {
            let (action, sensitive) = action?;
            let variant = RustIdent::new(&format!("{}{rust}", names::pascal(module)))?;
            Some(Tool {
                name: ToolName::new(module, &name.value, variant),
                rust: rust_name?,
                title: title?,
                description: description?,
                scope: scope?,
                policy_hint: policy_hint?,
                idempotent: raw.idempotent.as_ref().is_some_and(|idempotent| idempotent.value),
                input: input.clone()?,
                sensitive,
                output: output.clone()?,
                action,
                // They are checked once all tools are there.
                examples: Vec::new(),
            })
        };
        let tool = tool();
        Checked { name, written: raw, input, output, tool }
    }

    /// The struct of an input or output.
    fn object(&mut self, raw: &raw::Schema, name: &str, place: Place) -> Option<Struct> {
        let what = if place == Place::Input { "input" } else { "output" };
        if let Some(reference) = &raw.reference {
            let message = format!("the {what} is written out, not referred to");
            self.report(Diagnostic::error(Code::MisplacedKeyword, reference.span, message));
        }
        if let Some((span, _)) = &raw.default {
            self.report(Diagnostic::error(Code::MisplacedDefault, *span, format!("the {what} has no default")));
        }
        if let Some(types) =
            raw.types.as_ref().filter(|types| types.value.name.value != "object" || types.value.nullable)
        {
            self.report(Diagnostic::error(Code::Contradiction, types.span, format!("the {what} is an object")));
        }
        self.misplaced(raw, &["properties", "required"], what);
        self.structure(raw, name, place)
    }

    fn scope(&mut self, word: &Text) -> Option<Scope> {
        Scope::from_word(&word.value).or_else(|| self.unknown_word(word, "scope", &Scope::ALL.map(Scope::word)))
    }

    fn policy_hint(&mut self, word: &Text) -> Option<PolicyHint> {
        PolicyHint::from_word(&word.value)
            .or_else(|| self.unknown_word(word, "policy hint", &PolicyHint::ALL.map(PolicyHint::word)))
    }

    pub(super) fn unknown_word<T>(&mut self, word: &Text, what: &str, known: &[&str]) -> Option<T> {
        let message = format!("there is no {what} `{}`", word.value);
        let help = did_you_mean(&word.value, known.iter().copied());
        self.report(Diagnostic::error(Code::UnknownWord, word.span, message).maybe_help(help));
        None
    }

    /// Reports a hint, a scope or an idempotency that the action contradicts.
    fn policy(&mut self, raw: &raw::Tool, scope: Option<Scope>, hint: Option<PolicyHint>) {
        let Some(action) = &raw.action else { return };
        let (does, wanted) = match &action.kind {
            ActionKind::Insert(_) => ("an insert", Some(PolicyHint::Write)),
            ActionKind::Update(_) => ("an update", Some(PolicyHint::Write)),
            ActionKind::List(_) => ("a list", Some(PolicyHint::Read)),
            ActionKind::Delete(delete) => {
                match delete.mode.as_ref().and_then(|word| DeleteMode::from_word(&word.value)) {
                    Some(DeleteMode::Soft) => ("a soft delete", Some(PolicyHint::Write)),
                    Some(DeleteMode::Hard) => ("a hard delete", Some(PolicyHint::Destructive)),
                    // The mode was reported; without it nobody can tell the hint.
                    None => ("a delete", None),
                }
            }
            ActionKind::Custom => return,
        };
        if let (Some(hint), Some(wanted), Some(text)) = (hint, wanted, &raw.policy_hint)
            && hint != wanted
        {
            let word = wanted.word();
            let message = format!("{does} is `{word}`, not `{}`", text.value);
            self.report(
                Diagnostic::error(Code::Policy, text.span, message)
                    .also(action.at, "what it does")
                    .help(format!("write `policyHint: {word}`")),
            );
        }
        if let (Some(Scope::Admin), Some(text)) = (scope, &raw.scope) {
            let message = "an action over a table works in the caller's space";
            let help = "write `scope: user-space`, or `action: custom`";
            self.report(Diagnostic::error(Code::Policy, text.span, message).also(action.at, "over a table").help(help));
        }
        if let (ActionKind::Insert(_), Some(idempotent)) = (&action.kind, &raw.idempotent)
            && idempotent.value
        {
            let message = "an insert is not idempotent: the same call twice makes two rows";
            self.report(Diagnostic::error(Code::Policy, idempotent.span, message).also(action.at, "inserts"));
        }
    }

    /// The action, and the names of the sensitive inputs.
    fn action(
        &mut self,
        raw: &raw::Tool,
        input: Option<&Struct>,
        output: Option<&Struct>,
    ) -> Option<(Action, Vec<String>)> {
        let action = raw.action.as_ref()?;
        let name = match &action.kind {
            ActionKind::Insert(insert) => insert.table.as_ref(),
            ActionKind::List(list) => list.table.as_ref(),
            ActionKind::Update(update) => update.table.as_ref(),
            ActionKind::Delete(delete) => delete.table.as_ref(),
            ActionKind::Custom => return Some((Action::Custom, Vec::new())),
        };
        let mut values = Values { schemas: self, input };
        let made = match name.and_then(|name| values.table(name)) {
            Some(table) => {
                let made = values.action(action, &table, output);
                let sensitive = values.flows(action, &table);
                made.map(|made| (made, sensitive))
            }
            None => {
                values.without_table(action, output);
                None
            }
        };
        values.unused_inputs(action, raw.input.as_ref());
        made
    }

    /// A list names the values that it could not read, beside those that it could.
    fn add_unreadable(&mut self, raw: &raw::Tool, output: &mut Struct) {
        const NAME: &str = "unreadable";
        if let Some(written) = raw.output.as_ref().and_then(|output| output.properties.as_ref())
            && let Some((key, _)) = written.value.iter().find(|(key, _)| key.value == NAME)
        {
            let message = "a list gives `unreadable` by itself";
            self.report(Diagnostic::error(Code::FieldSetTwice, key.span, message).help("leave it out"));
            return;
        }
        output.properties.extend(unreadable(NAME));
    }
}

/// The property `unreadable` of a list's output; its Rust type is in the runtime.
fn unreadable(name: &str) -> Option<Property> {
    let property = |name: &str, kind: Kind, presence: Presence, description: &str| {
        let mut schema = Schema::new(kind, false);
        schema.description = Some(description.to_owned());
        Some(Property { name: name.to_owned(), ident: RustIdent::new(name)?, schema, presence })
    };
    let text = || Kind::String(Default::default());
    let properties = vec![
        property("id", text(), Presence::Optional, "The id of the row, where it can be shown.")?,
        property("field", text(), Presence::Required, "The field that could not be read.")?,
        property(
            "rows",
            Kind::Integer { minimum: Some(1), maximum: None },
            Presence::Optional,
            "The number of rows, without an id.",
        )?,
    ];
    let mut item = Schema::new(Kind::Struct(Struct { properties, ..Struct::new(TypeName::new("Unreadable")?) }), false);
    item.referenced = true;
    let items = Box::new(item);
    let mut schema = Schema::new(Kind::Array { items, min_items: None, max_items: None, unique_items: false }, false);
    schema.description = Some(
        "Fields that could not be read, because they are damaged or encrypted with another key; a row without a field that \
         it must have is left out."
            .to_owned(),
    );
    Some(Property { name: name.to_owned(), ident: RustIdent::new(name)?, schema, presence: Presence::Optional })
}
