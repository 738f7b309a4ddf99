//! Where things stand in the repository, and the catalog's sources.

use std::fs;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use mana_mcp_codegen::Sources;
use mana_mcp_codegen::web_registry::WebFile;

/// The folder of the sources.
pub(crate) const CATALOG: &str = "catalog";

/// The root of the repository that a command works on: the one that the current folder is in, else the one whose xtask
/// cargo runs. Never the one that this program was built in, which may be another checkout.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().context("there is no current folder")?;
    // Set by `cargo run`, as in `cargo run --manifest-path …/Cargo.toml --package xtask`.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    root_above(&here)
        .or_else(|| own.as_deref().and_then(root_above))
        .with_context(|| format!("{} is in no repository with a Cargo workspace and a {CATALOG}/", here.display()))
}

/// The nearest folder, this one or one above it, that has a Cargo workspace and a catalog.
fn root_above(folder: &Path) -> Option<PathBuf> {
    let is_root = |folder: &&Path| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        manifest.lines().any(|line| line.trim() == "[workspace]") && folder.join(CATALOG).is_dir()
    };
    folder.ancestors().find(is_root).map(Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub(crate) fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into)
}

/// All sources of the catalog, read from `catalog/*.yaml`, `catalog/services/` and `catalog/prompts/`.
pub(crate) fn sources(root: &Path) -> anyhow::Result<Sources> {
    sources_in(root, CATALOG)
}

/// All sources of a catalog, read from `*.yaml` in that folder of the repository.
pub(crate) fn sources_in(root: &Path, catalog: &str) -> anyhow::Result<Sources> {
    let folder = root.join(catalog);
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml") => match read_text(&path)? {
                Ok(text) => files.push((shown(root, &path), text)),
                Err(fault) => faults.push(format!("{}{fault}", shown(root, &path))),
            },
            Some("yml") => faults.push(format!("{}: sources end in .yaml; rename it", shown(root, &path))),
            _ => {}
        }
    }
    for (inner, wanted) in [("services", "yaml"), ("prompts", "md")] {
        let inner = folder.join(inner);
        for entry in fs::read_dir(&inner).into_iter().flatten() {
            let path = entry.with_context(|| format!("cannot read {}", inner.display()))?.path();
            if path.extension().and_then(|extension| extension.to_str()) == Some(wanted) {
                match read_text(&path)? {
                    Ok(text) => files.push((shown(root, &path), text)),
                    Err(fault) => faults.push(format!("{}{fault}", shown(root, &path))),
                }
            }
        }
    }
    if !faults.is_empty() {
        faults.sort();
        bail!("{}", faults.join("\n       "));
    }
    if files.is_empty() {
        bail!("there is no {catalog}/*.yaml");
    }
    Ok(files.into_iter().collect())
}

/// The text of a file, or what is wrong with it, to be written behind its path.
fn read_text(path: &Path) -> anyhow::Result<Result<String, String>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = good.filter(|byte| **byte == b'\n').count() + 1;
        format!(":{line}: what is written here is not UTF-8; save the file in that encoding")
    }))
}

/// A path from the root, with `/` between its parts.
pub(crate) fn shown(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

/// Reads a file of the web application.
pub(crate) fn web_file(path: &Path) -> anyhow::Result<WebFile> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    // As it is given, with `/`: a CI marks the lines of its own repository by it.
    let path = path.to_string_lossy().replace('\\', "/");
    Ok(WebFile { path: path.strip_prefix("./").unwrap_or(&path).to_owned(), text })
}

/// Writes a mirror of the web application, and says whether it changed.
pub(crate) fn write_mirror(root: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let path = root.join(CATALOG).join(name);
    let is_same = fs::read_to_string(&path).is_ok_and(|old| old == text);
    if !is_same {
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let outcome = if is_same { "unchanged" } else { "written; `cargo xtask check` says what follows from it" };
    writeln!(stdout(), "{CATALOG}/{name}: {outcome}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(CATALOG)).unwrap();
        for (name, bytes) in files {
            fs::write(root.path().join(CATALOG).join(name), bytes).unwrap();
        }
        root
    }

    #[test]
    fn the_root_is_the_nearest_workspace_with_a_catalog() {
        let root = catalog(&[]);
        let root = root.path();
        let inner = root.join("xtask/src");
        fs::create_dir_all(&inner).unwrap();
        fs::create_dir_all(root.join("fuzz")).unwrap();
        assert_eq!(root_above(&inner), None, "there is no workspace");
        fs::write(root.join("Cargo.toml"), "[workspace]\nmembers = []\n").unwrap();
        fs::write(root.join("xtask/Cargo.toml"), "[package]\nworkspace = \"..\"\n").unwrap();
        fs::write(root.join("fuzz/Cargo.toml"), "[workspace]\n").unwrap();
        for folder in [root, &inner, &root.join("fuzz"), &root.join(CATALOG)] {
            assert_eq!(root_above(folder).as_deref(), Some(root), "{}", folder.display());
        }
        // A checkout in a folder of another one is itself.
        let copy = root.join("target/copy");
        fs::create_dir_all(copy.join(CATALOG)).unwrap();
        fs::write(copy.join("Cargo.toml"), "[workspace]\n").unwrap();
        assert_eq!(root_above(&copy.join(CATALOG)), Some(copy));
    }

    #[test]
    fn sources_are_the_yaml_files_of_the_catalog() {
        let root = catalog(&[("b.yaml", b"b"), ("a.yaml", b"a"), ("README.md", b"no source")]);
        let sources = sources(root.path()).unwrap();
        let paths: Vec<&str> = sources.iter().map(|(_, source)| source.path.as_str()).collect();
        assert_eq!(paths, ["catalog/a.yaml", "catalog/b.yaml"]);
    }

    #[test]
    fn what_cannot_be_a_source_is_named() {
        let root = catalog(&[("b.yaml", b"module: b\nsummary: \xff"), ("a.yml", b"a"), ("c.yaml", b"\xff\xfem\0")]);
        let error = sources(root.path()).unwrap_err().to_string();
        let lines: Vec<&str> = error.lines().map(str::trim_start).collect();
        assert!(lines[0].starts_with("catalog/a.yml: sources end in .yaml"), "{error}");
        assert!(lines[1].starts_with("catalog/b.yaml:2: ") && lines[1].contains("UTF-8"), "{error}");
        assert!(lines[2].starts_with("catalog/c.yaml:1: "), "{error}");
        assert!(sources(catalog(&[]).path()).is_err());
    }
}
