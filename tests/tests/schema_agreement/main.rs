//! The published schema and the validator accept the same inputs: values are made from each schema, sound, at its bounds
//! and damaged, and the decoder must judge them as the `jsonschema` crate does, formats asserted, once what models do is
//! undone (`models.rs`).
//!
//! Left out, since no schema can say it: times that leave the years 0000 to 9999 in UTC (made here are years from 2001).

#![cfg(test)]

mod made;
mod models;
mod moments;
mod over_sockets;

use std::cell::Cell;

use mana_mcp_catalog::CATALOG;
use mana_mcp_macros::Input;
use mana_mcp_runtime::decode::{Date, Decode, Id, JsonObject, Moment, Timestamp, Uuid, Violations, decode_input};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use made::arguments;
use models::{as_meant, holds_unsaid};
use moments::{input_schema, validator};

/// Inputs made from a schema.
const CASES: u32 = 200;
/// More of them for the schema that has everything: it is deep, and its values are small.
const DEEP_CASES: u32 = 3_000;

#[test]
fn every_tool_accepts_what_its_schema_accepts() {
    assert!(!CATALOG.tools().is_empty());
    for tool in CATALOG.tools() {
        let schema = input_schema(*tool);
        hold_together(tool.name(), CASES, &schema, |input| tool.entry().prepare(&mut input.clone()).map(drop));
    }
}

#[derive(Debug, Input)]
enum Colour {
    #[input(value = "red")]
    Red,
    #[input(value = "grün")]
    Green,
}

#[derive(Debug, Input)]
struct Step {
    id: Uuid,
    #[input(optional, max_length = 2)]
    note: Option<Option<String>>,
}

#[derive(Debug, Input)]
struct Everything {
    #[input(optional, minimum = -0.5, maximum = 9007199254740992)]
    number: Option<f64>,
    #[input(default = 7)]
    integer: i64,
    #[input(optional, min_length = 2, max_length = 4, pattern = "^[a-c💚]*$")]
    text: Option<String>,
    #[input(default = "red")]
    colour: Colour,
    #[input(optional)]
    day: Option<Date>,
    #[input(name = "from~/to", optional)]
    time: Option<Option<Timestamp>>,
    #[input(optional)]
    row: Option<Id>,
    #[input(optional)]
    due: Option<Option<Moment>>,
    #[input(optional, min_items = 1, max_items = 3, unique_items)]
    unique: Option<Vec<f64>>,
    #[input(default = [], max_items = 2, items(max_items = 1, items(min_length = 1)))]
    grid: Vec<Vec<String>>,
    #[input(optional)]
    steps: Option<Option<Vec<Step>>>,
    #[input(optional)]
    anything: Option<JsonObject>,
    flag: Option<bool>,
}

#[test]
fn every_keyword_means_what_the_schema_means() {
    let safe = 9_007_199_254_740_991_i64;
    let strings = json!({ "type": "array", "maxItems": 1, "items": { "type": "string", "minLength": 1 } });
    let step = json!({
        "type": "object", "required": ["id"], "additionalProperties": false,
        "properties": {
            "id": { "type": "string", "format": "uuid" },
            "note": { "type": ["string", "null"], "maxLength": 2 },
        },
    });
    let schema = json!({
        "type": "object", "required": ["flag"], "additionalProperties": false,
        "properties": {
            "number": { "type": "number", "minimum": -0.5, "maximum": 9_007_199_254_740_992_i64 },
            "integer": { "type": "integer", "default": 7, "minimum": -safe, "maximum": safe },
            "text": { "type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-c💚]*$" },
            "colour": { "type": "string", "enum": ["red", "grün"], "default": "red" },
            "day": { "type": "string", "format": "date" },
            "from~/to": { "type": ["string", "null"], "format": "date-time" },
            "row": { "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9_.:-]+$" },
            "due": { "type": ["string", "null"], "format": "date-or-time" },
            "unique": { "type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": true, "items": { "type": "number" } },
            "grid": { "type": "array", "default": [], "maxItems": 2, "items": strings },
            "steps": { "type": ["array", "null"], "items": step },
            "anything": { "type": "object" },
            "flag": { "type": ["boolean", "null"] },
        },
    });
    hold_together("Everything", DEEP_CASES, &schema, judge::<Everything>);
}

fn judge<T: Decode>(input: &JsonObject) -> Result<(), Violations> {
    decode_input::<T>(input).map(drop)
}

/// Requires that `decode` and a validator of `schema` judge alike, and that both verdicts are met.
fn hold_together(name: &str, cases: u32, schema: &Value, decode: impl Fn(&JsonObject) -> Result<(), Violations>) {
    let validator = validator(schema);
    let (accepted, refused) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&arguments(schema), |input| {
        let meant = as_meant(schema, &input);
        let expected = validator.validate(&meant);
        let Value::Object(arguments) = &input else { panic!("no object") };
        let got = decode(arguments);
        let verdict = if expected.is_ok() { &accepted } else { &refused };
        verdict.set(verdict.get() + 1);
        // What is published may say less than what is checked, in the ways that `models.rs` knows, and never more.
        let is_unsaid = expected.is_ok() && got.is_err() && holds_unsaid(schema, &meant);
        if expected.is_ok() != got.is_ok() && !is_unsaid {
            return Err(TestCaseError::fail(format!("the schema says {expected:?}, the decoder {got:?}")));
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{name}: {failure}");
    }
    let (accepted, refused) = (accepted.get(), refused.get());
    assert!(accepted > cases / 20 && refused > cases / 20, "{name}: {accepted} accepted, {refused} refused");
}
