//! The web application's TypeScript against the catalog: every folder of `web/` holds the two files, the catalog's
//! sources, and says itself what is wrong, in annotations as in `fixtures/` (`//   ^^^ error[C0053]: …` in TypeScript).
//! `sample/` is as long and as odd as the real ones, and has a catalog that agrees with it.
//!
//! `BLESS=1 cargo test -p mana-mcp-codegen --test web` writes the annotations anew; read the difference before you keep it.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, reason = "a test fails loudly, in its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mana_mcp_codegen::diagnostics::render;
use mana_mcp_codegen::web_registry::{WebFile, diff, pull, read_any};
use mana_mcp_codegen::{Code, Diagnostic, Diagnostics, Sources};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web")
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml" || kind == "ts"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

fn comment(name: &str) -> &'static str {
    if name.ends_with(".ts") { "//" } else { "#" }
}

fn is_annotation(name: &str, line: &str) -> bool {
    let Some(text) = line.strip_prefix(comment(name)) else { return false };
    let text = text.trim_start().trim_start_matches('^').trim_start();
    text.starts_with("error[") || text.starts_with("warning[")
}

fn stripped(name: &str, text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !is_annotation(name, line)).collect()
}

fn web(name: &str, text: &str) -> WebFile {
    WebFile { path: name.to_owned(), text: text.to_owned() }
}

fn annotation(name: &str, problem: &Diagnostic, sources: &Sources) -> (usize, usize, String) {
    let span = problem.primary().span;
    let position = sources.position(span);
    let comment = comment(name);
    let marked = sources.get(span.file).unwrap().text.get(span.start..span.end).unwrap();
    let width = marked.split('\n').next().unwrap().trim_end().chars().count().max(1);
    let says = format!("{}[{}]: {}", problem.severity().name(), problem.code().id(), problem.message());
    match (position.column - 1).checked_sub(comment.len()) {
        Some(indent) => {
            (position.line, position.column, format!("{comment}{}{} {says}\n", " ".repeat(indent), "^".repeat(width)))
        }
        None => (position.line, 0, format!("{comment} {says}\n")),
    }
}

fn differences(case: &BTreeMap<String, String>) -> (Sources, Diagnostics) {
    let plain = |name: &str| stripped(name, case.get(name).unwrap());
    let yaml = case.keys().filter(|name| name.ends_with(".yaml"));
    let catalog: Sources = yaml.map(|name| (name.clone(), plain(name))).collect();
    let [registry, allowlist] = ["registry.ts", "plaintext-allowlist.ts"].map(|name| web(name, &plain(name)));
    diff(&catalog, &registry, &allowlist)
}

#[test]
fn every_difference_is_annotated_and_nothing_else() {
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let case = entry.unwrap().path();
        if case.ends_with("sample") {
            continue;
        }
        let files = files(&case);
        let (sources, problems) = differences(&files);
        seen.extend(problems.iter().map(Diagnostic::code));
        for (name, text) in &files {
            let here = problems.iter().filter(|one| sources.path(one.primary().span.file) == name);
            let mut marks: Vec<_> = here.map(|one| annotation(name, one, &sources)).collect();
            marks.sort();
            let mut wanted = String::new();
            for (index, line) in stripped(name, text).split_inclusive('\n').enumerate() {
                wanted.push_str(line);
                wanted.extend(marks.iter().filter(|(line, ..)| *line == index + 1).map(|(.., mark)| mark.as_str()));
            }
            if std::env::var_os("BLESS").is_some() {
                fs::write(case.join(name), wanted).unwrap();
            } else {
                assert_eq!(*text, wanted, "{}/{name}", case.display());
            }
        }
    }
    let of_web = Code::ALL.iter().filter(|code| (53..=59).contains(&code.id()[1..].parse::<u8>().unwrap()));
    let missing: Vec<_> = of_web.filter(|code| !seen.contains(code)).collect();
    assert!(missing.is_empty(), "no folder shows {missing:?}");
}

fn sample_catalog() -> Sources {
    files(&folder().join("sample")).into_iter().filter(|(name, _)| name.ends_with(".yaml")).collect()
}

fn sample() -> [WebFile; 2] {
    let files = files(&folder().join("sample"));
    ["registry.ts", "plaintext-allowlist.ts"].map(|name| web(name, files.get(name).unwrap()))
}

#[test]
fn the_sample_and_the_catalog_do_not_differ() {
    let [registry, allowlist] = sample();
    let (sources, problems) = diff(&sample_catalog(), &registry, &allowlist);
    let lines: Vec<String> = problems.iter().map(|one| render::concise(one, &sources)).collect();
    assert!(lines.is_empty(), "{lines:#?}");
}

#[test]
fn one_field_more_or_less_on_either_side_is_drift() {
    let [registry, allowlist] = sample();
    for (from, to) in [
        ("tasks: entry", "tasksOld: entry"),
        ("'subtasks', ", ""),
        ("['title', 'description', 'subtasks'", "['title', 'description', 'secret', 'subtasks'"),
    ] {
        let changed = web("registry.ts", &registry.text.replacen(from, to, 1));
        assert_ne!(changed.text, registry.text, "{from}");
        assert!(diff(&sample_catalog(), &changed, &allowlist).1.errors() > 0, "{from}");
    }
}

#[test]
fn pulling_what_is_there_already_changes_no_byte() {
    let [registry, allowlist] = sample();
    let catalog = sample_catalog();
    let old = catalog.iter().find(|(_, file)| file.path == "crypto.yaml").unwrap().1.text.clone();
    assert_eq!(pull(&catalog, &registry, &allowlist).unwrap(), old);
}

#[test]
fn pulling_keeps_head_and_order_and_takes_everything_else_from_the_web() {
    let text =
        "# The head.\n\n# More of it.\nencrypted:\n  b: [x]\n  gone: [x]\n  a: [z, x]\ndisabled: []\nplaintext: [p]\n";
    let catalog: Sources = [("crypto.yaml", text)].into_iter().collect();
    let registry = "export const ENCRYPTION_REGISTRY = { a: entry(['x', 'z']), 'no': entry(['on', 'it\\'s \\u2028', '7']), \
        b: entry(['x']), off: entry(['x'], { enabled: false }) }; \
        const entry = (fields, options = { enabled: true }) => ({ fields, enabled: options.enabled });";
    let allowlist = web("allow.ts", "export const PLAINTEXT_ALLOWLIST = ['q', 'p'];");
    let pulled = pull(&catalog, &web("registry.ts", registry), &allowlist).unwrap();
    assert_eq!(
        pulled,
        "# The head.\n\n# More of it.\nencrypted:\n  b: [x]\n  a: [x, z]\n  \"no\": [\"on\", \"it's \u{2028}\", \"7\"]\n\
         \ndisabled:\n  - \"off\"\n\nplaintext:\n  - p\n  - q\n"
    );
    let catalog: Sources = [("crypto.yaml", pulled)].into_iter().collect();
    assert!(diff(&catalog, &web("registry.ts", registry), &allowlist).1.is_empty());
}

#[test]
fn what_cannot_be_judged_is_not_pulled() {
    let catalog: Sources = [("crypto.yaml", "encrypted: {}\ndisabled: []\nplaintext: []\n")].into_iter().collect();
    let registry = web("registry.ts", "export const ENCRYPTION_REGISTRY = { ...a };");
    let allowlist = web("allow.ts", "export const PLAINTEXT_ALLOWLIST = [];");
    assert_eq!(pull(&catalog, &registry, &allowlist).unwrap_err().1.errors(), 1);
}

#[test]
fn deep_and_long_sources_end_in_problems() {
    let declared = |value: String| format!("export const ENCRYPTION_REGISTRY = {value};");
    for text in [
        declared("[".repeat(20_000)),
        declared(format!("{}1{}", "(".repeat(20), ")".repeat(20))),
        declared("!".repeat(20_000)),
        declared("{a:".repeat(20_000)),
        declared(format!("{}1", "a=>".repeat(20_000))),
        declared(format!("{}1", "a?b:".repeat(20_000))),
        format!("type A = {}B{}", "A<".repeat(5_000), ">".repeat(5_000)),
        format!("{};", "a.b(".repeat(5_000)),
        "`${".repeat(5_000),
        "{".repeat(20_000),
        "if(a)".repeat(20_000),
        "/*".to_owned(),
        "'".to_owned(),
        "\u{0}".to_owned(),
        " ".repeat(600 << 10),
    ] {
        assert!(read_any(&text).1.errors() > 0, "{}", &text[..text.len().min(60)]);
    }
}

/// What the file says of its entries when it makes them so.
fn with_entry(function: &str) -> Vec<String> {
    let catalog: Sources =
        [("crypto.yaml", "encrypted:\n  letters: [title]\ndisabled: []\nplaintext: []\n")].into_iter().collect();
    let text = format!("export const ENCRYPTION_REGISTRY = {{\n  letters: entry(['title']),\n}};\n{function}\n");
    let allowlist = web("allow.ts", "export const PLAINTEXT_ALLOWLIST: readonly string[] = [];");
    let (sources, problems) = diff(&catalog, &web("registry.ts", &text), &allowlist);
    let place = |one: &Diagnostic| sources.position(one.primary().span).line;
    problems.iter().map(|one| format!("{}: {}", place(one), one.message())).collect()
}

#[test]
fn an_entry_that_means_what_is_written_is_judged() {
    for function in [
        "function entry<T>(fields: Fields<T>, options: { enabled?: boolean } = {}): Config { return { enabled: options.enabled ?? true, fields: [...fields] }; }",
        "function entry(fields, options?: { enabled?: boolean }) { return { fields, enabled: options?.enabled ?? true }; }",
        "export function entry(fields, options = { enabled: true }) { return { enabled: options.enabled, fields } as Config; }",
        "const entry = (fields, { enabled = true }: { enabled?: boolean } = {}) => ({ enabled, fields: fields as readonly string[] });",
        "const entry = (fields, options = {}) => { return { fields: [...fields], 'enabled': options.enabled !== false }; };",
        "function entry(fields: string[]): Config;\nfunction entry(names: any) { return { enabled: true, fields: names }; }",
    ] {
        assert_eq!(with_entry(function), Vec::<String>::new(), "{function}");
    }
}

#[test]
fn an_entry_that_means_something_else_cannot_be_judged() {
    for function in [
        "function entry(fields, options = {}) { return { enabled: false, fields }; }",
        "function entry(fields, options = {}) { return { enabled: options.enabled ?? false, fields }; }",
        "function entry(fields, options = {}) { return { enabled: options.enabled, fields }; }",
        "function entry(fields, options = {}) { return { enabled: other.enabled ?? true, fields }; }",
        "function entry(fields, options = {}) { return { enabled: options.enabled ?? true, fields: fields.filter(isOld) }; }",
        "function entry(fields, options = {}) { return { enabled: options.enabled ?? true, fields: fields.slice(1) }; }",
        "function entry(fields, options = {}) { return { enabled: options.enabled ?? true, fields: [] }; }",
        "function entry(fields, options = {}) { return { enabled: options.enabled ?? true, fields: ['id', ...fields] }; }",
        "function entry(fields, options = {}) { return { enabled: options.enabled ?? true, fields, ...overrides }; }",
        "function entry(fields, options = {}) { return { enabled: options.enabled ?? true, fields, enabled: false }; }",
        "function entry(fields, options = {}) { fields.pop(); return { enabled: options.enabled ?? true, fields }; }",
        "function entry(fields, options = {}) { if (isOld) return none; return { enabled: options.enabled ?? true, fields }; }",
        "function entry(fields, options = { enabled: false }) { return { enabled: options.enabled ?? true, fields }; }",
        "function entry(fields, options = defaults) { return { enabled: options.enabled ?? true, fields }; }",
        "function entry(fields, { enabled = false } = {}) { return { enabled, fields }; }",
        "function entry(fields, { enabled } = {}) { return { enabled, fields }; }",
        "function entry(fields = [], options = {}) { return { enabled: options.enabled ?? true, fields }; }",
        "function* entry(fields) { return { enabled: true, fields }; }",
        "const entry = make();",
        "let entry = (fields) => ({ enabled: true, fields });",
        "declare function entry(fields: string[]): Config;",
        "import { entry } from './entry';",
        "import { made as entry } from './entry';",
        "import entry from './entry';",
        "",
    ] {
        let found = with_entry(function);
        let line = if function.is_empty() || function.starts_with("declare") { '2' } else { '4' };
        assert!(
            found.len() == 1 && found[0].starts_with(line) && found[0].contains("judged"),
            "{function}: {found:#?}"
        );
    }
    let changed = with_entry("function entry(fields) { return { enabled: true, fields }; }\nentry = other;");
    assert_eq!(changed, ["5: this changes `entry`, which cannot be judged"]);
}

#[test]
fn a_list_that_is_no_constant_is_told_where_it_stands() {
    let catalog: Sources = [("crypto.yaml", "encrypted: {}\ndisabled: []\nplaintext: []\n")].into_iter().collect();
    let registry = web("registry.ts", "// The list.\nexport let ENCRYPTION_REGISTRY = {};\n");
    let allowlist = web("allow.ts", "\n\nvar PLAINTEXT_ALLOWLIST = [];\n");
    let (sources, problems) = diff(&catalog, &registry, &allowlist);
    let lines: Vec<String> = problems.iter().map(|one| render::concise(one, &sources)).collect();
    assert!(lines.iter().any(|line| line.starts_with("registry.ts:2:12:")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("allow.ts:3:5:")), "{lines:#?}");
}
