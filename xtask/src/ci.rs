//! `cargo xtask ci`: all checks, in one order, on a machine that has cargo, node with npm, python with venv, and a C compiler.
//! Whatever else is needed is installed by name: the clients into ignored folders, Redis, Prometheus and Chromium as
//! Debian packages.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::programs::{say, shown, started_by_hand, succeed};
use crate::{artefacts, fuzz, workspace};

/// The version that `deny.toml` is written for.
const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
/// Runs the tests of all binaries side by side; `cargo test` runs one binary after the other.
const NEXTEST: Tool = Tool { name: "cargo-nextest", version: "0.9.143" };
/// Tests for each processor at a time: many of them wait for a process or a deadline.
const TESTS_PER_PROCESSOR: usize = 2;
/// Programs that the tests start themselves, and the Debian package that has each.
const SERVERS: [(&str, &str); 3] =
    [("redis-server", "redis-server"), ("promtool", "prometheus"), ("chromium", "chromium")];

/// Runs every check that a change must pass, quickest first; stops at the first that fails.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only these steps, in this order
    #[arg(value_enum)]
    steps: Vec<Step>,
}

/// A step of the run; their order here is the order of a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// `cargo fmt --check`, and the rules for prose and for paths in it (`xtask/tests/`)
    Format,
    /// `cargo xtask arrows`
    Arrows,
    /// `cargo xtask gen --check`
    Generated,
    /// `cargo xtask artefacts`, and whether the JSON among them is JSON
    Artefacts,
    /// Installs the official clients and the conformance suite
    Clients,
    /// Installs Redis, Prometheus and Chromium where they are missing (Debian packages; asks for root)
    Servers,
    /// `cargo clippy` with warnings denied
    Lint,
    /// `cargo doc` with warnings denied
    Docs,
    /// Licences, sources and bans of all dependencies (`deny.toml`), and the notices of third parties
    Dependencies,
    /// Builds the gateway and every test
    Build,
    /// `cargo xtask docs --check`
    Reference,
    /// Installs agent hosts, and runs them offline against the gateway and a model on loopback (`docs/hosts.md`)
    Hosts,
    /// Runs every test
    Test,
    /// `cargo xtask fuzz`, every target for a few seconds
    Fuzz,
    /// `cargo xtask grown`: a module more is added by its YAML alone
    Grown,
}

/// Runs the asked steps, or all.
///
/// # Errors
/// The first step that fails.
pub(crate) fn run(args: Args) -> Result<()> {
    let machine = Machine::here()?;
    let steps = if args.steps.is_empty() { Step::value_variants().to_vec() } else { args.steps };
    let mut took = Vec::new();
    let mut passed = None;
    for step in steps {
        say(&format!("\n=== {}", step.name()));
        let started = Instant::now();
        let outcome = step.run(&machine).with_context(|| format!("the step `{}` failed", step.name()));
        took.push((step, started.elapsed()));
        match outcome {
            Ok(count) => passed = count.or(passed),
            Err(error) => {
                say_times(&took);
                return Err(error);
            }
        }
    }
    say_times(&took);
    if let Some(Count { passed, failed, ignored }) = passed {
        say(&format!("{passed} passed, {failed} failed, {ignored} skipped"));
    }
    Ok(())
}

/// How long each step took, also where the last one failed.
fn say_times(took: &[(Step, Duration)]) {
    say("");
    for (step, time) in took {
        say(&format!("{:<14}{:>6} s", step.name(), time.as_secs()));
    }
    let all: Duration = took.iter().map(|(_, time)| *time).sum();
    say(&format!("{:<14}{:>6} s", "in all", all.as_secs()));
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn run(self, machine: &Machine) -> Result<Option<Count>> {
        match self {
            Self::Format => {
                machine.cargo(["fmt", "--all", "--check"])?;
                machine.cargo(["test", "--package", "xtask", "--test", "style", "--test", "docs"])?;
            }
            Self::Arrows => machine.call(&machine.xtask, ["arrows"], &machine.root)?,
            Self::Generated => machine.call(&machine.xtask, ["gen", "--check"], &machine.root)?,
            Self::Artefacts => machine.artefacts()?,
            Self::Clients => machine.clients()?,
            Self::Servers => machine.servers()?,
            Self::Lint => machine.cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?,
            Self::Docs => {
                let mut command = machine.command(
                    "cargo",
                    ["doc", "--workspace", "--no-deps", "--document-private-items"],
                    &machine.root,
                );
                // An application: its docs are for those who work on it, and may point at what is private.
                succeed(command.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links"))?;
            }
            Self::Dependencies => machine.dependencies()?,
            Self::Build => machine.build()?,
            Self::Reference => machine.call(&machine.xtask, ["docs", "--check"], &machine.root)?,
            Self::Hosts => machine.hosts()?,
            Self::Test => return machine.test().map(Some),
            Self::Fuzz => fuzz::run_with(Command::new(machine.built("fuzz")?), &fuzz::Args::bounded())?,
            Self::Grown => machine.call(&machine.xtask, ["grown"], &machine.root)?,
        }
        Ok(None)
    }
}

/// Where things stand on this machine.
struct Machine {
    root: PathBuf,
    target: PathBuf,
    xtask: PathBuf,
}

/// A program that is installed from crates.io where it is missing.
#[derive(Debug, Clone, Copy)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

/// The sum of all tests.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Machine {
    fn here() -> Result<Self> {
        let xtask = env::current_exe()?;
        let target = xtask.parent().and_then(Path::parent).context("xtask runs in the target folder")?;
        Ok(Self { root: workspace::root()?, target: target.to_owned(), xtask: xtask.clone() })
    }

    fn command<const N: usize>(&self, program: impl AsRef<OsStr>, arguments: [&str; N], folder: &Path) -> Command {
        let mut command = started_by_hand(program);
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        command
    }

    fn call<const N: usize>(&self, program: impl AsRef<OsStr>, arguments: [&str; N], folder: &Path) -> Result<()> {
        succeed(&mut self.command(program, arguments, folder))
    }

    fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Result<()> {
        self.call("cargo", arguments, &self.root)
    }

    /// All targets of all packages at once. A package alone has dependencies with other features: they would be built again.
    fn build(&self) -> Result<()> {
        self.cargo(["build", "--workspace", "--all-targets"])
    }

    /// A program that [`Machine::build`] makes.
    fn built(&self, program: &str) -> Result<PathBuf> {
        let path = self.target.join("debug").join(program);
        ensure!(path.exists(), "{} is missing: `cargo xtask ci build` makes it", path.display());
        Ok(path)
    }

    fn artefacts(&self) -> Result<()> {
        self.call(&self.xtask, ["artefacts"], &self.root)?;
        let folder = workspace::target(&self.root).join(artefacts::FOLDER);
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = fs::read_to_string(&path)?;
                serde_json::from_str::<serde_json::Value>(&text)
                    .with_context(|| format!("{} is not JSON", path.display()))?;
            }
        }
        Ok(())
    }

    /// Installs what the lock files name, unless that is there already.
    fn clients(&self) -> Result<()> {
        let folder = self.root.join("tests/clients");
        let (ts, python) = (folder.join("ts"), folder.join("python"));
        if newer(&ts.join("package-lock.json"), &ts.join("node_modules/.package-lock.json")) {
            self.call("npm", ["ci"], &ts)?;
        }
        self.python(&python)
    }

    /// Installs what the lock file of a folder names for Python, unless that is there already.
    fn python(&self, folder: &Path) -> Result<()> {
        let (lock, installed) = (folder.join("requirements.lock"), folder.join(".venv/installed.lock"));
        if newer(&lock, &installed) {
            self.call("python3", ["-m", "venv", "--clear", ".venv"], folder)?;
            let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--requirement", "requirements.lock"];
            self.call(folder.join(".venv/bin/python"), pip, folder)?;
            fs::copy(&lock, &installed)?;
        }
        Ok(())
    }

    /// Runs the hosts of `tests/hosts/`, and holds the table in `docs/hosts.md` against what they do.
    fn hosts(&self) -> Result<()> {
        let folder = self.root.join("tests/hosts");
        if newer(&folder.join("package-lock.json"), &folder.join("node_modules/.package-lock.json")) {
            // Not `npm ci`: it wants packages in the lock that are for other machines, and npm does not write them there.
            self.call("npm", ["install", "--no-save", "--no-audit", "--no-fund"], &folder)?;
        }
        self.python(&folder)?;
        let mut run = self.command("node", ["run.mjs"], &folder);
        succeed(run.arg(self.built("mana-mcp")?).arg("--check"))
    }

    /// Installs the servers that are missing. The tests start their own: the packages' services stay off.
    fn servers(&self) -> Result<()> {
        let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok();
        let missing: Vec<&str> =
            SERVERS.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let as_administrator = |script: &str| {
            let mut command = self.command("sh", ["-c", script], &self.root);
            succeed(command.args(&missing).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1"))
        };
        // `$0` and `$@` are the packages.
        as_administrator(
            "set -e; [ \"$(id -u)\" = 0 ] && sudo= || sudo='sudo -nE'; $sudo apt-get -qq update; \
             $sudo apt-get -qq install --yes --no-install-recommends \"$0\" \"$@\"",
        )
        .with_context(|| format!("install {} by hand: the tests start them", missing.join(" and ")))
    }

    /// Advisories are checked against a database that is there already: it comes from a git host, and this must run where
    /// none can be reached.
    fn dependencies(&self) -> Result<()> {
        let deny = self.tool(DENY)?;
        self.call(&deny, ["--workspace", "check", "licenses", "bans", "sources"], &self.root)?;
        self.call(&self.xtask, ["notices", "--check"], &self.root)?;
        if advisories().is_some_and(|folder| folder.is_dir()) {
            self.call(&deny, ["--workspace", "check", "--disable-fetch", "advisories"], &self.root)
        } else {
            say("security advisories are NOT checked: there is no database of them here (`cargo deny fetch` gets it)");
            Ok(())
        }
    }

    /// The program of a tool: the one of this machine if it has that version, else one that is installed in the target folder.
    fn tool(&self, Tool { name, version }: Tool) -> Result<PathBuf> {
        let is_it = |program: &Path| {
            let answer = Command::new(program).arg("--version").output();
            answer.is_ok_and(|answer| String::from_utf8_lossy(&answer.stdout).contains(version))
        };
        let tools = self.target.join("tools");
        let own = tools.join("bin").join(name);
        if let Some(there) = [PathBuf::from(name), own.clone()].into_iter().find(|program| is_it(program)) {
            return Ok(there);
        }
        let mut install = self.command("cargo", ["install", name, "--locked", "--debug"], &self.root);
        install.args(["--version", version, "--root"]).arg(&tools).env("CARGO_TARGET_DIR", tools.join("build"));
        succeed(&mut install)?;
        fs::remove_dir_all(tools.join("build"))?;
        Ok(own)
    }

    fn test(&self) -> Result<Count> {
        let at_once = thread::available_parallelism()?.get() * TESTS_PER_PROCESSOR;
        let all = ["nextest", "run", "--workspace", "--no-fail-fast", "--test-threads", &at_once.to_string()];
        let nextest = self.command(self.tool(NEXTEST)?, all, &self.root);
        // Examples in documentation are cargo's own.
        let documentation = self.command("cargo", ["test", "--workspace", "--doc"], &self.root);
        let mut count = Count::default();
        for mut command in [nextest, documentation] {
            let status = self.counted(&mut command, &mut count)?;
            ensure!(status.success(), "{} tests failed ({status})", count.failed);
        }
        ensure!(count.passed > 0, "no test ran");
        Ok(count)
    }

    /// Runs tests, shows what they print, and counts them.
    fn counted(&self, command: &mut Command, count: &mut Count) -> Result<ExitStatus> {
        let (output, both) = std::io::pipe()?;
        command.env("MANA_MCP_BIN", self.built("mana-mcp")?);
        shown(command);
        let mut child = command.stdout(both.try_clone()?).stderr(both).spawn()?;
        // Else this process would keep the pipe open, and wait for itself.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        for line in BufReader::new(output).lines() {
            let line = line?;
            count.add(&line);
            say(&line);
        }
        Ok(child.wait()?)
    }
}

impl Count {
    /// Adds a summary line: cargo's `test result: ok. 3 passed; 0 failed; 1 ignored; …`, or nextest's
    /// `Summary [ 12.3s] 4 tests run: 3 passed (1 slow), 1 failed, 0 skipped`.
    fn add(&mut self, line: &str) {
        let nextest = line.trim_start().strip_prefix("Summary [").and_then(|rest| rest.split_once(" run: "));
        let Some(summary) = nextest.map(|(_, counts)| counts).or_else(|| line.strip_prefix("test result: ")) else {
            return;
        };
        let number = |word: &str| {
            let words: Vec<&str> = summary.split([' ', ';', ',', '.']).filter(|word| !word.is_empty()).collect();
            words.windows(2).find_map(|pair| match pair {
                [number, named] if *named == word => number.parse::<u64>().ok(),
                _ => None,
            })
        };
        self.passed += number("passed").unwrap_or(0);
        self.failed += number("failed").unwrap_or(0);
        self.ignored += number("ignored").or_else(|| number("skipped")).unwrap_or(0);
    }
}

/// Where cargo-deny keeps databases of advisories.
fn advisories() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))?;
    Some(home.join("advisory-dbs"))
}

/// Whether `wanted` was changed after `made` was made, or `made` is missing.
fn newer(wanted: &Path, made: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    time(made).is_none_or(|made| time(wanted).is_none_or(|wanted| wanted > made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summaries_of_all_test_binaries_are_added_up() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s",
            "test result: FAILED. 40 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.10s",
            "     Summary [   0.034s] 20 tests run: 17 passed (1 slow), 3 failed, 5 skipped",
        ] {
            count.add(line);
        }
        assert_eq!((count.passed, count.failed, count.ignored), (60, 5, 6));
    }
}
