//! Mistakes that authors make, one at a time: each is one problem, at its place, in plain words, and nearly all of them come
//! with a remedy.
//!
//! A file of `mistakes/cases/` holds cases. A case begins with a line that says what it replaces and what is wrong:
//!
//! ```text
//! --- tool -policyHint: a key that is misspelt
//!     polciyHint: write
//! #   ^^^^^^^^^^ error[C0006]: a tool has no key `polciyHint`
//! #   help: did you mean `policyHint`?
//! ```
//!
//! Its keys stand in place of those of `tool.yaml`, `frame.yaml` (`module`), `service.yaml`, `web.yaml` or `toolsets.yaml`; the
//! keys behind `-` are left out. `BLESS=1 cargo test -p mana-mcp-codegen --test mistakes` writes the annotations anew; read the
//! difference before you keep it.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails loudly, in its helpers too"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mana_mcp_codegen::{Diagnostic, Sources, compile};

/// A mistake, with what is annotated of it.
struct Case {
    /// What is wrong, in words.
    title: String,
    /// What its keys replace.
    of: String,
    /// The keys that are left out.
    without: Vec<String>,
    text: String,
    annotations: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes")
}

fn is_annotation(line: &str) -> bool {
    let Some(text) = line.strip_prefix('#') else { return false };
    let text = text.trim_start().trim_start_matches('^').trim_start();
    ["error[", "warning[", "help: "].iter().any(|start| text.starts_with(start))
}

/// The cases of a file, in its order.
fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("--- ") {
            let (of, title) = head.split_once(": ").unwrap();
            let mut words = of.split(" -");
            cases.push(Case {
                title: title.to_owned(),
                of: words.next().unwrap().to_owned(),
                without: words.map(str::to_owned).collect(),
                text: String::new(),
                annotations: Vec::new(),
            });
        } else if let Some(case) = cases.last_mut() {
            if is_annotation(line) {
                case.annotations.push(format!("{}|{line}", case.text.lines().count()));
            } else {
                case.text.push_str(line);
                case.text.push('\n');
            }
        }
    }
    cases
}

/// The chunks of a text by their keys, which stand behind this many spaces.
fn chunks(text: &str, indent: usize) -> Vec<(String, String)> {
    let mut chunks: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let key =
            line.get(indent..).filter(|rest| line.trim_start() == *rest && !rest.starts_with(['#', '-', '}', ']']));
        match (key.and_then(|rest| rest.split_once(':')), chunks.last_mut()) {
            (Some((key, _)), _) => chunks.push((key.to_owned(), format!("{line}\n"))),
            (None, Some((_, chunk))) => chunk.push_str(&format!("{line}\n")),
            (None, None) => chunks.push((String::new(), format!("{line}\n"))),
        }
    }
    chunks
}

impl Case {
    /// The catalog, and the file and line at which the case begins.
    fn sources(&self) -> (Sources, &'static str, usize) {
        let read = |name: &str| fs::read_to_string(folder().join(name)).unwrap();
        let with = |default: &str, indent: usize| -> String {
            let own: Vec<String> = chunks(&self.text, indent).into_iter().map(|(key, _)| key).collect();
            let kept = chunks(default, indent).into_iter();
            kept.filter(|(key, _)| !own.contains(key) && !self.without.contains(key)).map(|(_, text)| text).collect()
        };
        let mut files: BTreeMap<&str, String> = BTreeMap::from([
            ("catalog/garden.yaml", format!("{}  add:\n{}", read("frame.yaml"), read("tool.yaml"))),
            ("catalog/services/post.yaml", read("service.yaml")),
            ("catalog/crypto.yaml", read("crypto.yaml")),
            ("catalog/web.yaml", read("web.yaml")),
        ]);
        let (file, before) = match self.of.as_str() {
            "tool" => {
                let head = format!("{}  add:\n{}", read("frame.yaml"), with(&read("tool.yaml"), 4));
                ("catalog/garden.yaml", head)
            }
            "module" => ("catalog/garden.yaml", with(&files["catalog/garden.yaml"], 0)),
            "service" => ("catalog/services/post.yaml", with(&read("service.yaml"), 0)),
            "web" => ("catalog/web.yaml", with(&read("web.yaml"), 0)),
            "toolsets" => ("catalog/toolsets.yaml", String::new()),
            other => panic!("`{other}` is nothing that a case is of"),
        };
        files.insert(file, format!("{before}{}", self.text));
        (files.into_iter().collect(), file, before.lines().count())
    }

    /// The annotations of what is really wrong.
    fn found(&self) -> (Vec<String>, Vec<Diagnostic>) {
        let (sources, file, before) = self.sources();
        let problems: Vec<Diagnostic> = match compile(&sources) {
            Ok(output) => output.warnings.iter().cloned().collect(),
            Err(problems) => problems.iter().cloned().collect(),
        };
        let mut annotations = Vec::new();
        for problem in &problems {
            let span = problem.primary().span;
            let position = sources.position(span);
            let path = sources.path(span.file);
            let says = format!("{}[{}]: {}", problem.severity().name(), problem.code().id(), problem.message());
            let marked = sources.get(span.file).unwrap().text.get(span.start..span.end).unwrap();
            let carets = "^".repeat(marked.lines().next().unwrap_or("").trim_end().chars().count().max(1));
            let line = if path != file || position.line <= before {
                format!("0|# {says} (at {path}:{}:{})", position.line, position.column)
            } else if position.column < 2 {
                format!("{}|# {says}", position.line - before)
            } else {
                format!("{}|#{}{carets} {says}", position.line - before, " ".repeat(position.column - 2))
            };
            let at = line.split('|').next().unwrap().to_owned();
            annotations.push(line);
            annotations.extend(problem.helps().iter().map(|help| format!("{at}|# help: {help}")));
        }
        annotations.sort_by_key(|line| line.split('|').next().unwrap().parse::<usize>().unwrap());
        (annotations, problems)
    }

    fn annotated(&self, annotations: &[String]) -> String {
        let without: String = self.without.iter().map(|key| format!(" -{key}")).collect();
        let mut text = format!("--- {}{without}: {}\n", self.of, self.title);
        let of_line = |line: usize| {
            let here =
                annotations.iter().filter_map(move |one| one.strip_prefix(&format!("{line}|")).map(str::to_owned));
            here.map(|one| format!("{one}\n")).collect::<String>()
        };
        text.push_str(&of_line(0));
        for (index, line) in self.text.lines().enumerate() {
            text.push_str(&format!("{line}\n{}", of_line(index + 1)));
        }
        text
    }
}

fn all() -> Vec<(PathBuf, Vec<Case>)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder().join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), cases(&fs::read_to_string(&path).unwrap()))).collect()
}

#[test]
fn every_mistake_is_told_once_at_its_place() {
    let mut wrong = Vec::new();
    for (path, cases) in all() {
        let mut text = String::new();
        for case in &cases {
            let (found, _) = case.found();
            text.push_str(&case.annotated(&found));
            if found != case.annotations {
                wrong.push(format!("{}:\n wanted {:#?}\n found {found:#?}", case.title, case.annotations));
            }
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(path, text).unwrap();
            wrong.clear();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_mistake_is_one_problem() {
    for case in all().iter().flat_map(|(_, cases)| cases) {
        let (found, problems) = case.found();
        assert_eq!(problems.len(), 1, "{}: {found:#?}", case.title);
    }
}

#[test]
fn nine_of_ten_mistakes_come_with_a_remedy() {
    let cases: Vec<Case> = all().into_iter().flat_map(|(_, cases)| cases).collect();
    let without: Vec<&str> = cases
        .iter()
        .filter(|case| case.found().1.iter().any(|problem| problem.helps().is_empty()))
        .map(|case| case.title.as_str())
        .collect();
    assert!(cases.len() >= 100, "{} cases", cases.len());
    assert!(without.len() * 10 <= cases.len(), "{} of {} say no remedy: {without:#?}", without.len(), cases.len());
}

#[test]
fn the_frame_itself_is_right() {
    let case = Case {
        title: String::new(),
        of: "tool".to_owned(),
        without: Vec::new(),
        text: String::new(),
        annotations: Vec::new(),
    };
    assert_eq!(case.found().0, Vec::<String>::new());
}

/// Words that a reader has to translate, and that no message has.
const NO_WORDS: [&str; 22] = [
    "stands twice",
    "has not",
    "leads nowhere",
    "none of the known",
    "by its form",
    "where it was real",
    "every call counts",
    "uses itself",
    "has no sense",
    "is always another",
    "wanted here",
    "that is none",
    "none of those",
    "without anything to do",
    "is told",
    "are told",
    "so many",
    "whoever",
    "this is not YAML",
    "did not find expected",
    "mismatched input",
    "` is no ",
];

#[test]
fn no_message_has_to_be_translated() {
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    for folder in ["tests/mistakes/cases", "tests/fixtures"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let text = fs::read_to_string(&path).unwrap();
            texts.extend(text.lines().filter(|line| is_annotation(line)).map(|line| (path.clone(), line.to_owned())));
        }
    }
    assert!(texts.len() > 300, "few messages: {}", texts.len());
    let has = |line: &str| NO_WORDS.iter().find(|words| line.to_lowercase().contains(&words.to_lowercase()));
    let found = texts.iter().filter_map(|(path, line)| Some(format!("{}: {:?}: {line}", path.display(), has(line)?)));
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn prose_is_no_expression() {
    for text in [
        "The row.",
        "See input.name for its name.",
        "A name: input.name, or row.name.",
        "It is what the user gave (input.name)",
        "mail@example.org",
        "5 * 3 = 15",
        "$5.00 a month",
        "now",
        "today + tomorrow",
    ] {
        let text = format!(
            "    action:\n      insert: {{ table: plants, values: {{ name: '${{input.name}}', tags: ['{text}'] }} }}\n      returns: {{ plant: '${{row}}' }}\n"
        );
        let case =
            Case { title: String::new(), of: "tool".to_owned(), without: Vec::new(), text, annotations: Vec::new() };
        assert_eq!(case.found().0, Vec::<String>::new(), "{}", case.text);
    }
}

#[test]
fn ids_of_new_rows_and_of_requests_are_made_by_the_call() {
    for action in [
        "insert: { table: plants, values: { id: '${uuid()}', name: '${input.name}' } }\n      returns: { plant: '${row}' }",
        "steps:
        ids: { value: '${ {\"plant\": uuid()} }' }
        made: { insert: { table: plants, values: { id: '${ids.plant}', name: '${input.name}' } } }
      returns: { plant: '${made}' }",
        "steps:
        seeds: { value: '${[input.name].map(n, {\"id\": uuid(), \"name\": n})}' }
        known: { value: '${seeds.filter(s, s.name != \"\")}' }
        made: { each: '${known}', insert: { table: plants, values: { id: '${it.id}', name: '${it.name}' } } }
        plant: { insert: { table: plants, values: { name: '${input.name}' } } }
      returns: { plant: '${coalesce(made.first(), plant)}' }",
        "steps:
        sent: { call: { service: post, operation: send, with: { to: '${uuid()}', body: Hello } } }
        plant: { insert: { table: plants, values: { name: '${input.name + sent.number}' } } }
      returns: { plant: '${plant}' }",
        "put: { table: plants, key: { id: rose }, values: { name: '${input.name}' }, existing: keep }
      returns: { plant: '${result.row}' }",
    ] {
        let case = Case {
            title: String::new(),
            of: "tool".to_owned(),
            without: Vec::new(),
            text: format!("    action:\n      {action}\n"),
            annotations: Vec::new(),
        };
        assert_eq!(case.found().0, Vec::<String>::new(), "{action}");
    }
}
