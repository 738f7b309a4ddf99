//! `cargo xtask try`: calls tools on a gateway that is built from the working tree and thrown away afterwards; with `--fast`
//! in memory, without one.

use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};

use crate::generate;
use crate::programs::cargo;
use crate::throwaway::Gateway;
use crate::try_fast;
use crate::workspace;

/// Run the examples of tools in memory, or call tools on a gateway that is thrown away afterwards
///
/// Without --fast, generates (as `cargo xtask gen` does), builds the gateway, starts it in standalone mode over an empty
/// folder, makes the calls one after the other, prints each result, and ends it.
///
/// With --fast, nothing is generated or built: the steps of the YAML run in memory, over rows that are gone afterwards.
/// Names alone run the examples of these tools and modules, or of the whole catalog, and show each difference at its line.
/// Names with arguments are calls, made one after the other. What is written by hand, services outside of examples, and
/// encryption are in a gateway only.
///
/// Examples:
///   cargo xtask try --fast todo.complete                                    run its examples
///   cargo xtask try --fast todo habits                                      run the examples of two modules
///   cargo xtask try --fast                                                  run all examples
///   cargo xtask try --fast todo.create '{"title":"Buy milk"}' todo.list     call tools in memory
///   cargo xtask try todo.create '{"title":"Buy milk"}' todo.list            call tools on a gateway
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Run in memory what the YAML says, without building or starting a gateway
    #[arg(long)]
    fast: bool,
    /// Names of tools, each with its arguments as a JSON object; none means {}.
    /// With --fast and without any arguments: the tools and modules whose examples are run
    #[arg(required_unless_present = "fast", value_name = "TOOL [JSON]")]
    calls: Vec<String>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let calls = calls(&args.calls)?;
    let root = workspace::root()?;
    if args.fast {
        let are_calls = args.calls.iter().any(|word| is_json(word));
        return if are_calls { try_fast::calls(&root, &calls) } else { try_fast::examples(&root, &args.calls) };
    }
    if !generate::refresh(&root)? {
        return Ok(ExitCode::FAILURE);
    }
    let mut build = cargo();
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
        match (is_json(word), calls.last_mut()) {
            (true, Some((_, arguments @ None))) => *arguments = Some(word),
            (true, _) => bail!("`{word}` stands behind no tool"),
            (false, _) => calls.push((word, None)),
        }
    }
    Ok(calls.into_iter().map(|(tool, arguments)| (tool, arguments.unwrap_or("{}"))).collect())
}

fn is_json(word: &str) -> bool {
    word.trim_start().starts_with('{')
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
