//! `cargo xtask new`: the beginning of a module or a tool.

use std::fs;
use std::io::{IsTerminal as _, Write as _, stderr, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use mana_mcp_codegen::scaffold::{self, Verb};
use mana_mcp_codegen::{Budget, Code, Diagnostic, Diagnostics, Sources};

use crate::problems::{self, Format};
use crate::workspace::{self, CATALOG};

/// Begin a module or a tool
///
/// What is written is in order but for its texts: they say TODO, and `cargo xtask check` refuses them until they are written.
///
/// Examples:
///   cargo xtask new module contacts
///   cargo xtask new module addressbook --table contacts
///   cargo xtask new tool contacts.recent
///   cargo xtask new tool contacts.befriend --verb update
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// A file of the catalog over one table, with a tool that creates rows and one that lists them
    Module {
        /// Name of the module and of its file
        name: String,
        /// The table, as crypto.yaml names it [default: the module's name]
        #[arg(long)]
        table: Option<String>,
    },
    /// A tool over its module's first table
    Tool {
        /// Its full name, like contacts.recent
        #[arg(value_name = "MODULE.TOOL")]
        name: String,
        /// What it does with a row: list, get, insert, update, delete or restore [default: what its name says]
        #[arg(long, value_parser = verb)]
        verb: Option<Verb>,
    },
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    match begin(&root, args.what)? {
        Some((path, texts)) => {
            let texts = problems::count(texts, "text");
            writeln!(
                stdout(),
                "{path} is written; {texts} of it say TODO. Write them, then `cargo xtask check`, `cargo xtask gen`"
            )?;
            Ok(ExitCode::SUCCESS)
        }
        None => Ok(ExitCode::FAILURE),
    }
}

fn verb(word: &str) -> Result<Verb, String> {
    let known = Verb::ALL.map(Verb::word);
    Verb::ALL
        .into_iter()
        .find(|verb| verb.word() == word)
        .ok_or_else(|| format!("a tool is begun with one of {}", known.join(", ")))
}

/// The verb of a tool: what was given, what its name says, or what the user answers.
fn verb_of(given: Option<Verb>, tool: &str) -> anyhow::Result<Verb> {
    if let Some(verb) = given.or_else(|| Verb::of_name(tool)) {
        return Ok(verb);
    }
    let words = Verb::ALL.map(Verb::word).join(", ");
    if !stdin().is_terminal() {
        bail!("say with --verb what `{tool}` does: {words}");
    }
    loop {
        write!(stderr(), "What does `{tool}` do ({words})? ")?;
        let mut line = String::new();
        if stdin().read_line(&mut line)? == 0 {
            bail!("no verb was given");
        }
        match verb(line.trim()) {
            Ok(verb) => return Ok(verb),
            Err(refusal) => writeln!(stderr(), "{refusal}")?,
        }
    }
}

/// Writes the beginning; gives its path, and how many of its texts are still to be written. `None` where the catalog would have
/// other errors with it, which are shown.
fn begin(root: &Path, what: What) -> anyhow::Result<Option<(String, usize)>> {
    let sources = workspace::sources(root)?;
    let (path, text) = match what {
        What::Module { name, table } => {
            let path = format!("{CATALOG}/{name}.yaml");
            let text = scaffold::module(&sources, &name, table.as_deref().unwrap_or(&name));
            if sources.iter().any(|(_, source)| source.path == path) {
                bail!("{path} is there already; `cargo xtask new tool {name}.<tool>` adds a tool to it");
            }
            (path, text?)
        }
        What::Tool { name, verb } => {
            let (module, tool) = name.split_once('.').context("a tool's name is module.tool, like contacts.recent")?;
            scaffold::tool(&sources, module, tool, verb_of(verb, tool)?)?
        }
    };
    // Nothing is written that would not pass: a name can be wrong in many ways.
    let others = sources.iter().filter(|(_, source)| source.path != path);
    let others = others.map(|(_, source)| (source.path.clone(), source.text.clone()));
    let with: Sources = others.chain([(path.clone(), text.clone())]).collect();
    // What all tools of a toolset take together is no fault of the one that is begun.
    let problems = mana_mcp_codegen::check_within(&with, Budget::UNBOUNDED).err().unwrap_or_default();
    let mut others = Diagnostics::default();
    let texts = problems.iter().filter(|one| scaffold::is_placeholder(one)).count();
    let is_wrong = |one: &&Diagnostic| !scaffold::is_placeholder(one) && !waits_for_the_mirror(one);
    problems.iter().filter(is_wrong).for_each(|one| others.push(one.clone()));
    if !others.is_empty() {
        problems::show(&others, &with, Format::Full)?;
        writeln!(stderr(), "nothing was written")?;
        return Ok(None);
    }
    fs::write(root.join(&path), text).with_context(|| format!("cannot write {path}"))?;
    Ok(Some((path, texts)))
}

/// Whether a problem is about the fields that the web has: `web.yaml` lists those of a new table once they are pulled, and the
/// record follows them.
fn waits_for_the_mirror(problem: &Diagnostic) -> bool {
    matches!(problem.code(), Code::MirrorEntry | Code::WebField | Code::WebOptional)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(name: &str, table: Option<&str>) -> What {
        What::Module { name: name.to_owned(), table: table.map(str::to_owned) }
    }

    fn tool(name: &str) -> What {
        What::Tool { name: name.to_owned(), verb: None }
    }

    #[test]
    fn what_is_wrong_is_written_and_passes() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir(root.join(CATALOG)).unwrap();
        let crypto = "encrypted:\n  contacts: [firstName, lastName]\n  notes: [title]\ndisabled: []\nplaintext: []\n";
        fs::write(root.join("catalog/crypto.yaml"), crypto).unwrap();

        let (path, texts) = begin(root, module("people", Some("contacts"))).unwrap().unwrap();
        assert_eq!((path.as_str(), texts), ("catalog/people.yaml", 9));
        begin(root, tool("people.recent")).unwrap().unwrap();
        let unwritten = mana_mcp_codegen::compile(&workspace::sources(root).unwrap()).unwrap_err();
        assert!(unwritten.iter().all(scaffold::is_placeholder));
        let path = root.join("catalog/people.yaml");
        fs::write(&path, fs::read_to_string(&path).unwrap().replace("TODO", "Say")).unwrap();
        let output = mana_mcp_codegen::compile(&workspace::sources(root).unwrap()).unwrap();
        assert_eq!((output.interface.len(), output.warnings.len()), (3, 0));
        assert!(begin(root, tool("people.water")).unwrap_err().to_string().contains("--verb"));

        // What is there is never written over, and what would not pass is not written.
        let before = fs::read_to_string(root.join("catalog/people.yaml")).unwrap();
        assert!(begin(root, module("people", Some("notes"))).is_err());
        assert!(begin(root, tool("recent")).is_err() && begin(root, tool("nobody.recent")).is_err());
        assert_eq!(begin(root, tool("people.recent One")).unwrap(), None);
        // The name is judged before the table that it stands for by default.
        for name in ["mod", "../outside", "My-Module", "aModule"] {
            for table in [Some("notes"), None] {
                let told = begin(root, module(name, table)).unwrap_err().to_string();
                assert!(told.starts_with(&format!("`{name}` cannot be the name of a module: ")), "{told}");
            }
        }
        assert!(begin(root, module("nothing", None)).unwrap_err().to_string().contains("does not know the table"));
        assert_eq!(fs::read_to_string(root.join("catalog/people.yaml")).unwrap(), before);
        assert_eq!(fs::read_dir(root.join(CATALOG)).unwrap().count(), 2);
    }

    #[test]
    fn a_table_whose_fields_the_mirror_lacks_is_begun() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir(root.join(CATALOG)).unwrap();
        fs::write(root.join("catalog/crypto.yaml"), "encrypted: {}\ndisabled: []\nplaintext: [plants]\n").unwrap();
        let web =
            "base: {}\nspaces: { personal: ['*'], team: [] }\nuserTables: []\napps: { garden: { plants: pots } }\n";
        fs::write(root.join("catalog/web.yaml"), web).unwrap();
        begin(root, module("plants", None)).unwrap().unwrap();
        begin(root, tool("plants.recent")).unwrap().unwrap();
        let problems = mana_mcp_codegen::check(&workspace::sources(root).unwrap()).unwrap_err();
        let others: Vec<Code> =
            problems.iter().filter(|one| !scaffold::is_placeholder(one)).map(Diagnostic::code).collect();
        assert_eq!(others, [Code::MirrorEntry]);
    }

    #[test]
    fn a_full_toolset_stops_nobody() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir(root.join(CATALOG)).unwrap();
        let crypto = "encrypted: {}\ndisabled: []\nplaintext: [plants]\n";
        fs::write(root.join("catalog/crypto.yaml"), crypto).unwrap();
        let toolsets = "default: all-plants\ntoolsets:\n  all-plants: { description: Plants., tools: [plants.*] }\n";
        begin(root, module("plants", None)).unwrap().unwrap();
        fs::write(root.join("catalog/toolsets.yaml"), toolsets).unwrap();
        for index in 0..Budget::PUBLISHED.default_tools {
            begin(root, tool(&format!("plants.recent{index}"))).unwrap().unwrap();
        }
        let problems = mana_mcp_codegen::check(&workspace::sources(root).unwrap()).unwrap_err();
        let mut others = problems.iter().filter(|one| !scaffold::is_placeholder(one));
        assert!(others.all(|one| one.code() == mana_mcp_codegen::Code::ToolsetBudget));
    }
}
