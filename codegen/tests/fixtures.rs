//! Annotated YAML: every file under `fixtures/` says itself what is wrong with it.
//!
//! ```yaml
//!     policyHint: read
//! #               ^^^^ error[C0030]: an insert is `write`
//! ```
//!
//! An annotation marks columns of the last line before it that is not one; without carets it marks the line alone. Every
//! problem is annotated, and nothing else. A folder is compiled as one catalog; a file alone is compiled with the
//! registry `fixtures/crypto.yaml`. The examples of `tried.yaml` are run.
//!
//! `BLESS=1 cargo test -p mana-mcp-codegen --test fixtures` writes the annotations anew; read the difference before you
//! keep it.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, reason = "a test fails loudly, in its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mana_mcp_codegen::diagnostics::render::{self, Style};
use mana_mcp_codegen::{Code, Diagnostic, Sources, check, compile, twin};

/// One annotation, or one problem, as it would be annotated: the line that is marked, the column, the text.
type Mark = (usize, usize, String);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// All catalogs: the sources by file name.
fn catalogs() -> Vec<(PathBuf, BTreeMap<String, String>)> {
    let registry = fs::read_to_string(folder().join("crypto.yaml")).unwrap();
    let mut catalogs = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            let mut sources = BTreeMap::new();
            for folder in [path.clone(), path.join("services")].iter().filter(|folder| folder.is_dir()) {
                let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
                sources.extend(files.filter(|file| file.is_file()).map(|file| {
                    let name = file.strip_prefix(&path).unwrap().to_str().unwrap().to_owned();
                    (name, fs::read_to_string(&file).unwrap())
                }));
            }
            catalogs.push((path, sources));
        } else if name(&path) != "crypto.yaml" {
            let text = fs::read_to_string(&path).unwrap();
            let sources = BTreeMap::from([(name(&path), text), ("crypto.yaml".to_owned(), registry.clone())]);
            catalogs.push((folder(), sources));
        }
    }
    catalogs
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn is_annotation(line: &str) -> bool {
    let text = line.trim_start_matches('#').trim_start().trim_start_matches('^').trim_start();
    line.starts_with('#') && (text.starts_with("error[") || text.starts_with("warning["))
}

/// The source without its annotations, and the annotations.
fn split(text: &str) -> (String, Vec<Mark>) {
    let mut source = String::new();
    let mut marks = Vec::new();
    let mut line = 0;
    for one in text.split_inclusive('\n') {
        if is_annotation(one) {
            marks.push((line, one.find('^').unwrap_or(0), one.trim_end().to_owned()));
        } else {
            source.push_str(one);
            line += 1;
        }
    }
    (source, marks)
}

/// How a problem is annotated in the source of its file.
fn mark(diagnostic: &Diagnostic, sources: &Sources) -> Mark {
    let span = diagnostic.primary().span;
    let position = sources.position(span);
    let text = &sources.get(span.file).unwrap().text;
    let marked = text.get(span.start..span.end).unwrap().split('\n').next().unwrap().trim_end();
    let width = marked.chars().count().max(1);
    let says = format!("{}[{}]: {}", diagnostic.severity().name(), diagnostic.code().id(), diagnostic.message());
    if position.column < 2 {
        return (position.line, 0, format!("# {says}"));
    }
    let text = format!("#{}{} {says}", " ".repeat(position.column - 2), "^".repeat(width));
    (position.line, position.column - 1, text)
}

fn sources(catalog: &BTreeMap<String, String>) -> Sources {
    catalog.iter().map(|(name, text)| (format!("catalog/{name}"), split(text).0)).collect()
}

fn problems(sources: &Sources) -> Vec<Diagnostic> {
    match compile(sources) {
        Ok(_) if sources.iter().any(|(_, source)| source.path == "catalog/tried.yaml") => {
            twin::problems(&check(sources).unwrap().0).iter().cloned().collect()
        }
        Ok(output) => output.warnings.iter().cloned().collect(),
        Err(diagnostics) => diagnostics.iter().cloned().collect(),
    }
}

#[test]
fn every_problem_is_annotated_and_nothing_else() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for (folder, catalog) in catalogs() {
        let sources = sources(&catalog);
        let problems = problems(&sources);
        for (name, text) in &catalog {
            let here =
                |diagnostic: &&Diagnostic| sources.path(diagnostic.primary().span.file) == format!("catalog/{name}");
            let mut found: Vec<Mark> = problems.iter().filter(here).map(|one| mark(one, &sources)).collect();
            let (source, mut wanted) = split(text);
            found.sort();
            wanted.sort();
            if found == wanted {
                continue;
            }
            if bless {
                fs::write(folder.join(name), annotated(&source, &found)).unwrap();
            } else {
                wrong.push(format!("{name}:\n  wanted {wanted:#?}\n  found {found:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn annotated(source: &str, marks: &[Mark]) -> String {
    let mut text = String::new();
    for (index, line) in source.split_inclusive('\n').enumerate() {
        text.push_str(line);
        for (.., mark) in marks.iter().filter(|(line, ..)| *line == index + 1) {
            text.push_str(mark);
            text.push('\n');
        }
    }
    text
}

#[test]
fn every_code_has_a_fixture() {
    let shown: BTreeSet<Code> =
        catalogs().iter().flat_map(|(_, catalog)| problems(&sources(catalog))).map(|one| one.code()).collect();
    // What is found in the web application's files has its fixtures in `web/`.
    let of_web = |code: &Code| ("C0053"..="C0059").contains(&code.id());
    let missing: Vec<&Code> = Code::ALL.iter().filter(|code| !shown.contains(code) && !of_web(code)).collect();
    assert!(missing.is_empty(), "no fixture shows {missing:?}");
}

#[test]
fn what_easily_happens_is_told_with_what_to_do() {
    for (text, help) in [
        ("", "nothing is written here"),
        ("# only a comment\n", "nothing is written here"),
        ("module: a\nsummary: \"^[^\\u0000]*$\"\n", "in single quotes, `\\u0000` stays as it is written"),
    ] {
        let sources: Sources = [("catalog/a.yaml".to_owned(), text.to_owned())].into_iter().collect();
        let helps: Vec<String> = problems(&sources).iter().flat_map(|problem| problem.helps().to_vec()).collect();
        assert!(helps.iter().any(|told| told == help), "{text:?}: {helps:?}");
    }
}

/// Mistakes of different kinds, of different stages and in different tools: none hides another.
#[test]
fn twelve_mistakes_are_twelve_problems() {
    let (_, catalog) = catalogs().into_iter().find(|(_, catalog)| catalog.contains_key("twelve.yaml")).unwrap();
    let found: Vec<Code> = problems(&sources(&catalog)).iter().map(Diagnostic::code).collect();
    let kinds: BTreeSet<Code> = found.iter().copied().collect();
    assert_eq!((found.len(), kinds.len()), (12, 12), "{found:?}");
}

/// Mistakes in expressions and steps: none hides another, none makes another one up, and the carets stand under each.
#[test]
fn twelve_mistakes_in_expressions_are_twelve_problems() {
    let (_, catalog) = catalogs().into_iter().find(|(_, catalog)| catalog.contains_key("expressions.yaml")).unwrap();
    let sources = sources(&catalog);
    let under_carets = |problem: &Diagnostic| {
        let span = problem.primary().span;
        sources.get(span.file).unwrap().text.get(span.start..span.end).unwrap().to_owned()
    };
    let found: Vec<String> = problems(&sources).iter().map(under_carets).collect();
    let wanted = [
        "titel",
        "lenght",
        "letter",
        "input.title + 1",
        "leters",
        "=",
        "'${input.sender}'",
        "(",
        "'${letter.title}'",
        "input.sender",
        "'${input.sender}'",
        "letter.words",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn every_problem_is_rendered_in_full_and_in_one_line() {
    for (_, catalog) in catalogs() {
        let sources = sources(&catalog);
        for problem in problems(&sources) {
            let full = render::full(&problem, &sources, Style::Plain);
            let position = sources.position(problem.primary().span);
            let place = format!("{}:{}:{}", sources.path(problem.primary().span.file), position.line, position.column);
            assert!(full.contains(&place), "{place} is not in\n{full}");
            assert!(full.contains(problem.message()) && full.contains(problem.code().id()), "{full}");
            assert!(problem.helps().iter().all(|help| full.contains(help.as_str())), "{full}");
            let concise = render::concise(&problem, &sources);
            assert!(concise.starts_with(&place) && !concise.contains('\n'), "{concise}");
        }
    }
}

/// What machines read says the same as what people read, and nothing in a text breaks out of its place.
#[test]
fn every_problem_is_rendered_for_machines() {
    for (_, catalog) in catalogs() {
        let sources = sources(&catalog);
        let found = match compile(&sources) {
            Ok(output) => output.warnings,
            Err(diagnostics) => diagnostics,
        };
        let json = render::json(&found, &sources);
        assert_eq!(json["errors"].as_u64().unwrap() + json["warnings"].as_u64().unwrap(), found.len() as u64);
        for (problem, json) in found.iter().zip(json["problems"].as_array().unwrap()) {
            let span = problem.primary().span;
            let (start, end) = (sources.position(span), sources.end_position(span));
            assert_eq!(json["code"], problem.code().id());
            assert_eq!(json["message"], problem.message());
            assert_eq!(json["path"], sources.path(span.file));
            assert_eq!((&json["start"]["line"], &json["start"]["column"]), (&start.line.into(), &start.column.into()));
            assert_eq!((&json["end"]["line"], &json["end"]["column"]), (&end.line.into(), &end.column.into()));
            assert_eq!(json["also"].as_array().unwrap().len(), problem.secondary().len());
            assert!(
                problem.helps().iter().all(|help| json["help"].as_array().unwrap().contains(&help.as_str().into()))
            );

            let command = render::github(problem, &sources);
            let place = format!("::{} file={},line={}", problem.severity().name(), sources.path(span.file), start.line);
            assert!(command.starts_with(&place) && !command.contains(['\n', '\r']), "{command}");
            let (properties, text) = command.trim_start_matches("::").split_once("::").unwrap();
            assert!(properties.ends_with(&format!("title={} {}", problem.code().id(), problem.code().slug())));
            assert!(text.replace("%0A", "\n").replace("%25", "%").starts_with(problem.message()), "{text}");
        }
    }
}

/// A workflow command ends where its line ends, and `%` begins an escape.
#[test]
fn texts_of_workflow_commands_are_escaped() {
    let text = "module: a,b\nsummary: \"%0A::error::\\r\\n\"\n\"x%\\n::set-output\": 3\n";
    let sources: Sources = [("catalog/a,b:%.yaml", text)].into_iter().collect();
    let commands: Vec<String> = problems(&sources).iter().map(|one| render::github(one, &sources)).collect();
    assert!(commands.iter().all(|one| one.lines().count() == 1));
    assert!(commands.iter().all(|one| one.contains(" file=catalog/a%2Cb%3A%25.yaml,line=")), "{commands:#?}");
    assert!(commands.iter().any(|one| one.contains("`x%25%0A::set-output`")), "{commands:#?}");
}

#[test]
fn codes_are_distinct_and_described() {
    let ids: BTreeSet<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    let slugs: BTreeSet<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
    assert_eq!((ids.len(), slugs.len()), (Code::ALL.len(), Code::ALL.len()));
    assert!(Code::ALL.iter().all(|code| code.summary().trim().ends_with('.')));
}
