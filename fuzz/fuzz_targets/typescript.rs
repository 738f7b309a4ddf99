//! The reader of the web application's TypeScript: any text becomes lists or problems with places.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mana_mcp_codegen::diagnostics::render;
use mana_mcp_codegen::web_registry;

fuzz_target!(|text: &str| {
    let (sources, problems) = web_registry::read_any(text);
    for problem in problems.iter().take(10) {
        render::github(problem, &sources);
    }
});
