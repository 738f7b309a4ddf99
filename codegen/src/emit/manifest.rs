//! `catalog.json`: the whole catalog for other programs, in one file.

use serde_json::{Value as Json, json};

use super::schema;
use crate::compat::tables_of;
use crate::ir::{Catalog, Module, Outcome, Table, Tool, ToolName, Toolset};

/// The form of the file; it is raised when a key goes or means something else.
const VERSION: u64 = 1;

/// The manifest; `typescript.rs` says the same in types.
pub(super) fn manifest(catalog: &Catalog) -> Json {
    json!({
        "generated": "by `cargo xtask artefacts`; types are in catalog.d.ts",
        "version": VERSION,
        "modules": catalog.modules.iter().map(module).collect::<Vec<_>>(),
        "toolsets": catalog.toolsets().iter().map(|set| toolset(catalog, set)).collect::<Vec<_>>(),
    })
}

fn toolset(catalog: &Catalog, set: &Toolset) -> Json {
    json!({
        "name": set.name(),
        "description": set.description(),
        "isDefault": catalog.toolsets().is_default(set),
        "tools": set.tools().iter().map(ToolName::dotted).collect::<Vec<_>>(),
    })
}

fn module(module: &Module) -> Json {
    json!({
        "name": module.name,
        "webName": module.web_name.as_deref().unwrap_or(&module.name),
        "summary": module.summary,
        "spaces": module.spaces.as_ref().map(|spaces| spaces.iter().map(|space| space.word()).collect::<Vec<_>>()),
        "tables": module.tables.iter().map(table).collect::<Vec<_>>(),
        "tools": module.tools.iter().map(|one| tool(module, one)).collect::<Vec<_>>(),
    })
}

fn table(table: &Table) -> Json {
    json!({
        "name": table.name,
        "app": table.app,
        "syncName": table.sync_name,
        "noun": table.noun,
        "encryptedFields": table.encrypted,
        "recordSchema": schema::record(table),
    })
}

fn tool(module: &Module, tool: &Tool) -> Json {
    let examples = tool.examples.iter().filter_map(|example| match &example.outcome {
        Outcome::Output(output) => {
            Some(json!({ "name": example.name, "input": example.input, "output": output.to_json() }))
        }
        Outcome::Refused(_) => None,
    });
    json!({
        "name": tool.name.dotted(),
        "underscoredName": tool.listed_as.clone().unwrap_or_else(|| tool.name.underscored()),
        "title": tool.title,
        "description": tool.description,
        "scope": tool.scope.word(),
        "policyHint": tool.policy_hint.word(),
        "idempotent": tool.idempotent,
        "tables": tables_of(module, tool).iter().map(|table| table.name.as_str()).collect::<Vec<_>>(),
        "aliases": tool.aliases,
        "consent": tool.consent,
        "agentPolicy": if tool.proposes { "propose" } else { "auto" },
        "sensitiveInputs": tool.sensitive,
        "inputSchema": schema::input_with_examples(tool),
        "outputSchema": schema::output_with_dialect(tool),
        "examples": examples.collect::<Vec<_>>(),
    })
}
