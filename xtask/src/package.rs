//! `cargo xtask package`: the npm package of the catalog.

use std::fs;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use mana_mcp_codegen::Release;

use crate::problems::{self, Format};
use crate::workspace;

/// The folder in cargo's target folder.
const FOLDER: &str = "package";
/// The gateway's patterns of prompt injection.
const MARKERS: &str = "gateway/src/policy/markers.txt";
const LICENCE: &str = "LICENSE";

/// Write the npm package `@mana/tool-catalog`
///
/// For programs in TypeScript that plan with the tools (ESM, with types, without dependencies; docs/package.md):
///   index.js       AI_TOOL_CATALOG, AI_TOOL_CATALOG_BY_NAME, AI_PROPOSABLE_TOOL_NAMES, detectInjectionMarker, …
///   index.d.ts     their types, and InputOf and OutputOf for the arguments and results of each tool
///   catalog.json   the whole catalog with JSON Schemas, and catalog.d.ts its types, as `cargo xtask artefacts` has them
/// It has the version of the workspace and follows from catalog/*.yaml, so it is not committed. Files of these names in the
/// folder are replaced; others are left alone.
///
/// A former name of a tool is an `aliases` of it in the YAML; `cargo xtask report` says which are missing. Whether agents
/// propose a tool is its `agentPolicy`.
///
/// Examples:
///   cargo xtask package                        writes into target/package
///   cargo xtask package --out ../web/packages/tool-catalog
///   npm install ./target/package               installs it in another project
///   npm pack ./target/package                  makes one file of it
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The folder to write into; it is made where it does not exist [default: target/package]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    let out = args.out.unwrap_or_else(|| workspace::target(&root).join(FOLDER));
    build(&root, &out)
}

/// Writes the package; where the catalog has errors, shows them and writes nothing.
fn build(root: &Path, out: &Path) -> anyhow::Result<ExitCode> {
    let sources = workspace::sources(root)?;
    let catalog = match mana_mcp_codegen::check(&sources) {
        Ok((catalog, _)) => catalog,
        Err(diagnostics) => {
            problems::show(&diagnostics, &sources, Format::Full)?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let read = |path: &str| fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"));
    let release = Release { version: env!("CARGO_PKG_VERSION"), markers: &read(MARKERS)? };
    let mut files = mana_mcp_codegen::package(&catalog, &release);
    files.insert(LICENCE.to_owned(), read(LICENCE)?);
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    for (name, text) in files {
        let path = out.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        writeln!(stdout(), "{}", path.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::former;
    use crate::programs;
    use crate::published::tests::Repository;

    /// A project in which the package of this repository's catalog is installed.
    fn project(root: &Path) -> tempfile::TempDir {
        let project = tempfile::tempdir().unwrap();
        let installed = project.path().join("node_modules/@mana/tool-catalog");
        assert_eq!(build(root, &installed).unwrap(), ExitCode::SUCCESS);
        fs::write(project.path().join("package.json"), r#"{ "type": "module" }"#).unwrap();
        for file in ["check.mjs", "consumer.ts"] {
            fs::copy(root.join("tests/package").join(file), project.path().join(file)).unwrap();
        }
        project
    }

    #[test]
    fn the_package_is_what_the_former_catalog_was() {
        let root = workspace::root().unwrap();
        let project = project(&root);
        let mut node = Command::new("node");
        node.arg("check.mjs").current_dir(project.path());
        node.args([root.join(former::FILE), root.join("tests/fixtures/markers.json")]);
        programs::printed(&mut node).unwrap();
    }

    #[test]
    fn strict_typescript_takes_the_package() {
        let root = workspace::root().unwrap();
        let compiler = root.join("tests/clients/ts/node_modules/typescript/bin/tsc");
        assert!(compiler.exists(), "{} is missing: `cargo xtask ci clients` installs it", compiler.display());
        let project = project(&root);
        let mut node = Command::new("node");
        node.arg(compiler).current_dir(project.path());
        node.args(["--strict", "--exactOptionalPropertyTypes", "--noEmit", "--pretty", "false"]);
        node.args(["--module", "nodenext", "--target", "es2022", "--lib", "es2023", "consumer.ts"]);
        let output = node.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    #[test]
    fn a_catalog_with_errors_makes_no_package() {
        let repository = Repository::new();
        let out = repository.path("package");
        repository.write(MARKERS, "# none\n");
        repository.write(LICENCE, "free\n");
        assert_eq!(build(repository.root(), &out).unwrap(), ExitCode::SUCCESS);
        let script = fs::read_to_string(out.join("index.js")).unwrap();
        assert!(script.contains(r#""name":"books_look""#), "{script}");
        assert!(script.contains("export const INJECTION_MARKERS = [\n];"), "{script}");

        repository.write("catalog/books.yaml", "module: books\n");
        fs::remove_dir_all(&out).unwrap();
        assert_eq!(build(repository.root(), &out).unwrap(), ExitCode::FAILURE);
        assert!(!out.exists());
    }
}
