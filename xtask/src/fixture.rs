//! The fixture catalog, which the tests' gateway serves. It is generated with the real one, by the
//! same compiler, and is published nowhere: it has code alone, no pages, no lock and no token
//! budget.

use std::collections::BTreeMap;
use std::path::Path;

use mana_mcp_codegen::Budget;

use crate::emitted;
use crate::problems::{self, Format};
use crate::workspace;

/// The folder of its sources.
const CATALOG: &str = "tests/fixture/catalog";

/// The folder of its code.
pub(crate) const CODE: &str = "tests/fixture/src/generated";

/// Its generated files by path, or `None` where its sources have errors, which were shown.
pub(crate) fn files(root: &Path, format: Format) -> anyhow::Result<Option<BTreeMap<String, String>>> {
    let sources = workspace::sources_in(root, CATALOG)?;
    let output = match mana_mcp_codegen::compile_within(&sources, Budget::UNBOUNDED) {
        Ok(output) => output,
        Err(diagnostics) => {
            problems::show(&diagnostics, &sources, format)?;
            return Ok(None);
        }
    };
    problems::show(&output.warnings, &sources, format)?;
    emitted::code(root, CODE, output.code).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::{self, Mode};

    /// As `cargo xtask gen --check` holds them.
    #[test]
    fn the_committed_files_are_those_that_the_fixture_makes() {
        let root = workspace::root().unwrap();
        let files = files(&root, Format::Full).unwrap().expect("the sources have no errors");
        let outcome = sync::sync(&root, &[CODE], &files, Mode::Check, "cargo xtask gen").unwrap();
        assert!(outcome.is_in_sync(), "run `cargo xtask gen`: {outcome:?}");
        assert!(files.keys().all(|path| path.starts_with(CODE)), "it is published nowhere");
    }

    #[test]
    fn a_file_that_nothing_makes_is_named() {
        let root = tempfile::tempdir().unwrap();
        let repository = workspace::root().unwrap();
        for file in ["habits.yaml", "crypto.yaml"] {
            let path = format!("{CATALOG}/{file}");
            std::fs::create_dir_all(root.path().join(CATALOG)).unwrap();
            std::fs::copy(repository.join(&path), root.path().join(&path)).unwrap();
        }
        std::fs::copy(repository.join("rustfmt.toml"), root.path().join("rustfmt.toml")).unwrap();
        let files = files(root.path(), Format::Full).unwrap().unwrap();
        sync::sync(root.path(), &[CODE], &files, Mode::Write, "").unwrap();
        std::fs::write(root.path().join(CODE).join("former.rs"), "").unwrap();
        let outcome = sync::sync(root.path(), &[CODE], &files, Mode::Check, "").unwrap();
        assert_eq!((outcome.stale.len(), outcome.orphans), (0, vec![format!("{CODE}/former.rs")]));
    }

    #[test]
    fn a_mistake_in_a_source_is_shown() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join(CATALOG)).unwrap();
        std::fs::write(root.path().join(CATALOG).join("a.yaml"), "module: b").unwrap();
        assert!(files(root.path(), Format::Concise).unwrap().is_none());
    }
}
