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
use mana_mcp_codegen::{Budget, Diagnostics, Sources, check_within, compile_within, synthetic};

/// Ten times the tools may take this many times the time: ten, and what caches add.
const RATIO: f64 = 15.0;
/// What 1,000 tools may take.
const CHECK: Duration = Duration::from_secs(2);
const GEN: Duration = Duration::from_secs(4);
/// What the comparison with the web may take.
const DIFF: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let mut failures = 0;
    let mut before: Option<[Duration; 2]> = None;
    for count in [100, 1_000, 10_000] {
        let sources = synthetic::catalog(count);
        let bytes: usize = sources.iter().map(|(_, source)| source.text.len()).sum();
        let checked = fastest(|| {
            drop(check_within(&sources, Budget::UNBOUNDED).map_err(|problems| first(&problems, &sources)).unwrap())
        });
        let made = fastest(|| {
            drop(compile_within(&sources, Budget::UNBOUNDED).map_err(|problems| first(&problems, &sources)).unwrap())
        });
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
