//! The published schemas: JSON Schema 2020-12, each complete in itself, in what every host and provider of models accepts.
//!
//! References are written out: hosts hand schemas to models and validators of all kinds, and not all of them follow
//! references. Objects of an input take no other properties; those of an output may grow.
//!
//! What is published says less than what the gateway checks, and never something else:
//! - Null is no value. In arguments it is taken for absent, and outputs leave it out: a nullable property may be absent.
//! - A length above 2,000 is said in words, and so is what a model must know and hosts drop: defaults and ranges.
//! - The bounds of any integer are not published, nor that no text holds U+0000.

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};

use crate::ir::{ID_PATTERN, Kind, MAX_ID_LENGTH, Presence, Schema, StringRules, Struct, Table, Tool};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// A greater bound of a length is not published: grammars of providers grow with it.
pub(super) const MAX_PUBLISHED_LENGTH: u64 = 2000;

/// What the description of a date or time ends with: JSON Schema has no format of that kind, and hosts refuse or ignore
/// formats that they do not know.
const MOMENT: &str =
    "A day (2026-12-24), a local time (2026-12-24T09:00) or a time with an offset (2026-12-24T09:00:00Z).";

/// The keywords that bound a value.
const BOUNDS: [&str; 8] =
    ["pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems"];

/// Whether objects take properties that are not described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Objects {
    Closed,
    Open,
}

/// The schema of a tool's arguments.
pub(crate) fn input(tool: &Tool) -> Json {
    Json::Object(root(&tool.input, Objects::Closed))
}

/// The schema of a tool's arguments for programs and people that read the catalog: with its dialect and examples.
pub(super) fn input_with_examples(tool: &Tool) -> Json {
    let mut schema = with_dialect(root(&tool.input, Objects::Closed));
    if !tool.examples.is_empty() {
        let examples = tool.examples.iter().map(|example| example.input.clone()).collect();
        schema.insert("examples".to_owned(), Json::Array(examples));
    }
    Json::Object(schema)
}

/// The schema of a tool's structured result.
pub(crate) fn output(tool: &Tool) -> Json {
    Json::Object(root(&tool.output, Objects::Open))
}

/// The schema of a tool's structured result as clients list it: a large part of every list, in every request of a host. Only
/// its own properties have texts; what is in them has names and types alone. Nothing has bounds, which a model does not need
/// of what the gateway has made.
pub(crate) fn listed_output(tool: &Tool) -> Json {
    let mut schema = output(tool);
    for property in properties_of(&mut schema) {
        shorten(property);
        properties_of(property).for_each(leave_texts_out);
        property.get_mut("items").map(leave_texts_out);
    }
    schema
}

fn leave_texts_out(schema: &mut Json) {
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("description");
    }
    shorten(schema);
    properties_of(schema).for_each(leave_texts_out);
    schema.get_mut("items").map(leave_texts_out);
}

/// Leaves out the bounds, and of the text what a description of any time ends with.
fn shorten(schema: &mut Json) {
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(Json::String(description)) = schema.get_mut("description") {
        *description = description.trim_end_matches(MOMENT).trim_end().to_owned();
    }
    schema.retain(|keyword, value| !BOUNDS.contains(&keyword.as_str()) && value != "");
}

fn properties_of(schema: &mut Json) -> impl Iterator<Item = &mut Json> {
    schema.get_mut("properties").and_then(Json::as_object_mut).into_iter().flat_map(Map::values_mut)
}

/// As [`output`], with its dialect.
pub(super) fn output_with_dialect(tool: &Tool) -> Json {
    Json::Object(with_dialect(root(&tool.output, Objects::Open)))
}

/// The schema of a table's rows, as outputs have them.
pub(super) fn record(table: &Table) -> Json {
    Json::Object(with_dialect(root(&table.row, Objects::Open)))
}

fn with_dialect(schema: Map<String, Json>) -> Map<String, Json> {
    let mut whole = Map::from_iter([("$schema".to_owned(), Json::from(DIALECT))]);
    whole.extend(schema);
    whole
}

fn root(one: &Struct, objects: Objects) -> Map<String, Json> {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), Json::from("object"));
    structure(one, objects, &mut schema);
    schema
}

fn structure(one: &Struct, objects: Objects, into: &mut Map<String, Json>) {
    let properties: Map<String, Json> = one
        .properties
        .iter()
        .map(|property| {
            let mut described = schema(&property.schema, objects);
            let default = match &property.presence {
                Presence::Default(default) if !default.is_null() && !one.is_record => Some(default),
                _ => None,
            };
            if objects == Objects::Closed {
                say(&property.schema, default, &mut described);
            }
            if let Some(default) = default {
                described.insert("default".to_owned(), default.clone());
            }
            (property.name.clone(), Json::Object(described))
        })
        .collect();
    into.insert("properties".to_owned(), Json::Object(properties));
    let required = one.properties.iter().filter(|property| one.publishes_as_required(property));
    let required: Vec<&str> = required.map(|property| property.name.as_str()).collect();
    if !required.is_empty() {
        into.insert("required".to_owned(), json!(required));
    }
    if objects == Objects::Closed {
        into.insert("additionalProperties".to_owned(), Json::from(false));
    }
}

/// Says in the description what hosts drop from a schema: some keep nothing but `enum`. What the author says already is not
/// said again.
fn say(one: &Schema, default: Option<&Json>, into: &mut Map<String, Json>) {
    let mut said = into.get("description").and_then(Json::as_str).unwrap_or_default().trim_end().to_owned();
    let mut add = |text: String, values: &[String]| {
        let is_said = values.iter().all(|value| words(&said).any(|word| word == value));
        if !is_said {
            said = if said.is_empty() { text } else { format!("{said} {text}") };
        }
    };
    if let Some((text, values)) = range(&one.kind) {
        add(text, &values);
    }
    if let Some(default) = default {
        let value = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        match default {
            Json::String(text) if text.is_empty() => {}
            Json::Array(_) => {}
            _ => add(format!("Default: {value}."), std::slice::from_ref(&value)),
        }
    }
    if !said.is_empty() {
        into.insert("description".to_owned(), Json::from(said));
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().map(|word| word.trim_matches(|mark: char| ",.;:()\"`'".contains(mark)))
}

/// The range of a kind in words, and the numbers in it.
fn range(kind: &Kind) -> Option<(String, Vec<String>)> {
    let (least, most, unit) = match kind {
        Kind::String(StringRules { max_length: Some(most), .. }) if *most > MAX_PUBLISHED_LENGTH => {
            (None, Some(most.to_string()), " characters")
        }
        Kind::Integer { minimum, maximum } => {
            (minimum.map(|one| one.to_string()), maximum.map(|one| one.to_string()), "")
        }
        Kind::Number { minimum, maximum } => {
            (minimum.map(|one| one.to_string()), maximum.map(|one| one.to_string()), "")
        }
        Kind::Array { min_items, max_items, .. } => {
            (min_items.map(|one| one.to_string()), max_items.map(|one| one.to_string()), " items")
        }
        _ => (None, None, ""),
    };
    let text = match (&least, &most) {
        (Some(least), Some(most)) => format!("From {least} to {most}{unit}."),
        (Some(least), None) => format!("At least {least}{unit}."),
        (None, Some(most)) => format!("At most {most}{unit}."),
        (None, None) => return None,
    };
    Some((text, least.into_iter().chain(most).collect()))
}

fn schema(one: &Schema, objects: Objects) -> Map<String, Json> {
    let mut schema = Map::new();
    let mut set = |keyword: &str, value: Option<Json>| {
        if let Some(value) = value {
            schema.insert(keyword.to_owned(), value);
        }
    };
    set("title", one.title.as_deref().map(Json::from));
    set("description", description(one).map(Json::from));
    set("type", Some(Json::from(type_name(&one.kind))));
    match &one.kind {
        Kind::String(StringRules { min_length, max_length, pattern }) => {
            set("minLength", min_length.map(Json::from));
            set("maxLength", max_length.filter(|most| *most <= MAX_PUBLISHED_LENGTH).map(Json::from));
            set("pattern", pattern.as_deref().map(Json::from));
        }
        Kind::Uuid => set("format", Some(Json::from("uuid"))),
        Kind::Id => {
            set("minLength", Some(Json::from(1)));
            set("maxLength", Some(Json::from(MAX_ID_LENGTH)));
            set("pattern", Some(Json::from(ID_PATTERN)));
        }
        Kind::Date => set("format", Some(Json::from("date"))),
        Kind::Timestamp => set("format", Some(Json::from("date-time"))),
        Kind::Enum(one_of) => {
            set("enum", Some(one_of.variants.iter().map(|variant| Json::from(variant.value.as_str())).collect()));
        }
        Kind::Integer { minimum, maximum } => {
            set("minimum", minimum.map(Json::from));
            set("maximum", maximum.map(Json::from));
        }
        Kind::Number { minimum, maximum } => {
            set("minimum", minimum.map(Json::from));
            set("maximum", maximum.map(Json::from));
        }
        Kind::Array { items, min_items, max_items, unique_items } => {
            set("items", Some(Json::Object(self::schema(items, objects))));
            set("minItems", min_items.map(Json::from));
            set("maxItems", max_items.map(Json::from));
            set("uniqueItems", unique_items.then_some(Json::from(true)));
        }
        Kind::Map(values) => set("additionalProperties", Some(Json::Object(self::schema(values, objects)))),
        Kind::Struct(one) => structure(one, objects, &mut schema),
        Kind::Moment | Kind::Boolean | Kind::Object => {}
    }
    schema
}

fn description(one: &Schema) -> Option<Cow<'_, str>> {
    let written = one.description.as_deref();
    match (&one.kind, written) {
        (Kind::Moment, Some(written)) => Some(Cow::Owned(format!("{written} {MOMENT}"))),
        (Kind::Moment, None) => Some(Cow::Borrowed(MOMENT)),
        _ => written.map(Cow::Borrowed),
    }
}

fn type_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::String(_) | Kind::Uuid | Kind::Id | Kind::Date | Kind::Timestamp | Kind::Moment | Kind::Enum(_) => {
            "string"
        }
        Kind::Integer { .. } => "integer",
        Kind::Number { .. } => "number",
        Kind::Boolean => "boolean",
        Kind::Array { .. } => "array",
        Kind::Struct(_) | Kind::Map(_) | Kind::Object => "object",
    }
}
