//! A request to a service, as its operation describes it: members of the request that the path names stand in it, the others in
//! the query or in a JSON body. What the operation does not describe is not sent, nor is null.

use std::sync::Arc;

use mana_mcp_values::Value;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Operation, StepError, shaped::Shaped};
use crate::{
    encode::Json,
    service::ServiceRequest,
    tool::ToolError,
    types::{Member, Type},
};

/// What stands as it is in a segment of a path and in a query (RFC 3986, 2.3); all else is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The most that is sent at once. A site with all its pages has less.
const MOST_BYTES: usize = 4 << 20;

/// The request of an operation with these members.
pub(super) fn of(operation: &'static Operation, with: &Value) -> Result<ServiceRequest, ToolError> {
    let Type::Object(known) = operation.request else { return Err(StepError::Misfit { field: operation.name }.into()) };
    let (mut target, in_path) = path(operation, known, with)?;
    let body = match operation.method {
        "GET" | "DELETE" => {
            let rest = known.iter().filter(|member| !in_path.contains(&member.name));
            target.push_str(&query(rest, with)?);
            None
        }
        _ => {
            let mut members = with.members().cloned().unwrap_or_default();
            for name in &in_path {
                members.remove(name);
            }
            Some(Json::of(&Shaped(&Value::Map(Arc::new(members)), &operation.request))?.text)
        }
    };
    let bytes = body.as_ref().map_or(0, |body| body.len()) + target.len();
    if bytes > MOST_BYTES {
        return Err(StepError::TooLargeToSend { bytes, limit: MOST_BYTES }.into());
    }
    Ok(ServiceRequest { operation, target, body })
}

/// The path, and the members that stand in it.
fn path(
    operation: &'static Operation,
    known: &'static [Member],
    with: &Value,
) -> Result<(String, Vec<&'static str>), StepError> {
    let (mut path, mut filled) = (String::new(), Vec::new());
    let mut rest = operation.path;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        let member =
            known.iter().find(|member| member.name == name).ok_or(StepError::Misfit { field: operation.name })?;
        let text = with.member(name).as_str().filter(|text| is_segment(text));
        let text = text.ok_or(StepError::NotASegment { member: member.name })?;
        path.push_str(before);
        path.extend(utf8_percent_encode(text, ENCODED));
        filled.push(member.name);
        rest = after;
    }
    path.push_str(rest);
    Ok((path, filled))
}

/// Whether a text can be a segment of a path. Encoding does not make every text one: `..` means another place however it is
/// written, and what stands before a service may decode `%2F` or `%00`.
fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && !text.chars().all(|one| one == '.')
        && !text.chars().any(|one| one.is_control() || one == '/' || one == '\\')
}

/// The query; a list gives its name once for each element.
fn query(members: impl Iterator<Item = &'static Member>, with: &Value) -> Result<String, ToolError> {
    let mut query = String::new();
    for member in members {
        let value = with.member(member.name);
        let alone = std::slice::from_ref(value);
        let values = if matches!(value, Value::List(_)) { value.items() } else { alone };
        for value in values.iter().filter(|value| !value.is_null()) {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.extend(utf8_percent_encode(member.name, ENCODED));
            query.push('=');
            query.extend(utf8_percent_encode(&text(value, member.name)?, ENCODED));
        }
    }
    Ok(query)
}

fn text(value: &Value, member: &'static str) -> Result<String, ToolError> {
    let text = match value {
        Value::Text(text) => return Ok(text.to_string()),
        Value::Null | Value::List(_) | Value::Map(_) => return Err(StepError::Misfit { field: member }.into()),
        value => Json::of(value)?.text,
    };
    // Of numbers, truth values and times, whose texts have nothing to escape.
    Ok(String::from_utf8_lossy(&text).trim_matches('"').to_owned())
}
