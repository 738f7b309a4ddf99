//! What a catalog has, in a few facts about each tool, for people who want to see it as a whole.

use std::collections::BTreeSet;

use crate::ir::{Action, Catalog, Module, Tool, Verb};

/// The facts about a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolFacts {
    /// `todo.create`
    pub name: String,
    /// `todo`
    pub module: String,
    /// The module's name in the web application.
    pub web_module: String,
    /// Former names.
    pub aliases: Vec<String>,
    /// `read`, `write` or `destructive`.
    pub policy_hint: &'static str,
    /// `auto` or `propose`.
    pub agent_policy: &'static str,
    /// The names of the inputs.
    pub inputs: Vec<String>,
    /// What the tool does.
    pub action: ActionFacts,
}

/// How a tool does what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionFacts {
    /// Steps with these verbs.
    Steps(BTreeSet<&'static str>),
    /// A handler that is written by hand.
    Custom,
}

/// The facts about all tools, by name.
pub fn overview(catalog: &Catalog) -> Vec<ToolFacts> {
    catalog.tools().into_iter().map(|(module, tool)| facts(module, tool)).collect()
}

fn facts(module: &Module, tool: &Tool) -> ToolFacts {
    ToolFacts {
        name: tool.name.dotted().to_owned(),
        module: module.name.clone(),
        web_module: module.web_name.as_ref().unwrap_or(&module.name).clone(),
        aliases: tool.aliases.clone(),
        policy_hint: tool.policy_hint.word(),
        agent_policy: if tool.proposes { "propose" } else { "auto" },
        inputs: tool.input.properties.iter().map(|property| property.name.clone()).collect(),
        action: match &tool.action {
            Action::Steps(steps) => ActionFacts::Steps(steps.steps.iter().map(|step| word(&step.verb)).collect()),
            Action::Custom => ActionFacts::Custom,
        },
    }
}

/// As it stands in a source.
fn word(verb: &Verb) -> &'static str {
    match verb {
        Verb::Value(_) => "value",
        Verb::Get(..) => "get",
        Verb::Find(_) => "find",
        Verb::List(_) => "list",
        Verb::Insert(..) => "insert",
        Verb::Put(_) => "put",
        Verb::Update(_) => "update",
        Verb::Delete(_) => "delete",
        Verb::Restore(..) => "restore",
        Verb::Call(_) => "call",
        Verb::Require(..) => "require",
    }
}
