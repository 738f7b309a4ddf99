//! Every block of YAML in `docs/` is what the compiler takes, and `docs/functions.md` lists what expressions may call. The
//! pages of diagnostics, which are generated, are compiled by `pages.rs`.
//!
//! The blocks of the guide and of the reference are one catalog, that of the mirror's page is another. A block says by its
//! first line what it is: a source with its `$schema`, a prompt, or, if that line is indented, more of the module above it on
//! the page. Each block stands in its source at the line that it has on the page, so a problem names the place to mend.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use mana_mcp_codegen::diagnostics::render;
use mana_mcp_codegen::{Diagnostics, Sources, compile, functions_page, twin};

const PAGES: [&str; 2] = ["docs/authoring.md", "docs/language.md"];
/// A page with a mirror of its own.
const MIRROR: &str = "docs/web-mirror.md";
/// Fences of what is no source of a catalog. `yml` is YAML of other programs, such as a step of their CI.
const OTHER_FENCES: [&str; 5] = ["console", "rust", "text", "ts", "yml"];

/// A fenced block of a page.
struct Block {
    fence: String,
    text: String,
    /// The line of its first line, from 0.
    line: usize,
}

impl Block {
    fn all_of(page: &str) -> Vec<Self> {
        let mut blocks: Vec<Self> = Vec::new();
        let mut is_open = false;
        for (line, text) in page.lines().enumerate() {
            match (text.strip_prefix("```"), blocks.last_mut()) {
                (Some(fence), _) if !is_open => {
                    blocks.push(Self { fence: fence.to_owned(), text: String::new(), line: line + 1 });
                    is_open = true;
                }
                (Some(_), _) => is_open = false,
                (None, Some(block)) if is_open => block.text.extend([text, "\n"]),
                _ => {}
            }
        }
        assert!(!is_open, "the last block is not closed");
        blocks
    }

    fn is_prompt(&self) -> bool {
        self.fence == "markdown"
    }

    /// Its lines in its source, from 1. A prompt begins with its first line.
    fn lines(&self) -> Range<usize> {
        let before = if self.is_prompt() { 0 } else { self.line };
        before + 1..before + 1 + self.text.lines().count()
    }

    /// The value of a key at the beginning of a line.
    fn value(&self, key: &str) -> String {
        let value = self.text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        value.unwrap_or_else(|| panic!("no `{key}` in the block at line {}", self.line)).to_owned()
    }

    /// The name of the source that it is; `None` if it is more of the one above.
    fn source(&self) -> Option<String> {
        let first = self.text.lines().next().unwrap_or_default();
        let schema =
            first.strip_prefix("# yaml-language-server: $schema=").and_then(|path| path.split('/').next_back());
        match (self.fence.as_str(), schema) {
            ("markdown", None) if first == "---" => Some(format!("prompts/{}.md", slug(&self.value("title")))),
            ("yaml", Some("module.json")) => Some(format!("{}.yaml", self.value("module"))),
            ("yaml", Some("service.json")) => Some(format!("services/{}.yaml", self.value("service"))),
            ("yaml", Some(file)) => Some(file.replace(".json", ".yaml")),
            ("yaml", None) if first.starts_with("  ") => None,
            _ => panic!("line {}: this block is no source, no prompt and no part of a module", self.line),
        }
    }
}

fn slug(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The blocks of a page that are parts of the catalog.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Block::all_of(&fs::read_to_string(root().join(page)).unwrap());
    blocks.retain(|block| !OTHER_FENCES.contains(&block.fence.as_str()));
    blocks
}

/// The sources that the blocks of both pages make.
fn sources(pages: &[(&str, Vec<Block>)]) -> Sources {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for (page, blocks) in pages {
        let mut module = None;
        for block in blocks {
            let name = block.source();
            if let Some(name) = name.as_ref().filter(|_| block.text.contains("\nmodule: ")) {
                module = Some(name.clone());
            }
            let name = name.or_else(|| module.clone()).unwrap_or_else(|| panic!("line {}: of no module", block.line));
            let text = sources.entry(format!("{page}/{name}")).or_default();
            text.push_str(&"\n".repeat(block.lines().start - 1 - text.lines().count()));
            text.push_str(&block.text);
        }
    }
    sources.into_iter().collect()
}

fn problems(sources: &Sources) -> Diagnostics {
    match compile(sources) {
        Ok(output) => output.warnings,
        Err(problems) => problems,
    }
}

#[test]
fn every_block_of_the_guide_and_of_the_reference_compiles() {
    let pages = PAGES.map(|page| (page, blocks(page)));
    let count: usize = pages.iter().map(|(_, blocks)| blocks.len()).sum();
    assert!(count >= 15, "there are few blocks: {count}");
    let sources = sources(&pages);
    let lines: Vec<String> = problems(&sources).iter().map(|problem| render::concise(problem, &sources)).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn the_mirror_of_the_page_about_it_is_read() {
    let sources = sources(&[(MIRROR, blocks(MIRROR))]);
    assert_eq!(sources.iter().count(), 1, "the page shows one mirror");
    let lines: Vec<String> = problems(&sources).iter().map(|problem| render::concise(problem, &sources)).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn no_other_page_has_a_block_of_the_catalog() {
    let (mut open, mut found) = (vec![root().join("docs")], Vec::new());
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let is_compiled = PAGES.iter().chain([&MIRROR]).any(|page| path.ends_with(page));
            if path.is_dir() && !path.ends_with("diagnostics") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") && !is_compiled {
                let text = fs::read_to_string(&path).unwrap();
                let fences = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("```yaml"));
                found.extend(fences.map(|(line, _)| format!("{}:{}", path.display(), line + 1)));
            }
        }
    }
    assert!(found.is_empty(), "nothing compiles these; write `yml` where they are of another program: {found:#?}");
}

#[test]
fn the_tools_of_both_pages_do_what_their_examples_say() {
    let sources = sources(&PAGES.map(|page| (page, blocks(page))));
    let (catalog, _) = mana_mcp_codegen::check(&sources).unwrap();
    let problems = twin::problems(&catalog);
    let lines: Vec<String> = problems.iter().map(|problem| render::concise(problem, &sources)).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn a_mistake_in_any_block_is_found_where_it_stands() {
    let count = PAGES.map(|page| (page, blocks(page).len()));
    for (page, index) in count.into_iter().flat_map(|(page, count)| (0..count).map(move |index| (page, index))) {
        let mut pages = PAGES.map(|page| (page, blocks(page)));
        let block = pages.iter_mut().find(|(name, _)| *name == page).map(|(_, blocks)| &mut blocks[index]).unwrap();
        let lines = block.lines();
        let mut keys = block.text.lines().filter(|line| line.contains(": ") && !line.starts_with('#'));
        // The first line of a source is its name, and behind the head of a prompt is text.
        let key = if block.is_prompt() { keys.nth(1) } else { keys.next_back() }.unwrap();
        let wrong = key.replacen(|one: char| one.is_ascii_alphabetic(), "9", 1);
        block.text = block.text.replacen(key, &wrong, 1);
        let (from, name) = (block.line, block.source());
        let sources = sources(&pages);
        let problems = problems(&sources);
        let is_here = |span| name.as_ref().is_none_or(|name| sources.path(span).ends_with(name));
        let found = problems.iter().map(|problem| problem.primary().span);
        let mut found = found.filter(|span| is_here(span.file)).map(|span| sources.position(span).line);
        assert!(found.any(|line| lines.contains(&line)), "{page}:{from}: nobody saw `{wrong}`");
    }
}

#[test]
fn the_reference_names_every_key() {
    let pages = PAGES.map(|page| fs::read_to_string(root().join(page)).unwrap()).concat();
    for schema in ["module", "service", "toolsets", "words", "crypto", "web"] {
        let text = fs::read_to_string(root().join(format!("catalog/schema/{schema}.json"))).unwrap();
        let mut keys = Vec::new();
        keys_of(&serde_json::from_str(&text).unwrap(), &mut keys);
        assert!(!keys.is_empty(), "{schema}");
        let is_named = |key: &String| pages.contains(&format!("`{key}`")) || pages.contains(&format!("`{key}: "));
        let missing: Vec<&String> = keys.iter().filter(|key| !is_named(key)).collect();
        assert!(missing.is_empty(), "no page names these keys of {schema}: {missing:?}");
    }
}

/// The keys that an editor's schema knows, at any depth.
fn keys_of(schema: &serde_json::Value, keys: &mut Vec<String>) {
    match schema {
        serde_json::Value::Object(members) => {
            if let Some(serde_json::Value::Object(properties)) = members.get("properties") {
                // A key that is itself called `properties` has texts beside it.
                keys.extend(properties.iter().filter(|(_, key)| key.is_object()).map(|(name, _)| name.clone()));
            }
            members.values().for_each(|member| keys_of(member, keys));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys_of(item, keys)),
        _ => {}
    }
}

/// `BLESS=1 cargo test -p mana-mcp-codegen --test docs` writes the page, as `cargo xtask gen` does.
#[test]
fn the_page_of_functions_lists_every_function() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/functions.md");
    let page = functions_page();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap() == page, "run `cargo xtask gen`");
    for name in ["coalesce(", ".filter(", ".groupBy(", "text.substring(integer[, integer])", "dayOf(time)", "uuid()"] {
        assert!(page.contains(name), "{name}");
    }
    // No row of a table is broken by a bar in its texts.
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        assert!([3, 4].contains(&row.replace("\\|", "").matches('|').count()), "{row}");
    }
}
