//! Catalogs for tests: tools that give their arguments back.

use super::{Catalog, HostHints, Module, PolicyHint, Scope, Tool, ToolContext, ToolEntry, ToolError, ToolSpec};
use crate::decode::{JsonObject, Value};

struct Echo;

impl Tool for Echo {
    type Input = JsonObject;
    type Output = Value;

    async fn run(input: JsonObject, _: ToolContext) -> Result<Value, ToolError> {
        Ok(Value::Object(input))
    }
}

/// A tool of that name.
pub(crate) const fn entry(name: &'static str) -> ToolEntry {
    ToolEntry::of::<Echo>(ToolSpec {
        name,
        title: "",
        description: "",
        scope: Scope::UserSpace,
        policy_hint: PolicyHint::Read,
        idempotent: false,
        deletes: false,
        aliases: &[],
        consent: None,
        calls: &[],
        hosts: HostHints::NONE,
        input_schema: "{}",
        output_schema: "{}",
    })
}

/// A catalog with that many tools, or a few more.
pub(crate) fn catalog(tools: usize) -> Catalog {
    let entries: Vec<ToolEntry> = (0..tools).map(|number| entry(format!("many.t{number}").leak())).collect();
    let module = Module { name: "many", summary: "", spaces: None, tools: entries.leak(), tables: &[] };
    Catalog::new(vec![&*Box::leak(Box::new(module))].leak())
}
