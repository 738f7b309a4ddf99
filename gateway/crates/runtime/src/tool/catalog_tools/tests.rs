//! The tools that every catalog has.

use serde_json::json;

use super::*;
use crate::{decode::decode_input, tool::Catalog};

#[test]
fn every_catalog_has_the_three_tools() {
    let catalog = Catalog::new(&[]);
    let tools: Vec<_> = catalog.tools().iter().map(|tool| (tool.name(), tool.catalog_tool())).collect();
    assert_eq!(
        tools,
        [
            ("catalog.call", Some(CatalogTool::Call)),
            ("catalog.find", Some(CatalogTool::Find)),
            ("catalog.read", Some(CatalogTool::Read)),
        ]
    );
    assert!(catalog.tools().iter().all(|tool| tool.is_served() && !tool.is_destructive()));
}

#[test]
fn the_schemas_say_what_is_read() {
    let call: serde_json::Value = serde_json::from_str(CALL_INPUT).unwrap();
    let find: serde_json::Value = serde_json::from_str(FIND.input_schema).unwrap();
    let (call, find) = (jsonschema::validator_for(&call).unwrap(), jsonschema::validator_for(&find).unwrap());
    for input in [
        json!({}),
        json!({ "tool": "" }),
        json!({ "tool": 1 }),
        json!({ "tool": "a.b" }),
        json!({ "tool": "x".repeat(129) }),
        json!({ "tool": "a.b", "arguments": {} }),
        json!({ "tool": "a.b", "arguments": [] }),
        json!({ "tool": "a.b", "space": "s" }),
        json!({ "tool": "a.b", "space": "" }),
        json!({ "tool": "a.b", "title": "inner" }),
        json!({ "query": "a" }),
        json!({ "query": "" }),
        json!({ "query": "ä".repeat(300) }),
        json!({ "query": "ä".repeat(301) }),
    ] {
        let object = input.as_object().unwrap();
        assert_eq!(decode_input::<CallInput>(object).is_ok(), call.is_valid(&input), "{input}");
        assert_eq!(decode_input::<FindInput>(object).is_ok(), find.is_valid(&input), "{input}");
    }
    for output in [FIND.output_schema, CALL_OUTPUT] {
        jsonschema::meta::validate(&serde_json::from_str(output).unwrap()).unwrap();
    }
}

/// The compiler keeps that much room for them in every list, estimated as it does.
#[test]
fn they_take_no_more_than_the_room_that_is_kept_for_them() {
    let compact = |text: &str| serde_json::from_str::<Value>(text).unwrap().to_string();
    let tokens = [FIND, READ, CALL].map(|spec| {
        let texts = [spec.name, spec.title, spec.description].map(str::to_owned);
        let all = texts.into_iter().chain([compact(spec.input_schema), compact(spec.output_schema)]);
        all.map(|text| text.chars().count().div_ceil(4)).sum::<usize>()
    });
    assert!(tokens.iter().sum::<usize>() <= 800, "{tokens:?}");
}
