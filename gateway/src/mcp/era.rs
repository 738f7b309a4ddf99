//! Which protocol revision a request speaks, and the header rules that come with it.
//!
//! The revision 2026-07-28 carries everything in each request (`_meta` and mirrored headers, basic/transports/
//! streamable-http); the earlier ones agree on a version once and then name a session. A request that carries no version
//! is of an earlier revision.

use axum::http::{HeaderMap, StatusCode};
use base64::{Engine, engine::general_purpose::STANDARD};
use rmcp::model::{ErrorData, RequestId, RequestMetaObject};
use serde_json::Value;

use super::{
    message::{MethodCall, invalid_params},
    method::Method,
    refusal::Refusal,
    revision::{LEGACY, MODERN, Revision, SUPPORTED, VERSION_HEADER},
};

const METHOD_HEADER: &str = "mcp-method";
const NAME_HEADER: &str = "mcp-name";
const VERSION_IN_META: &str = "io.modelcontextprotocol/protocolVersion";

/// What kind of conversation a message belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// The stateless revision.
    Modern,
    /// An earlier revision, before there is a session.
    Initialize,
    /// An earlier revision, within a session.
    Session,
}

impl Era {
    /// The era of a message, from what it and its headers say about the version.
    pub(super) fn of(headers: &HeaderMap, id: Option<&RequestId>, call: &MethodCall) -> Result<Self, Refusal> {
        let header = single(headers, VERSION_HEADER, id)?;
        let versions = [header, version_in(&call.meta).and_then(Value::as_str)];
        let speaks_modern = versions.into_iter().flatten().any(|version| version >= MODERN.as_str());
        match header {
            _ if speaks_modern || call.method == Method::Discover => Ok(Self::Modern),
            Some(version) if !is_legacy(version) => Err(unsupported(id, version)),
            _ if call.method == Method::Initialize => Ok(Self::Initialize),
            _ => Ok(Self::Session),
        }
    }
}

/// The duties of a request of the stateless revision: the version in header and `_meta`, and the mirrored headers.
pub(super) fn check_modern_request(headers: &HeaderMap, id: &RequestId, call: &MethodCall) -> Result<(), Refusal> {
    let id = Some(id);
    let Some(header) = single(headers, VERSION_HEADER, id)? else {
        return Err(mismatch(id, "The MCP-Protocol-Version header is missing."));
    };
    if version_in(&call.meta).is_some_and(|version| version.as_str() != Some(header)) {
        return Err(mismatch(id, "MCP-Protocol-Version and the version in `_meta` differ."));
    }
    if header != MODERN.as_str() {
        return Err(unsupported(id, header));
    }
    let missing = call.meta.missing_required_keys(&MODERN);
    if !missing.is_empty() {
        let text = format!("`_meta` lacks these fields, or they have another type: {}.", missing.join(", "));
        return Err(Refusal::new(StatusCode::BAD_REQUEST, invalid_params(text)).answering(id));
    }
    match single(headers, METHOD_HEADER, id)? {
        None => return Err(mismatch(id, "The Mcp-Method header is missing.")),
        Some(named) if named != call.method.name() => {
            return Err(mismatch(id, "Mcp-Method and the body's method differ."));
        }
        Some(_) => {}
    }
    Ok(())
}

/// The duty of a request of the stateless revision that names a tool or a prompt: the mirrored name.
pub(super) fn check_modern_name(headers: &HeaderMap, id: &RequestId, call: &MethodCall) -> Result<(), Refusal> {
    let id = Some(id);
    let Some(named) = single(headers, NAME_HEADER, id)? else {
        return Err(mismatch(id, "The Mcp-Name header is missing."));
    };
    let named = decoded(named).ok_or_else(|| mismatch(id, "The Mcp-Name header is not valid Base64."))?;
    if call.params.get("name").is_some_and(|name| name.as_str() != Some(named.as_str())) {
        return Err(mismatch(id, "Mcp-Name and the name in the body differ."));
    }
    Ok(())
}

/// The duties of a notification of the stateless revision: a version that is served.
pub(super) fn check_modern_notification(headers: &HeaderMap) -> Result<(), Refusal> {
    match single(headers, VERSION_HEADER, None)? {
        Some(version) if version != MODERN.as_str() => Err(unsupported(None, version)),
        Some(_) | None => Ok(()),
    }
}

/// A version in the `_meta` of a request in a session must be one that is served. That of a stateless request was held
/// against its header.
pub(super) fn check_version_in(revision: Revision, meta: &RequestMetaObject) -> Result<(), ErrorData> {
    if revision == Revision::Stateless || !meta.0.0.contains_key(VERSION_IN_META) {
        return Ok(());
    }
    match meta.protocol_version() {
        Some(version) if !SUPPORTED.contains(&version) => {
            Err(ErrorData::unsupported_protocol_version(version, SUPPORTED))
        }
        Some(_) | None => Ok(()),
    }
}

fn version_in(meta: &RequestMetaObject) -> Option<&Value> {
    meta.0.0.get(VERSION_IN_META)
}

fn is_legacy(version: &str) -> bool {
    LEGACY.iter().any(|known| known.as_str() == version)
}

/// The only value of a header; two would let a proxy route by another one than we read.
fn single<'a>(headers: &'a HeaderMap, name: &str, id: Option<&RequestId>) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| mismatch(id, format!("The {name} header holds characters that it must not."))),
        (Some(_), Some(_)) => Err(mismatch(id, format!("The {name} header stands twice."))),
    }
}

/// A header value as it was meant: `=?base64?…?=` carries what a header cannot.
fn decoded(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        None => Some(value.to_owned()),
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
    }
}

fn mismatch(id: Option<&RequestId>, text: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, ErrorData::header_mismatch(text.into(), None)).answering(id)
}

fn unsupported(id: Option<&RequestId>, version: &str) -> Refusal {
    let shown: String = version.chars().take(40).collect();
    let error = match serde_json::from_value(Value::from(shown)) {
        Ok(requested) => ErrorData::unsupported_protocol_version(requested, SUPPORTED),
        Err(_) => ErrorData::invalid_request("Unsupported protocol version", None),
    };
    Refusal::new(StatusCode::BAD_REQUEST, error).answering(id)
}
