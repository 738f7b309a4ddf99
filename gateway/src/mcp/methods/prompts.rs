//! `prompts/list` and `prompts/get`: ways to do something with several tools, which people start.

use bytes::Bytes;
use rmcp::model::{ErrorData, GetPromptResult, MetaObject, PromptMessage, Role};
use serde_json::Value;

use crate::mcp::{message::invalid_params, names::NameWriter, revision::Revision};
use mana_mcp_runtime::{
    decode::{JsonObject, nearest},
    tool::{Catalog, Prompt, PromptArgument},
};

/// The most characters of an argument.
const MAX_CHARS: usize = 20_000;

/// The prompts of a catalog, their texts with the names of tools as they are listed.
#[derive(Debug)]
pub(in crate::mcp) struct Prompts {
    listed: Bytes,
    prompts: Box<[(&'static Prompt, String)]>,
}

impl Prompts {
    pub(in crate::mcp) fn new(catalog: &Catalog, names: NameWriter) -> Self {
        let listed: Vec<_> = catalog.prompts().iter().map(|prompt| published(prompt, names)).collect();
        let texts = catalog.prompts().iter().map(|prompt| (prompt, names.text(prompt.text).into_owned()));
        // No type of the protocol is without JSON.
        let listed = serde_json::to_vec(&listed).map_or(Bytes::from_static(b"[]"), Bytes::from);
        Self { listed, prompts: texts.collect() }
    }

    /// The JSON array of all prompts, by name.
    pub(super) fn listed(&self) -> Bytes {
        self.listed.clone()
    }

    /// The result of `prompts/get`: the prompt with its arguments filled in.
    pub(super) fn filled(
        &self,
        params: &JsonObject,
        names: NameWriter,
        meta: Option<MetaObject>,
        revision: Revision,
    ) -> Result<GetPromptResult, ErrorData> {
        let Some(Value::String(name)) = params.get("name") else {
            return Err(invalid_params("`name` must be a string: the prompt's name."));
        };
        let (prompt, text) = self.named(name)?;
        let none = JsonObject::new();
        let given = match params.get("arguments") {
            None | Some(Value::Null) => &none,
            Some(Value::Object(given)) => given,
            Some(_) => return Err(invalid_params("`arguments` must be an object.")),
        };
        check(prompt, given)?;
        let text = Prompt::filled(text, |name| given.get(name).and_then(Value::as_str).unwrap_or_default());
        let mut result = GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]);
        result.description = Some(names.text(prompt.description).into_owned());
        result.meta = meta;
        if revision == Revision::Sessions {
            result.result_type = None;
        }
        Ok(result)
    }

    fn named(&self, name: &str) -> Result<&(&'static Prompt, String), ErrorData> {
        self.prompts.iter().find(|(prompt, _)| prompt.name == name).ok_or_else(|| {
            let nearest = nearest(name, self.prompts.iter().map(|(prompt, _)| prompt.name));
            let name: String = name.chars().take(64).flat_map(char::escape_debug).collect();
            invalid_params(match nearest {
                Some(nearest) => format!("There is no prompt `{name}`. Did you mean `{nearest}`?"),
                None => format!("There is no prompt `{name}`. prompts/list names all prompts."),
            })
        })
    }
}

fn published(prompt: &Prompt, names: NameWriter) -> rmcp::model::Prompt {
    let arguments = prompt.arguments.iter().map(|argument| {
        let described = rmcp::model::PromptArgument::new(argument.name);
        described.with_description(names.text(argument.description)).with_required(argument.required)
    });
    let arguments: Vec<_> = arguments.collect();
    let arguments = (!arguments.is_empty()).then_some(arguments);
    let mut published = rmcp::model::Prompt::new(prompt.name, Some(names.text(prompt.description)), arguments);
    published.title = Some(prompt.title.to_owned());
    published
}

fn check(prompt: &Prompt, given: &JsonObject) -> Result<(), ErrorData> {
    let known = || prompt.arguments.iter().map(|argument| argument.name);
    for (name, value) in given {
        if !known().any(|known| known == name) {
            let name: String = name.chars().take(64).flat_map(char::escape_debug).collect();
            let known = known().map(|name| format!("`{name}`")).collect::<Vec<_>>();
            return Err(invalid_params(match known.as_slice() {
                [] => format!("The prompt takes no arguments; `{name}` was given."),
                known => format!("The prompt has no argument `{name}`: it takes {}.", known.join(", ")),
            }));
        }
        match value {
            Value::String(text) if text.chars().count() > MAX_CHARS => {
                return Err(invalid_params(format!("`{name}` is longer than {MAX_CHARS} characters.")));
            }
            Value::String(_) | Value::Null => {}
            _ => return Err(invalid_params(format!("`{name}` must be a string."))),
        }
    }
    let is_missing = |argument: &&PromptArgument| {
        argument.required && given.get(argument.name).and_then(Value::as_str).is_none_or(str::is_empty)
    };
    match prompt.arguments.iter().find(is_missing) {
        Some(missing) => Err(invalid_params(format!("The prompt needs `{}`: {}", missing.name, missing.description))),
        None => Ok(()),
    }
}
