//! `cargo xtask bench`: builds the gateway and the benchmark programs in release mode and runs the latter, which measure
//! and print: the gateway's (`tests/src/bin/bench`) and the compiler's (`codegen/benches`).

use anyhow::{Result, ensure};

use crate::programs::cargo;
use crate::{edited, scale, workspace};

/// Benchmarks that run only when they are asked for: they build the gateway three times, and in a copy.
const SCALE: &str = "scale";
const TRY: &str = "try";
/// Names of the compiler's benchmarks.
const COMPILER: [&str; 2] = ["compile", "fuzz"];

/// Measures the gateway (start, memory, sessions, calls, granted tokens, lists of tools, finding tools, calls of services,
/// the cost of telemetry, rows, search, search over all modules and the day, cold reads) and the compiler (large catalogs,
/// damaged sources), what a large catalog adds to the gateway (scale), how long an edit takes to be tried (try), and what
/// others notice of attacks (abuse).
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these: start, sessions, calls, granted, list, find, service, telemetry, rows, search, suite, cold, compile,
    /// fuzz; or scale, try and abuse, which run only when they are asked for
    names: Vec<String>,
}

/// Builds and runs the benchmarks.
///
/// # Errors
/// Something does not build, or a benchmark fails.
pub(crate) fn run(args: Args) -> Result<()> {
    let root = workspace::root()?;
    let is_compiler = |name: &&String| COMPILER.contains(&name.as_str());
    let is_asked = |name: &str| args.names.is_empty() || args.names.iter().any(|asked| asked == name);
    for name in COMPILER.into_iter().filter(|name| is_asked(name)) {
        let mut bench = cargo();
        bench.args([
            "bench",
            "--quiet",
            "--package",
            "mana-mcp-codegen",
            "--features",
            "web-registry",
            "--bench",
            name,
        ]);
        ensure!(bench.current_dir(&root).status()?.success(), "the benchmark `{name}` failed");
    }
    if args.names.iter().any(|name| name == SCALE) {
        scale::run(&root)?;
    }
    if args.names.iter().any(|name| name == TRY) {
        edited::run(&root)?;
    }
    let is_here = |name: &&String| is_compiler(name) || *name == SCALE || *name == TRY;
    let names: Vec<&String> = args.names.iter().filter(|name| !is_here(name)).collect();
    if names.is_empty() && !args.names.is_empty() {
        return Ok(());
    }
    // Two builds: each with the features of its own dependencies, as users build the gateway.
    let build = |arguments: &[&str]| -> Result<bool> {
        let mut cargo = cargo();
        Ok(cargo.args(["build", "--release", "--package"]).args(arguments).current_dir(&root).status()?.success())
    };
    ensure!(build(&["mana-mcp"])?, "the gateway does not build");
    ensure!(build(&["mana-mcp-tests", "--bin", "mana-mcp-test-services"])?, "the services do not build");
    let mut bench = cargo();
    bench.args(["run", "--release", "--quiet", "--package", "mana-mcp-tests", "--bin", "bench", "--"]);
    bench.args(names).env("MANA_MCP_BIN", workspace::target(&root).join("release/mana-mcp")).current_dir(&root);
    ensure!(bench.status()?.success(), "a benchmark failed");
    Ok(())
}
