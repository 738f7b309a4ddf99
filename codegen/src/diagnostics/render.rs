//! Showing problems: in full with the source's lines, in one line each, and for machines.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use serde_json::{Value, json};

use super::{Diagnostic, Diagnostics, Label, Severity};
use crate::source::{FileId, Position, Sources, Span};

/// Whether the full rendering is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With ANSI escapes, for a terminal.
    Coloured,
}

/// The problem with the lines of the source and carets, as rustc shows it.
pub fn full(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message().to_owned()).id(diagnostic.code().id());
    let mut group = Group::with_title(title);
    for file in files(diagnostic) {
        group = group.element(snippet(diagnostic, sources, file));
    }
    for help in diagnostic.helps() {
        group = group.element(Level::HELP.message(help.clone()));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    renderer.render(&[group])
}

/// The problem in one line: `path:line:column: error[C0007]: message; help`.
pub fn concise(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let span = diagnostic.primary().span;
    let position = sources.position(span);
    let mut line = format!(
        "{}:{}:{}: {}[{}]: {}",
        sources.path(span.file),
        position.line,
        position.column,
        diagnostic.severity().name(),
        diagnostic.code().id(),
        diagnostic.message()
    );
    for help in diagnostic.helps() {
        line.push_str("; ");
        line.push_str(help);
    }
    line
}

/// The problem as a workflow command of GitHub Actions, which marks the line in a pull request.
pub fn github(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let span = diagnostic.primary().span;
    let (start, end) = (sources.position(span), sources.end_position(span));
    let title = format!("{} {}", diagnostic.code().id(), diagnostic.code().slug());
    let mut text = diagnostic.message().to_owned();
    for label in diagnostic.secondary() {
        let Position { line, column } = sources.position(label.span);
        text.push_str(&format!("\n{}:{line}:{column}: {}", sources.path(label.span.file), label.text));
    }
    for help in diagnostic.helps() {
        text.push_str(&format!("\nhelp: {help}"));
    }
    let mut place = format!("file={},line={}", property(sources.path(span.file)), start.line);
    // Columns are taken within one line only.
    if end.line == start.line {
        place.push_str(&format!(",col={},endColumn={}", start.column, end.column));
    } else {
        place.push_str(&format!(",endLine={}", end.line));
    }
    format!("::{} {place},title={}::{}", diagnostic.severity().name(), property(&title), data(&text))
}

/// All problems as one JSON document: `{"problems": […], "errors": 1, "warnings": 0}`. Lines and columns count from 1,
/// columns in Unicode code points, and `end` is behind the last character.
pub fn json(diagnostics: &Diagnostics, sources: &Sources) -> Value {
    let problems: Vec<Value> = diagnostics
        .iter()
        .map(|one| {
            let also: Vec<Value> = one.secondary().iter().map(|label| place(label, sources)).collect();
            let mut problem = json!({
                "code": one.code().id(),
                "name": one.code().slug(),
                "severity": one.severity().name(),
                "message": one.message(),
                "help": one.helps(),
            });
            if let (Value::Object(problem), Value::Object(place)) = (&mut problem, place(one.primary(), sources)) {
                problem.extend(place);
                problem.insert("also".to_owned(), Value::Array(also));
            }
            problem
        })
        .collect();
    let errors = diagnostics.errors();
    json!({ "problems": problems, "errors": errors, "warnings": diagnostics.len() - errors })
}

fn place(label: &Label, sources: &Sources) -> Value {
    let json = |Position { line, column }| json!({ "line": line, "column": column });
    json!({
        "path": sources.path(label.span.file),
        "start": json(sources.position(label.span)),
        "end": json(sources.end_position(label.span)),
        "label": label.text,
    })
}

/// A text of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The files that a problem names, the one of its primary place first.
fn files(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = vec![diagnostic.primary().span.file];
    for label in diagnostic.secondary() {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
}

fn snippet<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
    file: FileId,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = sources.get(file).map_or("", |source| source.text.as_str());
    let mut snippet = Snippet::source(text).path(sources.path(file));
    let primary = diagnostic.primary();
    let labels = std::iter::once((AnnotationKind::Primary, primary))
        .chain(diagnostic.secondary().iter().map(|label| (AnnotationKind::Context, label)));
    for (kind, label) in labels.filter(|(_, label)| label.span.file == file) {
        let mut annotation = kind.span(shown(text, label.span));
        if !label.text.is_empty() {
            annotation = annotation.label(label.text.clone());
        }
        snippet = snippet.annotation(annotation);
    }
    snippet
}

/// The part of a span that is marked: within the text, on character borders, and on one line.
fn shown(text: &str, span: Span) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    let marked = text.get(start..end).unwrap_or("");
    let line = marked.split('\n').next().unwrap_or(marked).trim_end();
    start..start + line.len()
}
