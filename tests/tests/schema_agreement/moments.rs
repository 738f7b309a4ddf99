//! The forms of a date or time stand in a description alone: here that description is taken for the format that it states.

use jsonschema::Validator;
use mana_mcp_runtime::tool::ToolId;
use serde_json::{Value, json};

/// What the description of a date or time has.
const MOMENT: &str =
    "A day (2026-12-24), a local time (2026-12-24T09:00) or a time with an offset (2026-12-24T09:00:00Z).";

/// The published schema of a tool's input, in which dates and times have a format.
pub(super) fn input_schema(tool: ToolId) -> Value {
    let mut schema = serde_json::from_str(tool.spec().input_schema).unwrap();
    name_moments(&mut schema);
    schema
}

/// A validator that asserts formats.
pub(super) fn validator(schema: &Value) -> Validator {
    let options = jsonschema::options().should_validate_formats(true);
    options.with_format("date-or-time", is_moment).build(schema).unwrap()
}

/// Gives the schemas of dates and times a format of their own.
fn name_moments(schema: &mut Value) {
    if schema["description"].as_str().is_some_and(|description| description.contains(MOMENT)) {
        schema["format"] = json!("date-or-time");
    }
    match schema {
        Value::Object(members) => members.values_mut().filter(|value| value.is_object()).for_each(name_moments),
        Value::Array(items) => items.iter_mut().for_each(name_moments),
        _ => {}
    }
}

/// A date or time, as jiff's own readers and the forms see it.
fn is_moment(text: &str) -> bool {
    let Some((day, time)) = text.split_once('T') else {
        return is_made_of(text, "0000-00-00") && text.parse::<jiff::civil::Date>().is_ok();
    };
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, offset) = time.split_at(zone);
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let forms = is_made_of(day, "0000-00-00")
        && (is_made_of(whole, "00:00:00") || is_made_of(clock, "00:00"))
        && (1..=9).contains(&fraction.len())
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && (matches!(offset, "" | "Z") || is_made_of(offset, "+00:00") || is_made_of(offset, "-00:00"));
    let sound = |offset: &str| {
        let (hours, minutes) = offset.get(1..3).zip(offset.get(4..6)).unwrap_or(("00", "00"));
        hours < "24" && minutes < "60"
    };
    forms
        && sound(offset)
        && !whole.ends_with(":60")
        && format!("{day}T{clock}").parse::<jiff::civil::DateTime>().is_ok()
}

/// Whether a text has the form of another one, any digit for a zero.
fn is_made_of(text: &str, form: &str) -> bool {
    let fits = |(a, b): (u8, u8)| if b == b'0' { a.is_ascii_digit() } else { a == b };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
}
