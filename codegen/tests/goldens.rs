//! Small catalogs, and what exactly they become. Every folder of `goldens/` is a catalog; `out/` in it holds what is
//! generated. The Rust in them is compiled, with warnings denied, by the gateway's test `generated_code`.
//!
//! `BLESS=1 cargo test -p mana-mcp-codegen --test goldens` writes them anew.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, reason = "a test fails loudly, in its helpers too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mana_mcp_codegen::diagnostics::render;
use mana_mcp_codegen::{Sources, check, compile};

fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            files.extend(self::files(&path).into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else {
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    files
}

fn generated(folder: &Path) -> BTreeMap<String, String> {
    let yaml = files(folder).into_iter().filter(|(name, _)| !name.starts_with("out/"));
    let sources: Sources = yaml.map(|(name, text)| (format!("catalog/{name}"), text)).collect();
    match compile(&sources) {
        Ok(output) => {
            // The editor's schemas are the same for all catalogs.
            let files = output.files.into_iter().filter(|(path, _)| !path.starts_with("catalog/schema/"));
            output.code.into_iter().chain(files).chain(output.artefacts).collect()
        }
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(|problem| render::concise(problem, &sources)).collect();
            BTreeMap::from([("problems".to_owned(), lines.join("\n"))])
        }
    }
}

#[test]
fn every_catalog_becomes_what_is_kept() {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
    let folders: Vec<PathBuf> = fs::read_dir(goldens).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!folders.is_empty());
    for folder in folders {
        let out = folder.join("out");
        let generated = generated(&folder);
        if std::env::var_os("BLESS").is_some() {
            let _ = fs::remove_dir_all(&out);
            for (path, text) in &generated {
                fs::create_dir_all(out.join(path).parent().unwrap()).unwrap();
                fs::write(out.join(path), text).unwrap();
            }
        }
        let kept = files(&out);
        assert_eq!(kept.keys().collect::<Vec<_>>(), generated.keys().collect::<Vec<_>>(), "{}", folder.display());
        for (path, text) in &generated {
            assert!(kept.get(path) == Some(text), "{}: {path} differs:\n{text}", folder.display());
        }
    }
}

/// The checked form of a small catalog: names are decided, references resolved, values typed.
#[test]
fn a_small_catalog_is_checked_into_this() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let sources: Sources = ["valid.yaml", "crypto.yaml"]
        .map(|name| (format!("catalog/{name}"), fs::read_to_string(folder.join(name)).unwrap()))
        .into_iter()
        .collect();
    let (catalog, warnings) = check(&sources).unwrap();
    assert!(warnings.is_empty());
    insta::assert_debug_snapshot!("checked", catalog);
}
