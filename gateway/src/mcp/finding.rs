//! What `catalog.find` answers: the tools that an address reaches, as their callers need them.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value, json};

use super::{addresses::View, server::Mcp, tools::written_schema};
use crate::{
    call::{FindTools, check_availability},
    find::called_with,
};
use mana_mcp_runtime::{
    space::Space,
    tool::{CATALOG_MODULE, PolicyHint, ToolId},
};

/// The most tools of an answer: each comes with its schema.
const MOST: usize = 5;

/// Finds the tools that one address reaches.
pub(super) struct ViewFinder {
    pub(super) mcp: Arc<Mcp>,
    pub(super) view: View,
}

impl fmt::Debug for ViewFinder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ViewFinder").field(&self.view).finish()
    }
}

impl FindTools for ViewFinder {
    fn find(&self, words: &str, space: &Space) -> Value {
        let found = self.mcp.finder.find(words, MOST, |tool| self.offers(tool));
        if found.is_empty() {
            return json!({ "tools": [], "hint": self.hint() });
        }
        json!({ "tools": found.into_iter().map(|tool| self.described(tool, space)).collect::<Vec<_>>() })
    }
}

impl ViewFinder {
    /// Whether calls reach the tool here, and the services that it needs have an address.
    fn offers(&self, tool: ToolId) -> bool {
        self.view.reached.contains(tool) && self.mcp.services.is_listed(tool)
    }

    fn described(&self, tool: ToolId, space: &Space) -> Value {
        let (spec, names) = (tool.spec(), self.mcp.names);
        let is_listed = self.view.listed.contains(tool);
        let mut described = Map::new();
        let mut add = |name: &str, value: Value| described.insert(name.to_owned(), value);
        add("name", names.tool(tool).into());
        add("title", spec.title.into());
        add("description", names.text(spec.description).into());
        add("effect", effect(spec.policy_hint).into());
        add("callWith", if is_listed { names.tool(tool) } else { names.text(called_with(tool).name()) }.into());
        if spec.needs_consent() {
            add("asksPerson", true.into());
        }
        if let Err(not_here) = check_availability(tool, space) {
            add("unavailable", not_here.to_string().into());
        }
        add("inputSchema", Value::Object(written_schema(spec.input_schema, names)));
        Value::Object(described)
    }

    /// The names of the modules in reach: words of the right one find something.
    fn hint(&self) -> String {
        let catalog = self.mcp.services.catalog;
        let mut modules: Vec<&str> = catalog
            .served()
            .filter(|tool| self.offers(*tool) && tool.module() != CATALOG_MODULE)
            .map(ToolId::module)
            .collect();
        modules.dedup();
        format!("No tool here fits these words. Try others; the tools are about {}.", modules.join(", "))
    }
}

fn effect(hint: PolicyHint) -> &'static str {
    match hint {
        PolicyHint::Read => "read",
        PolicyHint::Write => "write",
        PolicyHint::Destructive => "destructive",
    }
}
