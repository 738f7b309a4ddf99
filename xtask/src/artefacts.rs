//! `cargo xtask artefacts`: the files that follow from the catalog and are built when they are needed.

use std::fs;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::problems::{self, Format};
use crate::workspace;

/// The folder in cargo's target folder.
pub(crate) const FOLDER: &str = "artefacts";

/// Build the files about the catalog that other programs and people use
///
/// They follow from catalog/*.yaml alone, nobody reviews them, and they are not committed:
///   catalog.json    every module, table, tool and toolset, with schemas and examples, for other programs
///   catalog.d.ts    TypeScript types of catalog.json, and of every tool's input and output
///   examples.json   every example with its file and line, for programs that run them
///   index.html      one page that searches all tools, for people; it loads nothing else
/// Files of these names in the folder are replaced; others are left alone.
///
/// Examples:
///   cargo xtask artefacts                     writes into target/artefacts
///   cargo xtask artefacts --out ../site/tools
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The folder to write into; it is made where it does not exist [default: target/artefacts]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    let out = args.out.unwrap_or_else(|| workspace::target(&root).join(FOLDER));
    build(&root, &out)
}

/// Writes the artefacts of the catalog; where it has errors, shows them and writes nothing.
fn build(root: &Path, out: &Path) -> anyhow::Result<ExitCode> {
    let sources = workspace::sources(root)?;
    let output = match mana_mcp_codegen::compile(&sources) {
        Ok(output) => output,
        Err(diagnostics) => {
            problems::show(&diagnostics, &sources, Format::Full)?;
            return Ok(ExitCode::FAILURE);
        }
    };
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    for (name, text) in output.artefacts {
        let path = out.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        writeln!(stdout(), "{}", path.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod browser;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::tests::Repository;

    #[test]
    fn artefacts_are_written_beside_what_is_there() {
        let repository = Repository::new();
        let out = repository.path("site/tools");
        repository.write("site/tools/kept.txt", "kept");
        assert_eq!(build(repository.root(), &out).unwrap(), ExitCode::SUCCESS);
        let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&read("catalog.json")).unwrap();
        assert_eq!(manifest["modules"][0]["tools"][0]["name"], "books.look");
        let examples: serde_json::Value = serde_json::from_str(&read("examples.json")).unwrap();
        assert_eq!(examples[0]["at"], "catalog/books.yaml:14");
        assert!(read("catalog.d.ts").contains("\"books.look\"") && read("index.html").contains("books.look"));
        assert_eq!(read("kept.txt"), "kept");

        repository.write("catalog/books.yaml", "module: books\n");
        fs::remove_dir_all(&out).unwrap();
        assert_eq!(build(repository.root(), &out).unwrap(), ExitCode::FAILURE);
        assert!(!out.exists());
    }
}
