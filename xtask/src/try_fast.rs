//! `cargo xtask try --fast`: tools in memory, as the YAML describes them at this moment.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail};
use mana_mcp_codegen::diagnostics::render::{self, Style};
use mana_mcp_codegen::ir::Catalog;
use mana_mcp_codegen::twin::{self, NoResult, Ran, Timestamp, Verdict, Zone};
use mana_mcp_codegen::{Diagnostics, Sources};
use serde_json::Value;

use crate::problems::{self, Format, count};
use crate::workspace;

/// Runs the examples of these tools and modules, or of the whole catalog.
pub(crate) fn examples(root: &Path, names: &[String]) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let sources = workspace::sources(root)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let catalog = match catalog(&sources, &names) {
        Ok(catalog) => catalog,
        Err(diagnostics) => {
            problems::show(&diagnostics, &sources, Format::Full)?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let tools = tools(&catalog, &names)?;
    let ran = twin::run_examples(&catalog, &tools);
    let mut out = stdout().lock();
    let style =
        if out.is_terminal() && std::env::var_os("NO_COLOR").is_none() { Style::Coloured } else { Style::Plain };
    write!(out, "{}", report(&ran, &sources, style))?;
    writeln!(out, "{} in {:.2} s", summary(&ran), began.elapsed().as_secs_f64())?;
    let has_failed = ran.iter().any(|one| matches!(one.verdict, Verdict::Failed(_)));
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Makes calls one after the other, and prints each result.
pub(crate) fn calls(root: &Path, calls: &[(&str, &str)]) -> anyhow::Result<ExitCode> {
    let sources = workspace::sources(root)?;
    let parsed = calls.iter().map(|(tool, arguments)| {
        let arguments = serde_json::from_str::<Value>(arguments);
        Ok((*tool, arguments.with_context(|| format!("the arguments of `{tool}` are no JSON"))?))
    });
    let parsed = parsed.collect::<anyhow::Result<Vec<_>>>()?;
    let names: Vec<&str> = calls.iter().map(|(tool, _)| *tool).collect();
    let catalog = match catalog(&sources, &names) {
        Ok(catalog) => catalog,
        Err(diagnostics) => {
            problems::show(&diagnostics, &sources, Format::Full)?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let results = twin::run_calls(&catalog, Timestamp::now(), &Zone::of_system(), &parsed);
    for ((tool, _), result) in parsed.iter().zip(results) {
        match result {
            Ok(result) => writeln!(stdout(), "{result:#}")?,
            Err(NoResult::Refused(text)) => {
                writeln!(stderr(), "`{tool}` refused: {text}")?;
                return Ok(ExitCode::FAILURE);
            }
            Err(NoResult::OnlyInGateway(why)) => bail!("`{tool}` runs only in a gateway: {why}; leave `--fast` out"),
            Err(NoResult::Wrong(text)) => bail!("{text}"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What these tools need of the catalog; all of it where no names are given, or one is known by the whole alone.
fn catalog(sources: &Sources, names: &[&str]) -> Result<Catalog, Diagnostics> {
    let part = if names.is_empty() { None } else { mana_mcp_codegen::check_part(sources, names) };
    part.unwrap_or_else(|| mana_mcp_codegen::check(sources).map(|(catalog, _)| catalog))
}

/// The tools that the names stand for; without names, all.
fn tools<'c>(catalog: &'c Catalog, names: &[&str]) -> anyhow::Result<Vec<&'c str>> {
    if names.is_empty() {
        return Ok(twin::all(catalog));
    }
    let mut tools = Vec::new();
    for name in names {
        let found = twin::named(catalog, name);
        if found.is_empty() {
            bail!("there is no tool or module with tools `{name}`{}", twin::suggest(catalog, name));
        }
        tools.extend(found);
    }
    let mut known = BTreeSet::new();
    tools.retain(|tool| known.insert(*tool));
    Ok(tools)
}

/// One line for each example, then what is wrong.
fn report(ran: &[Ran], sources: &Sources, style: Style) -> String {
    let mark = |plain: &str, colour: u8| match style {
        Style::Coloured => format!("\x1b[{colour}m{plain}\x1b[0m"),
        Style::Plain => plain.to_owned(),
    };
    let (mut lines, mut wrong) = (String::new(), String::new());
    for Ran { tool, example, verdict, .. } in ran {
        let (mark, why) = match verdict {
            Verdict::Passed => (mark("✓", 32), String::new()),
            Verdict::Failed(problems) => {
                for problem in problems.iter() {
                    wrong.push_str(&format!("\n{}\n", render::full(problem, sources, style)));
                }
                (mark("✗", 31), String::new())
            }
            Verdict::OnlyInGateway(why) => (mark("-", 33), format!(" (runs only in a gateway: {why})")),
        };
        lines.push_str(&format!("{mark} {tool}: {example}{why}\n"));
    }
    if !wrong.is_empty() {
        wrong.push('\n');
    }
    lines + &wrong
}

/// `3 examples: 2 passed, 1 failed`
fn summary(ran: &[Ran]) -> String {
    let of = |is: fn(&Verdict) -> bool| ran.iter().filter(|one| is(&one.verdict)).count();
    let passed = of(|verdict| *verdict == Verdict::Passed);
    let failed = of(|verdict| matches!(verdict, Verdict::Failed(_)));
    let elsewhere = ran.len() - passed - failed;
    let mut text = format!("{}: {passed} passed, {failed} failed", count(ran.len(), "example"));
    if elsewhere > 0 {
        text.push_str(&format!(", {elsewhere} only in a gateway"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::tests::Repository;

    const SHED: &str = "module: shed
app: shed
summary: Tools to dig with.
tables:
  spades:
    noun: spade
    encryptedFields: []
    record:
      description: A spade.
      required: [id, name]
      properties:
        id: { type: string, format: id, description: Its id. }
        name: { type: string, description: Its name. }
tools:
  add:
    title: Add a spade
    description: Adds a spade and returns it.
    scope: user-space
    policyHint: write
    input:
      required: [name]
      properties: { name: { type: string, maxLength: 20, description: Its name. } }
    output: { required: [spade], properties: { spade: { $ref: '#/tables/spades', description: The spade. } } }
    action: { insert: { table: spades, values: { name: '${input.name}' } }, returns: { spade: '${row}' } }
    examples:
      - { name: a red one, input: { name: red }, output: { spade: { name: red } } }
      - name: a blue one
        input: { name: blue }
        output: { spade: { name: green } }
";

    /// `books.look`, which is written by hand, and `shed.add`, of which one example fails.
    fn repository() -> Repository {
        let repository = Repository::new();
        repository.write("catalog/crypto.yaml", "encrypted: {}\ndisabled: []\nplaintext: [spades]\n");
        repository.write("catalog/shed.yaml", SHED);
        repository
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn each_example_has_a_line_and_what_differs_has_its_place() {
        let repository = repository();
        let sources = workspace::sources(repository.root()).unwrap();
        let catalog = catalog(&sources, &["shed.add", "books"]).unwrap();
        let ran = twin::run_examples(&catalog, &tools(&catalog, &["shed.add", "books", "shed"]).unwrap());
        let text = report(&ran, &sources, Style::Plain);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..3],
            [
                "✓ shed.add: a red one",
                "✗ shed.add: a blue one",
                "- books.look: one (runs only in a gateway: `books.look` is written by hand)"
            ]
        );
        for part in [
            "error[C0062]: the example of `shed.add` returns another `spade.name`",
            "catalog/shed.yaml:29:34",
            "this came: \"blue\"",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains('\x1b') && report(&ran, &sources, Style::Coloured).contains("\x1b[31m✗\x1b[0m"));
        assert_eq!(summary(&ran), "3 examples: 1 passed, 1 failed, 1 only in a gateway");
    }

    #[test]
    fn the_exit_code_says_whether_an_example_failed() {
        let repository = repository();
        let root = repository.root();
        for (names, code) in
            [(&["shed"][..], ExitCode::FAILURE), (&[], ExitCode::FAILURE), (&["books"], ExitCode::SUCCESS)]
        {
            assert_eq!(examples(root, &words(names)).unwrap(), code, "{names:?}");
        }
        let unknown = examples(root, &words(&["shed.ad"])).unwrap_err().to_string();
        assert_eq!(unknown, "there is no tool or module with tools `shed.ad`; did you mean `shed.add`?");
        repository.write("catalog/shed.yaml", &SHED.replace("noun: spade", "nuon: spade"));
        assert_eq!(examples(root, &words(&["shed"])).unwrap(), ExitCode::FAILURE);
    }

    #[test]
    fn calls_end_at_the_first_without_a_result() {
        let repository = repository();
        let root = repository.root();
        let red = r#"{"name":"red"}"#;
        assert_eq!(calls(root, &[("shed.add", red), ("shed_add", red)]).unwrap(), ExitCode::SUCCESS);
        let told = |call: (&str, &str)| calls(root, &[call]).unwrap_err().to_string();
        assert!(told(("shed.add", "{")).contains("no JSON"));
        assert!(told(("shed.add", "{}")).contains("`name` is missing"));
        assert!(told(("books.look", "{}")).contains("leave `--fast` out"));
    }
}
