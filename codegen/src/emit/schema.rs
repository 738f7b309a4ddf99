//! The published schemas: JSON Schema 2020-12, each complete in itself.
//!
//! References are written out: hosts hand schemas to models and validators of all kinds, and not all of them follow
//! references. Objects of an input take no other properties; those of an output may grow.

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};

use crate::ir::{
    ID_PATTERN, Kind, MAX_ID_LENGTH, MAX_SAFE_INTEGER, Presence, Schema, StringRules, Struct, Table, Tool,
};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What the description of a date or time ends with: JSON Schema has no format of that kind, and hosts refuse or ignore
/// formats that they do not know.
const MOMENT: &str =
    "A day (2026-12-24), a local time (2026-12-24T09:00) or a time with an offset (2026-12-24T09:00:00Z).";

/// Whether objects take properties that are not described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Objects {
    Closed,
    Open,
}

/// The schema of a tool's arguments, with its examples.
pub(crate) fn input(tool: &Tool) -> Json {
    let mut schema = root(&tool.input, Objects::Closed);
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

/// The schema of a table's rows.
pub(super) fn record(table: &Table) -> Json {
    Json::Object(root(&table.row, Objects::Open))
}

fn root(one: &Struct, objects: Objects) -> Map<String, Json> {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), Json::from(DIALECT));
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
            if let Presence::Default(default) = &property.presence
                && !one.is_record
            {
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

fn schema(one: &Schema, objects: Objects) -> Map<String, Json> {
    let mut schema = Map::new();
    let mut set = |keyword: &str, value: Option<Json>| {
        if let Some(value) = value {
            schema.insert(keyword.to_owned(), value);
        }
    };
    set("title", one.title.as_deref().map(Json::from));
    set("description", description(one).map(Json::from));
    let name = type_name(&one.kind);
    set("type", Some(if one.nullable { json!([name, "null"]) } else { Json::from(name) }));
    match &one.kind {
        Kind::String(StringRules { min_length, max_length, pattern }) => {
            set("minLength", min_length.map(Json::from));
            set("maxLength", max_length.map(Json::from));
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
            let values = one_of.variants.iter().map(|variant| Json::from(variant.value.as_str()));
            set("enum", Some(values.chain(one.nullable.then_some(Json::Null)).collect()));
        }
        Kind::Integer { minimum, maximum } => {
            set("minimum", Some(Json::from(minimum.unwrap_or(-MAX_SAFE_INTEGER))));
            set("maximum", Some(Json::from(maximum.unwrap_or(MAX_SAFE_INTEGER))));
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
        Kind::Struct(_) | Kind::Object => "object",
    }
}
