//! `cargo xtask report`: what the catalog has, in numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Write as _, stdout};
use std::path::Path;
use std::process::ExitCode;

use mana_mcp_codegen::overview::{ActionFacts, ToolFacts, overview};

use crate::former::{self, Comparison, Former};
use crate::problems::{self, Format};
use crate::workspace;

/// Print what the catalog has: tools by module and by verb, custom handlers, former names
///
/// Former names are those under which the web application's agents knew tools before there was this catalog
/// (catalog/web/ai-tools.json). They are in stored policies and plans, so each is in the `aliases` of a tool, or in
/// `leftOut` of that file with the reason. Fails where one is neither, or where a tool has another agent policy.
///
/// Examples:
///   cargo xtask report           print the numbers
///   cargo xtask report --names   print each former name too, its tool, and the parameters that the tool does not take
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Print each former name with its tool, and what changed
    #[arg(long)]
    names: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    print(&workspace::root()?, args)
}

fn print(root: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let sources = workspace::sources(root)?;
    let catalog = match mana_mcp_codegen::check(&sources) {
        Ok((catalog, _)) => catalog,
        Err(diagnostics) => {
            problems::show(&diagnostics, &sources, Format::Full)?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let tools = overview(&catalog);
    let former = Former::read(root)?;
    let comparison = former.compare(&tools);
    let sections =
        [by_module(&tools), by_verb(&tools), custom(&tools), former_names(former.len(), &comparison, args.names)];
    write!(stdout(), "{}", sections.join("\n"))?;
    Ok(if comparison.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The tools of a module, or of all, by what they do to data.
#[derive(Default)]
struct Count {
    read: usize,
    write: usize,
    destructive: usize,
    custom: usize,
}

impl Count {
    fn of<'a>(tools: impl IntoIterator<Item = &'a ToolFacts>) -> Self {
        let mut count = Self::default();
        for tool in tools {
            match tool.policy_hint {
                "read" => count.read += 1,
                "write" => count.write += 1,
                _ => count.destructive += 1,
            }
            count.custom += usize::from(tool.action == ActionFacts::Custom);
        }
        count
    }

    fn line(&self, name: &str) -> String {
        let Self { read, write, destructive, custom } = self;
        let all = read + write + destructive;
        format!("{name:<16}{all:>7}{read:>7}{write:>7}{destructive:>13}{custom:>8}\n")
    }
}

fn by_module(tools: &[ToolFacts]) -> String {
    let modules: BTreeSet<&str> = tools.iter().map(|tool| tool.module.as_str()).collect();
    let mut text =
        format!("{:<16}{:>7}{:>7}{:>7}{:>13}{:>8}\n", "module", "tools", "read", "write", "destructive", "custom");
    for module in modules {
        text.push_str(&Count::of(tools.iter().filter(|tool| tool.module == module)).line(module));
    }
    text.push_str(&Count::of(tools).line("all"));
    text
}

fn by_verb(tools: &[ToolFacts]) -> String {
    let mut verbs: BTreeMap<&str, usize> = BTreeMap::new();
    for tool in tools {
        match &tool.action {
            ActionFacts::Steps(steps) => steps.iter().for_each(|verb| *verbs.entry(verb).or_default() += 1),
            ActionFacts::Custom => {}
        }
    }
    let mut text = format!("{:<16}{:>7}\n", "verb of a step", "tools");
    verbs.iter().for_each(|(verb, count)| text.push_str(&format!("{verb:<16}{count:>7}\n")));
    text
}

fn custom(tools: &[ToolFacts]) -> String {
    let custom = tools.iter().filter(|tool| tool.action == ActionFacts::Custom).map(|tool| tool.name.as_str());
    let custom: Vec<&str> = custom.collect();
    let mut text = format!("{}\n", problems::count(custom.len(), "custom handler"));
    custom.iter().for_each(|name| text.push_str(&format!("  {name}\n")));
    text
}

fn former_names(count: usize, comparison: &Comparison, is_full: bool) -> String {
    let Comparison { kept, left_out, faults } = comparison;
    let mut text = String::new();
    let (kept_count, left_count) = (kept.len(), left_out.len());
    let _ = writeln!(text, "{}: {kept_count} kept, {left_count} left out", problems::count(count, "former name"));
    for one in kept.iter().filter(|_| is_full) {
        let _ = write!(text, "  {:<28} is {}", one.former, one.tool);
        if let Some(module) = &one.module {
            let _ = write!(text, "; its module is {module}");
        }
        if !one.gone.is_empty() {
            let _ = write!(text, "; does not take {}", one.gone.join(", "));
        }
        text.push('\n');
    }
    for (name, reason) in left_out {
        let _ = writeln!(text, "  {name:<28} left out: {reason}");
    }
    for fault in faults {
        let _ = writeln!(text, "  error: {fault}");
    }
    if count == 0 {
        let _ = writeln!(text, "  (there is no {})", former::FILE);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::tests::Repository;

    fn tools(repository: &Repository) -> Vec<ToolFacts> {
        overview(&mana_mcp_codegen::check(&workspace::sources(repository.root()).unwrap()).unwrap().0)
    }

    #[test]
    fn tools_are_counted_by_module_and_handlers_are_named() {
        let repository = Repository::new();
        repository.module("shop", "find", 10);
        let tools = tools(&repository);
        let table = by_module(&tools);
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1], ["books", "1", "1", "0", "0", "1"]);
        assert_eq!(rows[3], ["all", "2", "2", "0", "0", "2"]);
        assert_eq!(custom(&tools), "2 custom handlers\n  books.look\n  shop.find\n");
        assert_eq!(by_verb(&tools).lines().count(), 1, "handlers have no verbs");
    }

    #[test]
    fn a_verb_counts_once_for_each_tool() {
        let root = workspace::root().unwrap();
        let tools = overview(&mana_mcp_codegen::check(&workspace::sources(&root).unwrap()).unwrap().0);
        let lists = |tool: &&ToolFacts| matches!(&tool.action, ActionFacts::Steps(steps) if steps.contains("list"));
        let line = format!("{:<16}{:>7}", "list", tools.iter().filter(lists).count());
        assert!(by_verb(&tools).lines().any(|one| one == line), "{}", by_verb(&tools));
    }

    #[test]
    fn a_missing_former_name_fails_and_is_named() {
        let repository = Repository::new();
        let args = Args { names: true };
        assert_eq!(print(repository.root(), &args).unwrap(), ExitCode::SUCCESS);
        let list = |left_out: &str| {
            let tool = r#"{"name": "look_up", "module": "books", "policy": "auto", "parameters": []}"#;
            repository.write(former::FILE, &format!(r#"{{"leftOut": {{{left_out}}}, "tools": [{tool}]}}"#));
        };
        list("");
        assert_eq!(print(repository.root(), &args).unwrap(), ExitCode::FAILURE);
        let comparison = Former::read(repository.root()).unwrap().compare(&tools(&repository));
        let text = former_names(1, &comparison, true);
        assert!(text.starts_with("1 former name: 0 kept, 0 left out\n  error: look_up is missing"), "{text}");
        list(r#""look_up": "there are no books""#);
        assert_eq!(print(repository.root(), &args).unwrap(), ExitCode::SUCCESS);
    }
}
