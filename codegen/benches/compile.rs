//! `cargo xtask bench compile`: `check` and `gen` of synthetic catalogs of 100, 1,000 and 10,000 tools, and the
//! comparison with the web's lists. Ten times the tools may take little more than ten times the time.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads files and the clock; the compiler does not")]
#![expect(clippy::print_stdout, reason = "a benchmark tells its numbers")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails loudly")]

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mana_mcp_codegen::diagnostics::render;
use mana_mcp_codegen::web_registry::{WebFile, diff};
use mana_mcp_codegen::{Diagnostics, Sources, check, compile};

/// Tools of a module, as large modules have them.
const TOOLS: usize = 20;
/// Ten times the tools may take this many times the time: ten, and what caches add.
const RATIO: f64 = 15.0;
/// What 1,000 tools may take.
const CHECK: Duration = Duration::from_secs(1);
const GEN: Duration = Duration::from_secs(2);
/// What the comparison with the web may take.
const DIFF: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let mut failures = 0;
    let mut before: Option<[Duration; 2]> = None;
    for count in [100, 1_000, 10_000] {
        let sources = catalog(count);
        let bytes: usize = sources.iter().map(|(_, source)| source.text.len()).sum();
        let checked = fastest(|| drop(check(&sources).map_err(|problems| first(&problems, &sources)).unwrap()));
        let made = fastest(|| drop(compile(&sources).map_err(|problems| first(&problems, &sources)).unwrap()));
        println!("{count:>6} tools, {:>6} KiB: check {checked:>9.1?}, gen without rustfmt {made:>9.1?}", bytes / 1024);
        if count == 1_000 {
            failures += usize::from(checked > CHECK) + usize::from(made > GEN);
        }
        let now = [checked, made];
        for (name, (now, before)) in ["check", "gen"].iter().zip(now.iter().zip(before.iter().flatten())) {
            let ratio = now.as_secs_f64() / before.as_secs_f64();
            println!("{:>13} ×{ratio:.1} for ten times the tools", name);
            failures += usize::from(ratio > RATIO);
        }
        before = Some(now);
    }
    let took = fastest(web);
    println!("the project's catalog beside the web's lists: {took:.1?}");
    failures += usize::from(took > DIFF);
    println!("{failures} out of bounds");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The first problem, as it is shown: the catalogs here have none.
fn first(problems: &Diagnostics, sources: &Sources) -> String {
    let first = problems.iter().next().map(|problem| render::full(problem, sources, render::Style::Plain));
    first.unwrap_or_default()
}

fn fastest(run: impl Fn()) -> Duration {
    let once = || {
        let begin = Instant::now();
        run();
        begin.elapsed()
    };
    (0..3).map(|_| once()).min().unwrap_or_default()
}

/// A catalog of this many tools: inserts, lists and updates over one table a module.
fn catalog(tools: usize) -> Sources {
    let modules = tools.div_ceil(TOOLS);
    let mut registry = "encrypted:\n".to_owned();
    let mut sources = Vec::new();
    for module in 0..modules {
        registry.push_str(&format!("  things{module}: [title, body]\n"));
        let tools: String = (0..TOOLS).map(|tool| self::tool(module, tool)).collect();
        let text = format!(
            "module: m{module}\napp: synthetic\nsummary: Things of module {module}.\ntypes:\n  Kind: {{ type: string, enum: \
             [small, large], description: How large. }}\ntables:\n  things{module}:\n    noun: thing\n    \
             encryptedFields: [title, body]\n    record:\n      description: A thing.\n      required: [id, title, kind, \
             order]\n      properties:\n        id: {{ type: string, format: uuid, description: Its id. }}\n        title: {{ \
             type: string, description: Its title. }}\n        body: {{ type: string, description: Its text. }}\n        \
             kind: {{ $ref: '#/types/Kind' }}\n        order: {{ type: integer, description: Its place. }}\n        \
             updatedAt: {{ type: string, format: date-time, description: When it was changed. }}\ntools:\n{tools}"
        );
        sources.push((format!("catalog/m{module}.yaml"), text));
    }
    registry.push_str("disabled: []\nplaintext: []\n");
    sources.push(("catalog/crypto.yaml".to_owned(), registry));
    sources.into_iter().collect()
}

fn tool(module: usize, tool: usize) -> String {
    let table = format!("things{module}");
    let head = format!(
        "    scope: user-space\n    description: Does thing {tool} of module {module}, and says what came of it.\n"
    );
    match tool % 3 {
        0 => format!(
            "  add{tool}:\n    title: Add a thing\n    policyHint: write\n{head}    input:\n      required: [title]\n      \
             properties:\n        title: {{ type: string, minLength: 1, maxLength: 200, description: Its title. }}\n        \
             kind: {{ $ref: '#/types/Kind', default: small }}\n    output: {{ required: [thing], properties: {{ thing: {{ \
             $ref: '#/tables/{table}' }} }} }}\n    action:\n      insert: {{ table: {table}, values: {{ title: $input.title, \
             kind: $input.kind, order: $count }} }}\n      returns: {{ thing: $row }}\n    examples: [{{ name: one, input: {{ \
             title: A }}, output: {{ thing: {{ title: A }} }} }}]\n"
        ),
        1 => format!(
            "  list{tool}:\n    title: List things\n    policyHint: read\n{head}    input:\n      properties:\n        limit: {{ \
             type: integer, minimum: 1, maximum: 100, default: 20, description: How many at most. }}\n    output:\n      \
             required: [things]\n      properties: {{ things: {{ type: array, items: {{ $ref: '#/tables/{table}' }}, \
             description: Things. }} }}\n    action:\n      list: {{ table: {table}, sort: [order, -updatedAt], limit: \
             $input.limit }}\n      returns: {{ things: $rows }}\n    examples: [{{ name: all, input: {{}}, output: {{}} }}]\n"
        ),
        _ => format!(
            "  change{tool}:\n    title: Change a thing\n    policyHint: write\n    idempotent: true\n{head}    input:\n      \
             required: [id]\n      properties:\n        id: {{ type: string, format: uuid, description: Which. }}\n        \
             title: {{ type: string, minLength: 1, maxLength: 200, description: Its new title. }}\n    output: {{ required: \
             [ok], properties: {{ ok: {{ type: boolean, description: Done. }} }} }}\n    action:\n      update: {{ table: \
             {table}, id: $input.id, values: {{ title: $input.title }} }}\n      returns: {{ ok: true }}\n    examples: [{{ \
             name: one, input: {{ id: 00000000-0000-4000-8000-000000000000 }}, output: {{ ok: true }} }}]\n"
        ),
    }
}

/// The project's own catalog beside sample lists of the web's size.
fn web() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    let catalog = fs::read_dir(own.join("../catalog")).unwrap().map(|entry| entry.unwrap().path());
    let yaml = catalog.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let sources: Sources =
        yaml.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), read(&path))).collect();
    let [registry, allowlist] = ["registry.ts", "plaintext-allowlist.ts"]
        .map(|name| WebFile { path: name.to_owned(), text: read(&own.join("tests/web/sample").join(name)) });
    let (_, problems) = diff(&sources, &registry, &allowlist);
    assert!(problems.is_empty(), "the sample differs");
}
