//! What `docs/authoring.md` shows is what the compiler takes, and `docs/functions.md` lists what expressions may call.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]

use std::fs;
use std::path::Path;

use mana_mcp_codegen::diagnostics::render;
use mana_mcp_codegen::{Sources, compile, functions_page};

#[test]
fn the_module_the_tool_and_the_toolsets_of_the_authoring_guide_compile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let guide = fs::read_to_string(root.join("docs/authoring.md")).unwrap();
    let mut blocks = guide.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let (module, tool) = (blocks.next().unwrap(), blocks.next().unwrap());
    assert!(module.contains("tools: {}\n") && tool.starts_with("  create:\n"));
    let module = module.replace("tools: {}\n", &format!("tools:\n{tool}"));
    let toolsets = blocks.find(|block| block.contains("$schema=schema/toolsets.json")).unwrap();
    let crypto = fs::read_to_string(root.join("codegen/tests/web/sample/crypto.yaml")).unwrap();
    let sources: Sources = [
        ("catalog/links.yaml", module.as_str()),
        ("catalog/toolsets.yaml", toolsets),
        ("catalog/crypto.yaml", &crypto),
    ]
    .into_iter()
    .collect();
    let problems = match compile(&sources) {
        Ok(output) => output.warnings,
        Err(problems) => problems,
    };
    let lines: Vec<String> = problems.iter().map(|problem| render::concise(problem, &sources)).collect();
    assert!(lines.is_empty(), "{lines:#?}");
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
