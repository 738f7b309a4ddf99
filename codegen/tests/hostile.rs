//! Sources that want to break the compiler: each ends in problems with places, never in a panic or without end.

#![expect(clippy::disallowed_methods, reason = "the tests read files and the clock; the compiler does not")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use mana_mcp_codegen::diagnostics::render::{self, Style};
use mana_mcp_codegen::{Code, Diagnostics, Sources, compile};
use proptest::prelude::*;

/// Compiles one module beside the real catalog's registry, renders all problems, and holds the bounds.
fn problems(text: &str) -> Diagnostics {
    let sources: Sources =
        [("catalog/hostile.yaml", text), ("catalog/crypto.yaml", "encrypted: {}\ndisabled: []\nplaintext: [plants]\n")]
            .into_iter()
            .collect();
    let begin = Instant::now();
    let problems = match compile(&sources) {
        Ok(output) => output.warnings,
        Err(problems) => problems,
    };
    for problem in problems.iter().take(100) {
        let full = render::full(problem, &sources, Style::Coloured);
        assert!(!full.is_empty() && !render::concise(problem, &sources).is_empty());
    }
    assert!(begin.elapsed() < Duration::from_secs(20), "took {:?}", begin.elapsed());
    problems
}

fn has(problems: &Diagnostics, code: Code) -> bool {
    problems.iter().any(|problem| problem.code() == code)
}

#[test]
fn deep_nesting_of_every_kind_is_refused() {
    for text in [
        format!("tools: {}{}", "[".repeat(50_000), "]".repeat(50_000)),
        format!("tools: {}", "{a: ".repeat(50_000)),
        (0..5_000).map(|depth| format!("{}a:\n", " ".repeat(depth % 200))).collect::<String>(),
        (0..190).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>(),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        format!("a: {}", "!".repeat(100_000)),
    ] {
        assert!(!problems(&text).is_empty(), "{}", &text[..60]);
    }
}

#[test]
fn a_source_that_is_too_large_is_refused_unread() {
    assert!(has(&problems(&format!("summary: '{}'", "a".repeat(2 << 20))), Code::TooLarge));
}

#[test]
fn a_collection_with_too_many_entries_is_refused() {
    let keys: String = (0..5_000).map(|index| format!("k{index}: 1, ")).collect();
    assert!(has(&problems(&format!("tools: {{{keys}}}")), Code::TooLarge));
    assert!(has(&problems(&format!("tools: [{}]", "a, ".repeat(5_000))), Code::TooLarge));
}

#[test]
fn aliases_are_refused_not_expanded() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for index in 1..30 {
        bomb.push_str(&format!("a{index}: &a{index} [{}]\n", format!("*a{}, ", index - 1).repeat(10)));
    }
    assert!(has(&problems(&bomb), Code::YamlFeature));
    assert!(has(&problems("a: &a [*a]\n"), Code::YamlFeature));
    assert!(has(&problems("a: *nobody\n"), Code::YamlFeature));
}

#[test]
fn odd_texts_are_read_or_refused() {
    for text in [
        "",
        "\n\n\n",
        "# a comment",
        "null",
        "3",
        "- a",
        "\u{FEFF}module: hostile\nsummary: With a byte order mark.\ntools: {}\n",
        "module: hostile\r\nsummary: With carriage returns.\r\ntools: {}\r\n",
        "module: \u{0}",
        "module: \"\\0\"",
        "module: \"\\q\"",
        "module: \"\\uD83D\"",
        "module: \"\\xZZ\"",
        "module: \u{7}",
        "module: \u{85}\u{2028}\u{2029}",
        "\tmodule: a",
        "module: a\n\tsummary: b",
        "module: 'a\n",
        "module: |\n",
        "module: >-\n a\n",
        "? a\n: b\n? c\n",
        "[a]: b\n{c: d}: e\n",
        "%YAML 9.9\n---\na: b\n",
        "---\n---\n---\n",
        "a: b: c\n",
        "a: [b, c\n",
        "!!python/object/apply:os.system [ls]\n",
        "<<: {a: b}\n",
        "module: hostile\nsummary: \u{1F468}\u{200D}\u{1F469} \u{202E}\ntools: {\u{1F468}: {}}\n",
    ] {
        let _ = problems(text);
    }
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_harmless() {
    for text in [
        "\u{FEFF}module: hostile\nsummary: With a byte order mark.\ntools: {}\n",
        "module: hostile\r\nsummary: With carriage returns.\r\ntools: {}\r\n",
    ] {
        assert!(problems(text).is_empty(), "{:?}", problems(text));
    }
}

#[test]
fn hostile_schemas_end() {
    let tool = |schema: &str| format!("module: hostile\nsummary: Hostile.\ntypes:\n{schema}\ntools: {{}}\n",);
    let patterns = [
        "(a{1000}){1000}",
        "((((((((((a{100}){100}){100}){100}))))))))",
        "(((((((((((((((((((((a)))))))))))))))))))))",
    ];
    for pattern in patterns {
        let text = tool(&format!("  A: {{ type: string, pattern: '{pattern}', description: Large. }}"));
        assert!(!problems(&text).is_empty(), "{pattern}");
    }
    let long = "a".repeat(100_000);
    assert!(!problems(&tool(&format!("  {long}: {{ type: string, description: Long. }}"))).is_empty());
    assert!(!problems(&tool(&format!("  A: {{ type: {long}, {long}: 3, description: {long} }}"))).is_empty());
    let wide: String = (0..900)
        .map(|index| {
            format!("  T{index}: {{ type: array, items: {{ $ref: '#/types/T{}' }}, description: A. }}\n", index + 1)
        })
        .collect();
    assert!(has(&problems(&tool(&wide)), Code::SchemaTooLarge));
}

#[test]
fn every_prefix_of_a_catalog_ends_in_problems() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/kitchen");
    let text = fs::read_to_string(folder.join("kitchen.yaml")).unwrap();
    for end in (0..text.len()).step_by(29).filter(|end| text.is_char_boundary(*end)) {
        assert!(!problems(&text[..end]).is_empty(), "the first {end} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A catalog with some of its characters replaced, doubled or left out.
    #[test]
    fn damaged_catalogs_never_panic(edits in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, "[ -~\\n\\t\u{e9}]"), 1..12)) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/kitchen");
        let mut chars: Vec<char> = fs::read_to_string(folder.join("contacts.yaml")).unwrap().chars().collect();
        for (at, what, with) in edits {
            let at = at.index(chars.len());
            let with = with.chars().next().unwrap();
            match what {
                0 => chars[at] = with,
                1 => chars.insert(at, with),
                _ => drop(chars.remove(at)),
            }
        }
        problems(&chars.into_iter().collect::<String>());
    }
}
