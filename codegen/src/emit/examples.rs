//! `examples.json`: every example of the catalog, for those who run them.

use serde_json::{Value as Json, json};

use crate::ir::{Catalog, Outcome, Preparation};
use crate::source::Sources;

/// All examples, by tool.
///
/// `at` is the file and line of the example. `output` is what the result holds in part: objects may hold more, arrays
/// may not; `refused` is the error of a call that fails. A row of `given` stands with the app and the wire name of its table,
/// the fields that its table creates, and those that are encrypted. `id` of a preparation is what the example calls the id of the record which that call makes; it stands in
/// `input` and `output` in place of the real one.
pub(super) fn examples(catalog: &Catalog, sources: &Sources) -> Json {
    let mut examples = Vec::new();
    for (_, tool) in catalog.tools() {
        for example in &tool.examples {
            let given: Vec<Json> = example.given.iter().map(|given| preparation(catalog, given)).collect();
            let mut one = json!({
                "tool": tool.name.dotted(),
                "name": example.name,
                "at": format!("{}:{}", sources.path(example.at.file), sources.position(example.at).line),
                "now": example.time(),
                "timeZone": example.zone(),
                "given": given,
                "services": example.services,
                "input": example.input,
            });
            let (key, outcome) = match &example.outcome {
                Outcome::Output(output) => ("output", output.to_json()),
                Outcome::Refused(text) => ("refused", Json::from(text.value.as_str())),
            };
            if let Some(one) = one.as_object_mut() {
                one.insert(key.to_owned(), outcome);
            }
            examples.push(one);
        }
    }
    Json::Array(examples)
}

fn preparation(catalog: &Catalog, given: &Preparation) -> Json {
    match given {
        Preparation::Call { tool, input, id: Some(id), .. } => {
            json!({ "tool": tool.dotted(), "input": input, "id": id })
        }
        Preparation::Call { tool, input, id: None, .. } => json!({ "tool": tool.dotted(), "input": input }),
        Preparation::Row { table: reference, row } => {
            let mut tables = catalog.modules.iter().flat_map(|module| &module.tables);
            let table = tables.find(|table| table.module == reference.module && table.name == reference.name);
            let creates: Json = table
                .map(|table| table.creates.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
                .map_or(Json::Null, Json::Object);
            json!({
                "table": reference.dotted(),
                "app": table.map(|table| table.app.as_str()),
                "syncName": table.map(|table| table.sync_name.as_str()),
                "encryptedFields": table.map(|table| &table.encrypted),
                "isOfUser": table.is_some_and(|table| table.is_of_user),
                "creates": creates,
                "row": row,
            })
        }
    }
}
