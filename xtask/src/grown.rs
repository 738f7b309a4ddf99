//! `cargo xtask grown`: whether a tool can be added by its YAML alone.
//!
//! A copy of the repository gets a synthetic module beside its own and generates. Nothing but generated files may change, and
//! every test that depends on the real catalog must pass.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use mana_mcp_codegen::synthetic;

use crate::problems::count;
use crate::programs::{cargo, git, printed, succeed};
use crate::{scale, workspace};

/// Test runs of the catalog-dependent part of the suite: the arguments of `cargo test`, which is given the whole workspace: with
/// the features of a single package its dependencies would be built again.
const SUITE: [&[&str]; 4] = [
    // Builds the shipped program, which tests of its own package need.
    &["--test", "finding", "--no-run"],
    &["--test", "catalog", "--test", "schema_agreement"],
    &["--bin", "xtask", "gen::"],
    // Of the gateway's tests, those whose subject is the shipped program or its catalog.
    &["--test", "gateway", "--", "examples::", "tools::", "content::", "start::"],
];

/// Check that a tool can be added by its YAML alone
///
/// Copies the repository to target/grown, adds a module of tools to the copy's catalog, generates, and fails where anything
/// but a generated file changed. Then runs every test that depends on the real catalog in the copy.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// How many tools the module has
    #[arg(long, default_value_t = 30)]
    tools: usize,
}

/// Makes the copy and runs its tests.
///
/// # Errors
/// More than generated files changed, or a test failed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root()?;
    let target = workspace::target(&root);
    let copy = target.join("grown");
    scale::copied(&root, &copy)?;
    let copy = Copy { folder: &copy };
    copy.git(&["init", "--quiet"])?;
    copy.git(&["add", "--all"])?;
    let identity = ["-c", "user.name=xtask", "-c", "user.email=xtask@localhost", "-c", "commit.gpgsign=false"];
    copy.git(&[&identity[..], &["commit", "--quiet", "--message", "as it is"]].concat())?;

    let module = synthetic::module(0, args.tools);
    let catalog = workspace::CATALOG;
    let added = vec![module.0.clone(), format!("{catalog}/crypto.yaml"), format!("{catalog}/web.yaml")];
    scale::add_sources(copy.folder, vec![module])?;
    let mut generate = Command::new(env::current_exe()?);
    succeed(generate.arg("gen").current_dir(copy.folder))?;
    copy.holds_generated_changes_alone(&added)?;
    for arguments in SUITE {
        // The dependencies are built already. A crate of the workspace has the same name to cargo in every copy, so that those
        // of this one would be taken for the repository's own: another profile keeps them apart. That of the dependencies
        // stays the same (`package."*"` in Cargo.toml).
        let mut test = cargo();
        test.args(["test", "--quiet", "--workspace"]).args(arguments);
        test.current_dir(copy.folder)
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("MANA_MCP_BIN", target.join("debug/mana-mcp"));
        succeed(&mut test)?;
    }
    fs::remove_dir_all(copy.folder).with_context(|| format!("cannot remove {}", copy.folder.display()))
}

/// The copy of the repository.
struct Copy<'a> {
    folder: &'a Path,
}

impl Copy<'_> {
    fn git(&self, arguments: &[&str]) -> Result<String> {
        let text = printed(&mut git(self.folder, arguments))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// `added` are the sources that were written by hand; what else changed must be marked as generated.
    fn holds_generated_changes_alone(&self, added: &[String]) -> Result<()> {
        self.git(&["add", "--all"])?;
        let changed = self.git(&["diff", "--cached", "--name-only"])?;
        let changed: Vec<&str> = changed.lines().filter(|path| !added.iter().any(|own| own == path)).collect();
        ensure!(!changed.is_empty(), "nothing was generated");
        let attributes = self.git(&[&["check-attr", "linguist-generated", "--"], &changed[..]].concat())?;
        let by_hand: Vec<&str> = attributes.lines().filter(|line| !line.ends_with(": set")).collect();
        if !by_hand.is_empty() {
            bail!("{} changed that nothing generates:\n  {}", count(by_hand.len(), "file"), by_hand.join("\n  "));
        }
        Ok(())
    }
}
