//! The keys of a schema.

use super::section::{Holds, Section, optional};

/// Types of JSON Schema, null left aside.
pub(crate) const TYPES: &[&str] = &["string", "integer", "number", "boolean", "array", "object"];

/// A schema.
pub(crate) static SCHEMA: Section = Section {
    id: "schema",
    what: "a schema",
    keys: &[
        optional(
            "$ref",
            Holds::Text,
            "`'#/types/X'` of the same file; in outputs also `'#/tables/x'`, `'#/tables/module.x'`.",
        ),
        optional("only", Holds::Texts, "The fields of the table that are given out."),
        optional("type", Holds::Types, "The type; `[T, 'null']` lets null in."),
        optional("title", Holds::Text, "A short name for people."),
        optional("description", Holds::Text, "What the value means."),
        optional("enum", Holds::Variants, "The texts that it may be."),
        optional("properties", Holds::Named(&SCHEMA), "Properties of an object; inputs take no others."),
        optional("required", Holds::Texts, "Properties that must be there."),
        optional("additionalProperties", Holds::One(&SCHEMA), "Values of an object with any keys: a map."),
        optional("items", Holds::One(&SCHEMA), "Items of an array."),
        optional("minLength", Holds::Number, "Least length of a text, in Unicode code points."),
        optional("maxLength", Holds::Number, "Greatest length of a text, in Unicode code points."),
        optional("minItems", Holds::Number, "Least number of items."),
        optional("maxItems", Holds::Number, "Greatest number of items."),
        optional("minimum", Holds::Number, "Least number."),
        optional("maximum", Holds::Number, "Greatest number."),
        optional("pattern", Holds::Text, "What a text matches: what means the same in ECMA-262 and in Rust."),
        optional(
            "format",
            Holds::Word(&["id", "uuid", "date", "date-time", "date-or-time"]),
            "`id` (of any row), `uuid`, `date` (YYYY-MM-DD), `date-time` (RFC 3339), or `date-or-time` (either, or a local time).",
        ),
        optional("uniqueItems", Holds::Boolean, "Whether no two items may be equal."),
        optional(
            "sealed",
            Holds::Boolean,
            "In services: whether a member may hold, or gives, a text that is stored encrypted.",
        ),
        optional("default", Holds::Anything, "What an input is when it is left out."),
    ],
};
