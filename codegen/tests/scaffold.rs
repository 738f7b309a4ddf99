//! What is begun for an author passes every check.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, reason = "a test fails loudly, in its helpers too")]

use std::fs;
use std::path::Path;

use mana_mcp_codegen::diagnostics::render;
use mana_mcp_codegen::scaffold::{ScaffoldError, module, tool};
use mana_mcp_codegen::{Sources, compile};

fn crypto() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/sample/crypto.yaml")).unwrap()
}

fn with(module: &str, text: &str) -> Sources {
    [(format!("catalog/{module}.yaml"), text.to_owned()), ("catalog/crypto.yaml".to_owned(), crypto())]
        .into_iter()
        .collect()
}

fn passes(sources: &Sources) {
    let problems = match compile(sources) {
        Ok(output) => output.warnings,
        Err(problems) => problems,
    };
    let problems: Vec<String> = problems.iter().map(|one| render::concise(one, sources)).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn a_module_over_any_table_passes_and_takes_more_tools() {
    let alone: Sources = [("catalog/crypto.yaml", crypto())].into_iter().collect();
    let tables = ["contacts", "tasks", "memories", "locationLogs", "files", "habits"];
    for table in tables {
        let text = module(&alone, "thing", table).unwrap();
        let sources = with("thing", &text);
        passes(&sources);
        let (path, more) = tool(&sources, "thing", "recent").unwrap();
        assert_eq!(path, "catalog/thing.yaml");
        let sources = with("thing", &more);
        passes(&sources);
        assert!(compile(&sources).unwrap().code["thing/schemas.rs"].contains("RECENT_INPUT"));
        assert_eq!(tool(&sources, "thing", "recent"), Err(ScaffoldError::Taken));
    }
}

#[test]
fn a_tool_is_added_wherever_the_tools_stand() {
    let alone: Sources = [("catalog/crypto.yaml", crypto())].into_iter().collect();
    let text = module(&alone, "thing", "notes").unwrap();
    let (head, tools) = text.split_once("\ntools:\n").unwrap();
    for text in [
        format!("{head}\ntools: {{}}\n"),
        format!("{head}\ntools: {{}} # none yet\n"),
        format!("tools:\n{tools}\n{head}\n"),
        format!("{head}\ntools:\n{tools}# the end\n"),
    ] {
        let (_, more) = tool(&with("thing", &text), "thing", "recent").unwrap();
        passes(&with("thing", &more));
    }
}

#[test]
fn what_cannot_be_begun_is_told() {
    let alone: Sources = [("catalog/crypto.yaml", crypto())].into_iter().collect();
    let told = module(&alone, "thing", "contact").unwrap_err().to_string();
    assert!(told.contains("did you mean `contacts`?"), "{told}");
    assert_eq!(tool(&alone, "thing", "x"), Err(ScaffoldError::UnknownModule("thing".to_owned())));
    assert_eq!(tool(&alone, "crypto", "x"), Err(ScaffoldError::UnknownModule("crypto".to_owned())));
    assert!(module(&alone, "toolsets", "contacts").unwrap_err().to_string().contains("not a module's"));
    assert_eq!(
        tool(&with("toolsets", "default: a"), "toolsets", "x"),
        Err(ScaffoldError::UnknownModule("toolsets".to_owned()))
    );
    assert_eq!(tool(&with("a", "module: a\ntools: {}\n"), "a", "x"), Err(ScaffoldError::NoTable));
    assert!(matches!(tool(&with("a", "module: [\n"), "a", "x"), Err(ScaffoldError::Unreadable(_))));
    assert!(matches!(tool(&with("a", "tools: {b: 1}\ntables: {t: 1}"), "a", "x"), Err(ScaffoldError::Unreadable(_))));
}
