//! The reader of YAML: any text becomes a tree or problems with places.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mana_mcp_codegen::{Diagnostics, Sources, yaml};

fuzz_target!(|text: &str| {
    let sources: Sources = [("catalog/any.yaml", text)].into_iter().collect();
    for (file, source) in sources.iter() {
        let mut problems = Diagnostics::default();
        let tree = yaml::parse(file, &source.text, &mut problems);
        assert!(tree.is_some() || problems.errors() > 0);
    }
});
