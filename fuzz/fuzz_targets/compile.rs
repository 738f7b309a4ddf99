//! The whole compiler: any text as a module becomes files or problems, and every problem can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mana_mcp_codegen::diagnostics::render::{self, Style};
use mana_mcp_codegen::{Sources, compile};

const REGISTRY: &str = "encrypted:\n  letters: [title, body]\ndisabled: [drafts]\nplaintext: [plants]\n";

fuzz_target!(|text: &str| {
    let sources: Sources = [("catalog/any.yaml", text), ("catalog/crypto.yaml", REGISTRY)].into_iter().collect();
    if let Err(problems) = compile(&sources) {
        for problem in problems.iter().take(10) {
            render::full(problem, &sources, Style::Coloured);
            render::github(problem, &sources);
        }
    }
});
