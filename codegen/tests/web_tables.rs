//! The web application's tables against the catalog. `web-tables/checkout/` is a small copy of the web's files with the forms
//! that matter, `web-tables/export.json` is what `catalog/web/export.mjs` prints of it, and `web-tables/catalog/` agrees with
//! it. `web-tables/drifts.txt` holds what is said of each change in the copy.
//!
//! `BLESS=1 cargo test -p mana-mcp-codegen --test web_tables` writes all of them anew; read the difference before you keep it.

#![expect(clippy::disallowed_methods, reason = "the tests read files and run node; the compiler does not")]
#![expect(clippy::unwrap_used, reason = "a test fails loudly, in its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mana_mcp_codegen::web_registry::WebFile;
use mana_mcp_codegen::web_tables::{diff, pull, unnamed};
use mana_mcp_codegen::{Code, Diagnostic, Diagnostics, Severity, Sources};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web-tables")
}

fn is_blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// Holds a text against that of a file, or writes it there.
fn golden(name: &str, found: &str) {
    let path = folder().join(name);
    if is_blessing() {
        fs::write(path, found).unwrap();
    } else {
        assert_eq!(found, fs::read_to_string(path).unwrap(), "{name}");
    }
}

fn catalog() -> Sources {
    let paths = fs::read_dir(folder().join("catalog")).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

fn web(text: String) -> WebFile {
    WebFile { path: "export.json".to_owned(), text }
}

fn export() -> WebFile {
    web(fs::read_to_string(folder().join("export.json")).unwrap())
}

/// Runs the export in a folder.
fn run(checkout: &Path) -> Output {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let clients = repository.join("tests/clients/ts");
    let proof = clients.join("node_modules/typescript");
    assert!(proof.exists(), "{} is missing: `cargo xtask ci clients` installs it", proof.display());
    let script = repository.join("catalog/web/export.mjs");
    Command::new("node").arg(script).arg(checkout).current_dir(clients).output().unwrap()
}

fn exported(checkout: &Path) -> String {
    let output = run(checkout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A change of one file of the checkout: the end of its path, the text that is replaced, and the new one.
type Change = (&'static str, &'static str, &'static str);

/// A copy of the checkout with some changes.
fn changed(name: &str, changes: &[Change]) -> PathBuf {
    let folder_of_copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("web-tables").join(name.replace(' ', "-"));
    let _ = fs::remove_dir_all(&folder_of_copy);
    copy(&folder().join("checkout"), &folder_of_copy);
    for (file, from, to) in changes {
        let bases = ["apps/web/src/lib/modules", "apps/web/src/lib", "packages"];
        let path =
            bases.map(|base| folder_of_copy.join(base).join(file)).into_iter().find(|path| path.exists()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{name}: {from} in {file}");
        fs::write(path, text.replace(from, to)).unwrap();
    }
    folder_of_copy
}

/// A problem with its places, each with its line.
fn told(problem: &Diagnostic, sources: &Sources) -> String {
    let place = |span| {
        let line = sources.position(span).line;
        let text = sources.get(span.file).unwrap().text.lines().nth(line - 1).unwrap().trim();
        format!("{}:{line}: {text}", sources.path(span.file))
    };
    let (severity, code) = (problem.severity().name(), problem.code().id());
    let mut text = format!("{severity}[{code}]: {}\n  at {}\n", problem.message(), place(problem.primary().span));
    for one in problem.secondary() {
        text.push_str(&format!("  {}\n    at {}\n", one.text, place(one.span)));
    }
    problem.helps().iter().for_each(|help| text.push_str(&format!("  help: {help}\n")));
    text
}

fn all_told((sources, problems): &(Sources, Diagnostics)) -> String {
    problems.iter().map(|one| told(one, sources)).collect()
}

/// What changes in the web, and the code of the problem that this is for the catalog.
const DRIFTS: &[(&str, &[Change], Code)] = &[
    ("a field is renamed", &[("todo/types.ts", "dueDate?:", "dueOn?:")], Code::WebField),
    ("a field becomes optional", &[("todo/types.ts", "isCompleted:", "isCompleted?:")], Code::WebOptional),
    (
        "a field may be null",
        &[(
            "todo/types.ts",
            "LocalTask extends BaseRecord {\n\ttitle: string",
            "LocalTask extends BaseRecord {\n\ttitle: string | null",
        )],
        Code::WebOptional,
    ),
    ("a wire name changes", &[("todo/module.config.ts", ", syncName: 'projects'", "")], Code::WireName),
    (
        "a table moves to another app",
        &[
            ("habits/module.config.ts", ", { name: 'habitLogs', syncName: 'logs' }", ""),
            (
                "todo/module.config.ts",
                "{ name: 'tasks' },",
                "{ name: 'tasks' }, { name: 'habitLogs', syncName: 'logs' },",
            ),
        ],
        Code::WireName,
    ),
    ("an app is renamed", &[("settings/module.config.ts", "'mana'", "'settings'")], Code::WireName),
    (
        "a table is gone",
        &[("todo/module.config.ts", "\t\t{ name: 'todoProjects', syncName: 'projects' },\n", "")],
        Code::WireName,
    ),
    ("a module is not synced", &[("data/module-registry.ts", "\thabitsModuleConfig,\n", "")], Code::WireName),
    ("a table is of spaces", &[("data/database.ts", "\t'settings',\n", "")], Code::WireName),
    ("a table is of users", &[("data/database.ts", "'settings',", "'settings', 'habits',")], Code::WireName),
    ("a space lacks a module", &[("shared-types/src/spaces.ts", "\t\t'todo',\n", "")], Code::WebSpaces),
    ("a space gets a module", &[("shared-types/src/spaces.ts", "brand: [", "brand: ['habits', ")], Code::WebSpaces),
    (
        "a field becomes a list",
        &[("todo/types.ts", "estimate: number;", "estimate: readonly number[];")],
        Code::WebField,
    ),
    ("a word is renamed", &[("todo/types.ts", "'medium'", "'normal'")], Code::WebField),
    (
        "a field of every row changes",
        &[("local-store/src/record.ts", "createdAt?: string", "createdAt?: number")],
        Code::WebField,
    ),
    ("a table cannot be judged", &[("todo/collections.ts", "db.table<LocalTask>", "db.table")], Code::WebRegistry),
];

/// What changes in the web without any effect on the catalog.
const HARMLESS: &[(&str, &[Change])] = &[
    ("a field is new", &[("todo/types.ts", "\tsource: string", "\tarea?: string | null;\n\tsource: string")]),
    (
        "a table is new",
        &[("notes/module.config.ts", "{ name: 'noteDrafts' },", "{ name: 'noteDrafts' }, { name: 'noteLinks' },")],
    ),
    ("an unused field is gone", &[("todo/types.ts", "\tmetadata?: Record<string, unknown>;\n", "")]),
    ("a word is new", &[("todo/types.ts", "'high'", "'high', 'urgent'")]),
    ("an unused module moves", &[("shared-types/src/spaces.ts", "brand: ['mana', 'notes']", "brand: ['mana']")]),
];

#[test]
fn the_export_of_the_checkout_is_as_it_was() {
    golden("export.json", &exported(&folder().join("checkout")));
}

#[test]
fn every_drift_is_found() {
    let mut text = String::new();
    for (name, changes, code) in DRIFTS {
        let found = diff(&catalog(), &web(exported(&changed(name, changes))));
        let errors = found.1.iter().filter(|one| one.severity() == Severity::Error);
        let codes: Vec<Code> = errors.map(Diagnostic::code).collect();
        assert!(!codes.is_empty() && codes.iter().all(|found| found == code), "{name}: {}", all_told(&found));
        text.push_str(&format!("# {name}\n{}\n", all_told(&found)));
    }
    for (name, changes) in HARMLESS {
        let found = diff(&catalog(), &web(exported(&changed(name, changes))));
        assert!(found.1.errors() == 0 && !found.1.is_empty(), "{name}: {}", all_told(&found));
        text.push_str(&format!("# {name}\n{}\n", all_told(&found)));
    }
    golden("drifts.txt", &text);
}

/// What the export cannot judge ends it, with the place.
#[test]
fn a_declaration_that_is_not_literal_ends_the_export() {
    for (change, wanted) in [
        (("data/database.ts", "new Set([", "makeSet(["), "data/database.ts:8: `new Set([…])` is expected"),
        (
            ("data/module-registry.ts", "\ttags,\n", "\t...tags,\n"),
            "data/module-registry.ts:12: the name of a configuration is",
        ),
        (
            ("todo/module.config.ts", "name: 'tasks'", "name: TASKS"),
            "todo/module.config.ts:6: a literal text is expected",
        ),
        (
            ("shared-types/src/spaces.ts", "brand: [", "...others, brand: ["),
            "src/spaces.ts:7: a literal property is expected",
        ),
        (("todo/module.config.ts", "tables: [", "tables: [["), "this is not TypeScript"),
    ] {
        let output = run(&changed("unjudged", &[change]));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && output.stdout.is_empty() && said.contains(wanted), "{wanted}: {said}");
    }
}

#[test]
fn the_catalog_and_the_checkout_do_not_differ() {
    if is_blessing() {
        fs::write(folder().join("catalog/web.yaml"), pull(&catalog(), &export()).unwrap()).unwrap();
    }
    let found = diff(&catalog(), &export());
    assert!(found.1.is_empty(), "{}", all_told(&found));
}

#[test]
fn pulling_what_is_there_already_changes_no_byte() {
    let catalog = catalog();
    let old = catalog.iter().find(|(_, file)| file.path == "web.yaml").unwrap().1.text.clone();
    assert_eq!(pull(&catalog, &export()).unwrap(), old);
}

#[test]
fn fields_that_no_record_names_are_listed() {
    let found = unnamed(&catalog(), &export());
    let tasks = found.iter().find(|one| one.table == "tasks").unwrap();
    assert_eq!(tasks.fields, ["effort", "metadata", "anchor", "ordering", "source"]);
}

#[test]
fn what_is_no_export_is_not_pulled() {
    for text in ["", "{", "[]", "{}", "{\"web\": {}, \"places\": {}, \"unjudged\": {}}", "{\"web\": 1, \"places\": 2}"]
    {
        let (_, problems) = pull(&catalog(), &web(text.to_owned())).unwrap_err();
        assert!(problems.errors() > 0, "{text}");
        assert!(diff(&catalog(), &web(text.to_owned())).1.errors() > 0, "{text}");
    }
}
