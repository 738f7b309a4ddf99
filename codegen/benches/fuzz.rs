//! `cargo xtask bench fuzz`: a bounded, repeatable run over the corpus of `fuzz/`, on any compiler. Every text is damaged
//! in ways that depend on nothing but the round, and read; nothing may panic or take long. Then texts of one shape in
//! two sizes: four times the text may not take much more than four times the time.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the corpus and the clock; the compiler does not")]
#![expect(clippy::print_stdout, reason = "a benchmark tells its numbers")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails loudly")]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mana_mcp_codegen::diagnostics::render::{self, Style};
use mana_mcp_codegen::{Diagnostics, Sources, compile, web_registry, yaml};

/// Damaged texts of each seed.
const ROUNDS: u64 = 400;
/// One text may take this long.
const LONGEST: Duration = Duration::from_secs(1);
/// Four times the text may take this many times the time: four, and what noise and caches add.
const RATIO: f64 = 10.0;
/// Faster than this, a ratio says nothing.
const MEASURABLE: Duration = Duration::from_millis(4);

const REGISTRY: &str = "encrypted:\n  letters: [title, body]\ndisabled: [drafts]\nplaintext: [plants]\n";

/// A reader of texts.
type Target = (&'static str, fn(&str));

const TARGETS: [Target; 3] = [("yaml", read_yaml), ("typescript", read_typescript), ("compile", compile_module)];

fn read_yaml(text: &str) {
    let sources: Sources = [("catalog/any.yaml", text)].into_iter().collect();
    for (file, source) in sources.iter() {
        let mut problems = Diagnostics::default();
        let tree = yaml::parse(file, &source.text, &mut problems);
        assert!(tree.is_some() || problems.errors() > 0, "neither a tree nor a problem");
    }
}

fn read_typescript(text: &str) {
    let (sources, problems) = web_registry::read_any(text);
    problems.iter().take(10).for_each(|problem| drop(render::github(problem, &sources)));
}

fn compile_module(text: &str) {
    let sources: Sources = [("catalog/any.yaml", text), ("catalog/crypto.yaml", REGISTRY)].into_iter().collect();
    if let Err(problems) = compile(&sources) {
        for problem in problems.iter().take(10) {
            assert!(!render::full(problem, &sources, Style::Coloured).is_empty());
            assert!(!render::concise(problem, &sources).is_empty());
        }
    }
}

fn main() -> ExitCode {
    let mut failures = 0;
    for target in TARGETS {
        failures += damage(target);
    }
    for (name, shape) in SHAPES {
        for target in TARGETS {
            failures += grow(target, name, shape);
        }
    }
    println!("{failures} failed");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads damaged seeds; how many of them failed.
fn damage((name, read): Target) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
    let mut seeds: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    let texts: Vec<String> = seeds.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let (mut failures, mut longest, mut count) = (0, Duration::ZERO, 0);
    for (seed, text) in texts.iter().enumerate() {
        for round in 0..ROUNDS {
            let damaged = damaged(text, &texts, round + (seed as u64) * ROUNDS);
            let begin = Instant::now();
            let outcome = catch_unwind(|| read(&damaged));
            let took = begin.elapsed();
            (longest, count) = (longest.max(took), count + 1);
            if outcome.is_err() || took > LONGEST {
                failures += 1;
                println!("{name}: {took:?}, panicked: {}, for:\n{damaged}", outcome.is_err());
            }
        }
    }
    println!("{name:<12} {count:>6} damaged texts, the longest took {longest:>8.1?}, {failures} failed");
    failures
}

/// A text with some damage: parts left out, doubled, swapped, taken from elsewhere, or replaced by what readers trip over.
fn damaged(text: &str, others: &[String], round: u64) -> String {
    const WORDS: [&str; 20] = [
        "\0",
        "\u{FEFF}",
        "\u{2028}",
        "\u{1F600}",
        "'",
        "\"",
        "`",
        "${",
        "{",
        "[",
        "&a ",
        "*a",
        "<<: ",
        "!!x ",
        "\t",
        "\n---\n",
        "/*",
        "...",
        "-9007199254740993",
        "\\u",
    ];
    let mut random = Random(round.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(6) {
        let at = random.below(chars.len() + 1);
        let end = (at + random.below(40)).min(chars.len());
        match random.below(5) {
            0 => drop(chars.drain(at..end)),
            1 => {
                let part: Vec<char> = chars.get(at..end).unwrap_or_default().to_vec();
                let times = 1 + random.below(50);
                chars.splice(at..at, part.repeat(times));
            }
            2 => {
                let word = WORDS.get(random.below(WORDS.len())).copied().unwrap_or_default();
                chars.splice(at..at, word.repeat(1 + random.below(3)).chars());
            }
            3 => {
                let other: Vec<char> =
                    others.get(random.below(others.len())).into_iter().flat_map(|one| one.chars()).collect();
                let from = random.below(other.len() + 1);
                let part = other.iter().copied().skip(from).take(random.below(200));
                chars.splice(at..end, part.collect::<Vec<_>>());
            }
            _ => {
                if let Some(one) = chars.get_mut(at) {
                    *one = char::from_u32(random.below(0x3000) as u32).unwrap_or('?');
                }
            }
        }
    }
    chars.into_iter().collect()
}

/// xorshift: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % end.max(1)
    }
}

/// A text of about this many bytes.
type Shape = (&'static str, fn(usize) -> String);

const SHAPES: [Shape; 16] = [
    ("sequences", |size| format!("a: {}{}", "[".repeat(size / 2), "]".repeat(size / 2))),
    ("open mappings", |size| format!("a: {}", "{a: ".repeat(size / 4))),
    ("blocks", |size| (0..size / 40).map(|depth| format!("{}a:\n", " ".repeat(depth % 80))).collect()),
    ("dashes", |size| "- ".repeat(size / 2)),
    ("keys", |size| (0..size / 10).map(|index| format!("k{index}: 1\n")).collect()),
    ("same keys", |size| "k: 1\n".repeat(size / 5)),
    ("anchors", |size| (0..size / 16).map(|index| format!("a{index}: &a{index} [*a]\n")).collect()),
    ("one scalar", |size| format!("summary: '{}'", "a".repeat(size))),
    ("wrong scalars", |size| format!("tools: [{}]", "yes, ".repeat(size / 5))),
    ("types", |size| {
        let types = (0..size / 60).map(|index| format!("  T{index}: {{ type: string, description: A text. }}\n"));
        format!("module: any\nsummary: Many.\ntypes:\n{}tools: {{}}\n", types.collect::<String>())
    }),
    ("wrong types", |size| {
        let types = (0..size / 40).map(|index| format!("  t{index}: {{ typ: strin, min: 3 }}\n"));
        format!("module: any\nsummary: Many.\ntypes:\n{}tools: {{}}\n", types.collect::<String>())
    }),
    ("entries", |size| {
        let entries = (0..size / 20).map(|index| format!("t{index}: entry(['a']),\n"));
        format!("export const ENCRYPTION_REGISTRY = {{{}}};", entries.collect::<String>())
    }),
    ("strings", |size| {
        let strings = (0..size / 10).map(|index| format!("'s{index}', "));
        format!("export const PLAINTEXT_ALLOWLIST = [{}];", strings.collect::<String>())
    }),
    ("same strings", |size| format!("export const PLAINTEXT_ALLOWLIST = [{}];", "'s', ".repeat(size / 5))),
    ("not operators", |size| format!("export const ENCRYPTION_REGISTRY = {}1;", "!".repeat(size / 8))),
    ("changes", |size| {
        format!("export const ENCRYPTION_REGISTRY = {{}};{}", "ENCRYPTION_REGISTRY.a = 1;\n".repeat(size / 27))
    }),
];

/// Reads a shape in two sizes; 1 where the larger one took too long.
fn grow((name, read): Target, shape_name: &str, shape: fn(usize) -> String) -> usize {
    const SMALL: usize = 32 << 10;
    let time = |size: usize| {
        let text = shape(size);
        let once = || {
            let begin = Instant::now();
            read(&text);
            begin.elapsed()
        };
        (0..5).map(|_| once()).min().unwrap_or_default()
    };
    // A busy machine slows one of the two: only what is slow every time is.
    for attempt in 0..3 {
        let (small, large) = (time(SMALL), time(4 * SMALL));
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        let is_slow = large > MEASURABLE && ratio > RATIO;
        if large > MEASURABLE && (!is_slow || attempt == 2) {
            let told = if is_slow { "  TOO SLOW" } else { "" };
            println!("{name:<12} {shape_name:<14} {small:>9.1?} -> {large:>9.1?}  ×{ratio:.1}{told}");
        }
        if !is_slow {
            return 0;
        }
    }
    1
}
