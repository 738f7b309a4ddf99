//! Tools: texts, policy, input, output, action.
//!
//! The policy hint says what the action does: a list is `read`; an insert, update or soft delete is `write`; a hard
//! delete, and nothing else, is `destructive`. An insert is never idempotent: the same call twice makes two rows. Actions over a table work on the caller's own space
//! (`scope: user-space`); a tool of `scope: admin` is `custom`.

use super::names::{self, Of};
use super::schemas::{Place, Schemas};
use super::steps::{self, Effect, Surroundings};
use super::text;
use std::collections::BTreeSet;

use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::ir::{
    Action, Hosts, Kind, PolicyHint, Presence, Property, RustIdent, Schema, Scope, StringRules, Struct, Tool, ToolName,
    TypeName,
};
use crate::raw::{self, ActionKind, Text, Verb};

/// A tool's full name is at most this long: some hosts take no more.
/// Providers of models take 64 characters; a host puts up to 20 of its own before the name.
const MAX_FULL_NAME: usize = 44;

/// Rows of a page, where the input does not say how many,
const FIRST_OF_A_PAGE: i64 = 50;
/// and the most of them.
const MOST_OF_A_PAGE: i64 = 200;
/// Characters of a cursor, at most.
const LONGEST_CURSOR: u64 = 4000;

/// What is known of a tool that is written. What was reported of it is `None`, and is said nothing more of.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    /// The name of its module.
    pub(super) module: String,
    pub(super) name: &'a Text,
    pub(super) written: &'a raw::Tool,
    pub(super) input: Option<Struct>,
    pub(super) output: Option<Struct>,
    /// The tool, where all of it is in order.
    pub(super) tool: Option<Tool>,
}

impl<'a> Schemas<'a, '_> {
    /// All tools of the module; what is wrong with any of them is reported.
    pub(super) fn all_tools(&mut self, around: Surroundings<'_>) -> Vec<Checked<'a>> {
        let module: &'a raw::Module = self.module;
        module.tools.iter().map(|(name, raw)| self.tool(around, name, raw)).collect()
    }

    fn tool(&mut self, around: Surroundings<'_>, name: &'a Text, raw: &'a raw::Tool) -> Checked<'a> {
        let module = around.module;
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
        let input_name = format!("{rust}Input");
        let mut input = match &raw.input {
            // What could not be read at all was reported.
            Some(input) if input.unreadable && input.properties.is_none() => None,
            Some(input) => self.object(input, &input_name, Place::Input),
            None if raw.has_input => None,
            None => {
                self.names.take(&input_name, &input_name, name.span, self.diagnostics);
                TypeName::new(&input_name).map(Struct::new)
            }
        };
        let is_paged = raw.action.as_ref().is_some_and(|action| action.page.is_some());
        if let Some(input) = input.as_mut().filter(|_| is_paged) {
            self.add_page_inputs(input);
        }
        let mut output = raw
            .output
            .as_ref()
            .filter(|output| !output.unreadable || output.properties.is_some())
            .and_then(|output| self.object(output, &format!("{rust}Output"), Place::Output));
        if let Some(output) = output.as_mut().filter(|_| is_paged) {
            self.add_page_outputs(output);
        }
        let action = match raw.action.as_ref().map(|action| &action.kind) {
            Some(ActionKind::Steps(_)) => {
                let made = steps::check(around, raw, input.as_ref(), output.as_ref(), self.diagnostics);
                if let Some(effect) = made.effect {
                    self.policy(raw, scope, policy_hint, effect);
                }
                if let Some(used) = &made.used {
                    self.unused_inputs(raw, used);
                }
                made.action.map(|action| (Action::Steps(action), made.sensitive))
            }
            Some(ActionKind::Custom) => Some((Action::Custom, Vec::new())),
            None => None,
        };
        if let (Some((Action::Steps(steps), _)), Some(output)) = (&action, &mut output)
            && steps.lists()
        {
            self.add_unreadable(raw, output);
        }
        let hosts = self.hosts(raw);
        let listed_as = raw.listed_as.as_ref().filter(|name| names::check(names::Of::Tool, name, self.diagnostics));
        let consent =
            raw.consent.as_ref().and_then(|one| text::check("a consent", one, text::DESCRIPTION, self.diagnostics));
        let proposes = match raw.agent_policy.as_ref() {
            Some(word) if word.value == "auto" => false,
            Some(word) if word.value == "propose" => true,
            Some(word) => {
                self.unknown_word::<()>(word, "agent policy", &["auto", "propose"]);
                false
            }
            None => policy_hint != Some(PolicyHint::Read),
        };
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
                aliases: raw.aliases.iter().map(|alias| alias.value.clone()).collect(),
                listed_as: listed_as.map(|name| name.value.clone()),
                consent,
                proposes,
                hosts,
                // They are checked once all tools are there.
                examples: Vec::new(),
            })
        };
        let tool = tool();
        Checked { module: module.to_owned(), name, written: raw, input, output, tool }
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
    fn policy(&mut self, raw: &raw::Tool, scope: Option<Scope>, hint: Option<PolicyHint>, effect: Effect) {
        let Some(action) = &raw.action else { return };
        let ActionKind::Steps(steps) = &action.kind else { return };
        let (does, wanted) = match effect {
            Effect::Reads => ("an action that writes nothing", PolicyHint::Read),
            Effect::Writes => ("an action that writes", PolicyHint::Write),
            Effect::Removes => ("a hard delete", PolicyHint::Destructive),
        };
        if let (Some(hint), Some(text)) = (hint, &raw.policy_hint)
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
            let message = "steps work in the caller's space";
            let help = "write `scope: user-space`, or `action: custom`";
            self.report(Diagnostic::error(Code::Policy, text.span, message).also(action.at, "steps").help(help));
        }
        let insert = steps.iter().find(|step| matches!(step.verb, Some(Verb::Insert(_))) && step.when.is_none());
        if let (Some(insert), Some(idempotent)) = (insert, &raw.idempotent)
            && idempotent.value
        {
            let message = "an insert is not idempotent: the same call twice makes two rows";
            let help = "leave `idempotent` out, or use `put`";
            self.report(
                Diagnostic::error(Code::Policy, idempotent.span, message).also(insert.at, "inserts").help(help),
            );
        }
    }

    /// Reports inputs that no step uses.
    fn unused_inputs(&mut self, raw: &raw::Tool, used: &BTreeSet<String>) {
        let properties = raw.input.as_ref().and_then(|input| input.properties.as_ref());
        for (name, _) in properties.map_or(&[][..], |properties| properties.value.as_slice()) {
            let is_of_page = raw.action.as_ref().is_some_and(|action| action.page.is_some())
                && ["limit", "cursor"].contains(&name.value.as_str());
            if !used.contains(&name.value) && !is_of_page {
                let message = format!("the action never uses the input `{}`", name.value);
                let help = "use it in the action, or leave it out";
                self.report(Diagnostic::error(Code::UnusedInput, name.span, message).help(help));
            }
        }
    }

    /// What a page takes: the most rows of it, and where it begins.
    fn add_page_inputs(&mut self, input: &mut Struct) {
        if !input.has("limit") {
            let kind = Kind::Integer { minimum: Some(1), maximum: Some(MOST_OF_A_PAGE) };
            let text = "The most rows to return.";
            input.properties.extend(made("limit", kind, Presence::Default(FIRST_OF_A_PAGE.into()), text));
        }
        if !input.has("cursor") {
            let rules = StringRules { max_length: Some(LONGEST_CURSOR), ..StringRules::default() };
            let text = "The nextCursor of the page before, to go on from there.";
            input.properties.extend(made("cursor", Kind::String(rules), Presence::Optional, text));
        }
    }

    /// What a page gives beside its rows.
    fn add_page_outputs(&mut self, output: &mut Struct) {
        if !output.has("total") {
            let kind = Kind::Integer { minimum: Some(0), maximum: None };
            output.properties.extend(made("total", kind, Presence::Required, "How many rows there are in all."));
        }
        if !output.has("nextCursor") {
            let text = "Where the next page begins; left out on the last one.";
            output.properties.extend(made(
                "nextCursor",
                Kind::String(StringRules::default()),
                Presence::Optional,
                text,
            ));
        }
    }

    fn hosts(&mut self, raw: &raw::Tool) -> Hosts {
        let Some(hosts) = &raw.hosts else { return Hosts::default() };
        let characters = hosts.result_characters.as_ref().and_then(|node| match node.value {
            crate::yaml::Value::Integer(count) if count > 0 => u64::try_from(count).ok(),
            _ => {
                self.report(Diagnostic::error(Code::WrongKind, node.span, "expected a number of characters"));
                None
            }
        });
        Hosts {
            always_load: hosts.always_load.as_ref().is_some_and(|load| load.value),
            search_hint: hosts.search_hint.iter().map(|word| word.value.clone()).collect(),
            result_characters: characters,
        }
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

/// A property that the compiler adds.
fn made(name: &str, kind: Kind, presence: Presence, description: &str) -> Option<Property> {
    let mut schema = Schema::new(kind, false);
    schema.description = Some(description.to_owned());
    Some(Property { name: name.to_owned(), ident: RustIdent::new(&names::snake(name))?, schema, presence })
}

/// The property `unreadable` of a list's output; its Rust type is in the runtime.
fn unreadable(name: &str) -> Option<Property> {
    let text = || Kind::String(Default::default());
    let properties = vec![
        made("id", text(), Presence::Optional, "The id of the row, where it can be shown.")?,
        made("field", text(), Presence::Required, "The field that could not be read.")?,
        made(
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
    schema.description =
        Some("Fields that could not be read: damaged, or of another key. Rows that need them are left out.".to_owned());
    Some(Property { name: name.to_owned(), ident: RustIdent::new(name)?, schema, presence: Presence::Optional })
}
