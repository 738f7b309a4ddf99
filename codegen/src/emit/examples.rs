//! `examples.json`: every example of the catalog, for those who run them.

use serde_json::{Value as Json, json};

use crate::ir::Catalog;
use crate::source::Sources;

/// All examples, by tool.
///
/// `at` is the file and line of the example. `output` is what the result holds in part: objects may hold more, arrays
/// may not. `id` of a preparation is what the example calls the id of the record which that call makes; it stands in
/// `input` and `output` in place of the real one.
pub(super) fn examples(catalog: &Catalog, sources: &Sources) -> Json {
    let mut examples = Vec::new();
    for (_, tool) in catalog.tools() {
        for example in &tool.examples {
            let given: Vec<Json> = example
                .given
                .iter()
                .map(|given| match &given.id {
                    Some(id) => json!({ "tool": given.tool.dotted(), "input": given.input, "id": id }),
                    None => json!({ "tool": given.tool.dotted(), "input": given.input }),
                })
                .collect();
            examples.push(json!({
                "tool": tool.name.dotted(),
                "name": example.name,
                "at": format!("{}:{}", sources.path(example.at.file), sources.position(example.at).line),
                "given": given,
                "input": example.input,
                "output": example.output,
            }));
        }
    }
    Json::Array(examples)
}
