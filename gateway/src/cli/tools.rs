//! `tools`: what the catalog offers.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::style;
use crate::config::{Config, Environment};
use mana_mcp_runtime::{
    service::Service,
    tool::{Catalog, PolicyHint, ToolId, ToolSpec},
};

#[derive(Debug, Args)]
pub(super) struct ToolsArgs {
    /// Also those that are not served, because their service has no address
    #[arg(long)]
    all: bool,
    /// As JSON, with descriptions and schemas; those that are not served say why
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ToolsArgs, environment: &dyn Environment, catalog: &Catalog) -> anyhow::Result<ExitCode> {
    let services = Config::catalog_services(environment, catalog)?;
    let services: Vec<_> = services.iter().map(|one| one.service).collect();
    style::say(&shown(args, &services, catalog)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The tools, where these services have an address.
fn shown(args: &ToolsArgs, services: &[&Service], catalog: &Catalog) -> serde_json::Result<String> {
    let missing = |spec: &ToolSpec| {
        let mut needed = spec.calls.iter().map(|operation| operation.service);
        needed.find(|service| !services.contains(service))
    };
    let (mut served, mut unserved) = (Vec::new(), Vec::new());
    for spec in catalog.served().map(ToolId::spec) {
        match missing(spec) {
            None => served.push(spec),
            Some(service) => unserved.push((spec, service)),
        }
    }
    if args.json {
        let served = served.into_iter().map(|spec| described(spec, None));
        let unserved = unserved.into_iter().map(|(spec, service)| described(spec, Some(service)));
        let tools = served.chain(unserved).collect::<Result<Vec<_>, _>>()?;
        return Ok(format!("{:#}", Value::Array(tools)));
    }
    let mut shown = served;
    if args.all {
        shown.extend(unserved.iter().map(|(spec, _)| *spec));
        shown.sort_by_key(|spec| spec.name);
    }
    let mut text = table(&shown);
    for service in catalog.services() {
        let names: Vec<_> = unserved.iter().filter(|(_, of)| of == service).map(|(spec, _)| spec.name).collect();
        if !names.is_empty() {
            text.push_str(&format!("\n\nNot served, because {}: {}", why(service), names.join(", ")));
        }
    }
    Ok(text)
}

fn why(service: &Service) -> String {
    format!("the service {} has no address ({} is not set)", service.name, service.setting)
}

/// With what keeps it from being served.
fn described(spec: &ToolSpec, missing: Option<&Service>) -> serde_json::Result<Value> {
    let mut tool = json!({
        "name": spec.name,
        "title": spec.title,
        "description": spec.description,
        "policyHint": effect(spec.policy_hint),
        "idempotent": spec.is_idempotent(),
        "inputSchema": serde_json::from_str::<Value>(spec.input_schema)?,
        "outputSchema": serde_json::from_str::<Value>(spec.output_schema)?,
    });
    if let (Some(service), Value::Object(members)) = (missing, &mut tool) {
        members.insert("notServed".to_owned(), why(service).into());
    }
    Ok(tool)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::testing::services::CATALOG;

    #[test]
    fn tools_that_are_not_served_say_why() {
        let all: Vec<_> = CATALOG.services().to_vec();
        let run = |all, json, services: &[&Service]| shown(&ToolsArgs { all, json }, services, &CATALOG).unwrap();
        let shown = |json, services: &[&Service]| run(false, json, services);
        let text = run(true, false, &all[1..]);
        assert!(text.contains("\nevents.feed ") && text.contains("Not served"), "{text}");
        let text = shown(false, &all);
        assert!(text.contains("events.feed") && !text.contains("Not served"), "{text}");
        let text = shown(false, &all[1..]);
        let why = "the service fake has no address (FAKE_URL is not set)";
        assert!(text.ends_with(&format!("\n\nNot served, because {why}: events.draw, events.feed")), "{text}");
        let tools: Vec<Value> = serde_json::from_str(&shown(true, &all[1..])).unwrap();
        let served: Vec<_> = tools.iter().map(|tool| (tool["name"].as_str(), tool["notServed"].as_str())).collect();
        let expected = [
            ("catalog.call", None),
            ("catalog.find", None),
            ("catalog.read", None),
            ("events.nothing", None),
            ("events.open", None),
            ("events.draw", Some(why)),
            ("events.feed", Some(why)),
        ];
        assert_eq!(served, expected.map(|(name, why)| (Some(name), why)));
    }
}
