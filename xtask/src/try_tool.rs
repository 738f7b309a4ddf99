//! `cargo xtask try`: calls tools on a gateway that is built from the working tree and thrown away afterwards.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail, ensure};

use crate::throwaway::Gateway;
use crate::workspace;

/// Call tools on a gateway that is thrown away afterwards
///
/// Builds the gateway, starts it in standalone mode over an empty folder, makes the calls one after the other, prints
/// each result, and ends it. Run `cargo xtask gen` first: what is called is what was generated.
///
/// Examples:
///   cargo xtask try todo.create '{"title":"Buy milk"}'
///   cargo xtask try todo.create '{"title":"Buy milk"}' todo.list
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Names of tools, each with its arguments as a JSON object; none means {}
    #[arg(required = true, value_name = "TOOL [JSON]")]
    calls: Vec<String>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let calls = calls(&args.calls)?;
    let root = workspace::root()?;
    let mut build = Command::new("cargo");
    build.args(["build", "--quiet", "--package", "mana-mcp", "--bin", "mana-mcp"]).current_dir(&root);
    ensure!(build.status().context("cannot run cargo")?.success(), "the gateway does not build");
    let gateway = Gateway::start(&workspace::target(&root).join("debug/mana-mcp"))?;
    for (tool, arguments) in calls {
        let status = gateway.command().args(["call", tool, arguments]).status().context("the call cannot be made")?;
        if !status.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Tools with their arguments: a JSON object belongs to the name before it.
fn calls(words: &[String]) -> anyhow::Result<Vec<(&str, &str)>> {
    let mut calls: Vec<(&str, Option<&str>)> = Vec::new();
    for word in words {
        let is_json = word.trim_start().starts_with('{');
        match (is_json, calls.last_mut()) {
            (true, Some((_, arguments @ None))) => *arguments = Some(word),
            (true, _) => bail!("`{word}` stands behind no tool"),
            (false, _) => calls.push((word, None)),
        }
    }
    Ok(calls.into_iter().map(|(tool, arguments)| (tool, arguments.unwrap_or("{}"))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_belong_to_the_tool_before_them() {
        let words = |text: &[&str]| text.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let given = words(&["a.b", r#"{"x":1}"#, "c.d", "e.f", " {}"]);
        assert_eq!(calls(&given).unwrap(), [("a.b", r#"{"x":1}"#), ("c.d", "{}"), ("e.f", " {}")]);
        assert!(calls(&words(&["{}"])).is_err() && calls(&words(&["a.b", "{}", "{}"])).is_err());
    }
}
