//! `tools`: what the catalog offers.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::style;
use mana_mcp_runtime::tool::{Catalog, PolicyHint, ToolId, ToolSpec};

#[derive(Debug, Args)]
pub(super) struct ToolsArgs {
    /// As JSON, with descriptions and schemas
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ToolsArgs, catalog: &Catalog) -> anyhow::Result<ExitCode> {
    let served: Vec<_> = catalog.served().map(ToolId::spec).collect();
    if args.json {
        let tools = served.into_iter().map(described).collect::<Result<Vec<_>, _>>()?;
        style::say(&format!("{:#}", Value::Array(tools)))?;
    } else {
        style::say(&table(&served))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn described(spec: &ToolSpec) -> serde_json::Result<Value> {
    Ok(json!({
        "name": spec.name,
        "title": spec.title,
        "description": spec.description,
        "policyHint": effect(spec.policy_hint),
        "idempotent": spec.is_idempotent(),
        "inputSchema": serde_json::from_str::<Value>(spec.input_schema)?,
        "outputSchema": serde_json::from_str::<Value>(spec.output_schema)?,
    }))
}

fn table(specs: &[&ToolSpec]) -> String {
    const HEADINGS: (&str, &str, &str) = ("TOOL", "EFFECT", "TITLE");
    let rows: Vec<_> = specs.iter().map(|spec| (spec.name, effect(spec.policy_hint), spec.title)).collect();
    let width = |of: fn(&(&str, &str, &str)) -> usize| rows.iter().chain([&HEADINGS]).map(of).max().unwrap_or(0);
    let (first, second) = (width(|row| row.0.len()), width(|row| row.1.len()));
    let line = |(name, effect, title): &(&str, &str, &str)| format!("{name:first$}  {effect:second$}  {title}");
    let heading = style::heading(&line(&HEADINGS), style::is_coloured());
    std::iter::once(heading).chain(rows.iter().map(line)).collect::<Vec<_>>().join("\n")
}

fn effect(hint: PolicyHint) -> &'static str {
    match hint {
        PolicyHint::Read => "read",
        PolicyHint::Write => "write",
        PolicyHint::Destructive => "destructive",
    }
}
