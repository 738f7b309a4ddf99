//! `cargo xtask fuzz`: runs fuzz targets on any compiler. First every text of the corpus in `fuzz/corpus`, then damaged ones
//! for a time. What makes a target panic, or takes it too long, is written to `fuzz/artifacts`.

#![expect(clippy::print_stdout, reason = "a command tells its numbers")]

mod damage;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use mana_mcp_tests::{
    fuzzing::{TARGETS, Target, target},
    repository,
};

use damage::Random;

/// One text may take this long. A connection ends after 30 s at the latest.
const LONGEST: Duration = Duration::from_secs(2);
const LONGEST_CONNECTION: Duration = Duration::from_secs(45);

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let usage = "fuzz SECONDS SEED [TARGET…]";
    let seconds = arguments.next().context(usage)?.parse().context(usage)?;
    let seed = arguments.next().context(usage)?.parse().context(usage)?;
    let names: Vec<String> = arguments.collect();
    let asked: Vec<Target> = match names.as_slice() {
        [] => TARGETS.to_vec(),
        names => {
            let known = |name: &String| target(name).with_context(|| format!("there is no target `{name}`"));
            names.iter().map(known).collect::<Result<_>>()?
        }
    };
    // A panic is reported with the text that causes it.
    std::panic::set_hook(Box::new(|_| {}));
    let mut failures = 0;
    for target in asked {
        failures += run(target, Duration::from_secs(seconds), Random::new(seed))?;
    }
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs one target; how many texts it failed on.
fn run((name, read): Target, time: Duration, mut random: Random) -> Result<usize> {
    let seeds = corpus(name)?;
    let longest = if name == "http" { LONGEST_CONNECTION } else { LONGEST };
    let (begun, mut count, mut slowest, mut failures) = (Instant::now(), 0, Duration::ZERO, 0);
    let mut try_one = |text: &[u8]| -> Result<()> {
        let asked = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| read(text)));
        let took = asked.elapsed();
        (count, slowest) = (count + 1, slowest.max(took));
        if outcome.is_err() || took > longest {
            failures += 1;
            let path = keep(name, text)?;
            let what = if outcome.is_err() { "panicked" } else { "took too long" };
            println!("{name}: {what} after {took:.1?}: {}", path.display());
        }
        Ok(())
    };
    for text in &seeds {
        try_one(text)?;
    }
    while begun.elapsed() < time {
        try_one(&damage::damaged(&seeds, &mut random))?;
    }
    println!("{name:<8} {count:>8} texts, the longest took {slowest:>8.1?}, {failures} failed");
    Ok(failures)
}

fn corpus(name: &str) -> Result<Vec<Vec<u8>>> {
    let folder = repository().join("fuzz/corpus").join(name);
    let entries = fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    paths.sort();
    if paths.is_empty() {
        bail!("{} is empty", folder.display());
    }
    paths.iter().map(|path| Ok(fs::read(path)?)).collect()
}

/// Writes a text where a person finds it.
fn keep(name: &str, text: &[u8]) -> Result<PathBuf> {
    let folder = repository().join("fuzz/artifacts").join(name);
    fs::create_dir_all(&folder)?;
    let hash = text
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    let path = Path::new(&folder).join(format!("{hash:016x}"));
    fs::write(&path, text)?;
    Ok(path)
}
