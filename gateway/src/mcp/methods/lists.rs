//! `tools/list`, `prompts/list`, and the lists of what this server does not have: hosts ask for them whatever the
//! capabilities say, and show an error as a failed connection. An empty list is an answer.

use std::time::Duration;

use bytes::Bytes;
use rmcp::model::{CacheScope, ErrorData, MetaObject, RequestId, ResultType};
use serde::Serialize;
use serde_json::Value;

use crate::mcp::{
    addresses::View, body::MessageBody, message::invalid_params, method::List, reply, revision::Revision, server::Mcp,
};
use mana_mcp_runtime::decode::JsonObject;

/// The catalog is compiled in: a list stays right until the gateway is replaced.
const FRESH_FOR: Duration = Duration::from_secs(3600);

/// What stands in the result of a list beside its entries.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    #[serde(skip_serializing_if = "Option::is_none")]
    result_type: Option<ResultType>,
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<MetaObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_ms: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_scope: Option<CacheScope>,
}

/// The cursor of a list's parameters.
pub(super) fn cursor(params: &JsonObject) -> Result<Option<&str>, ErrorData> {
    match params.get("cursor") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(cursor)) => Ok(Some(cursor)),
        Some(_) => Err(invalid_params("`cursor` must be a string.")),
    }
}

/// The message with the whole list, as this view has it. The entries are shared with others who are sent the same.
pub(super) fn list(
    mcp: &Mcp,
    list: List,
    view: &View,
    revision: Revision,
    id: &RequestId,
    cursor: Option<&str>,
) -> Result<MessageBody, ErrorData> {
    if cursor.is_some() {
        return Err(invalid_params("This list has one page: no cursor is valid."));
    }
    let entries = match list {
        List::Tools => mcp.listing.of(&view.listed),
        List::Resources | List::ResourceTemplates => Bytes::from_static(b"[]"),
        List::Prompts => mcp.prompts.listed(),
    };
    let meta = mcp.server.meta(revision);
    let head = match revision {
        Revision::Stateless => Head {
            result_type: Some(ResultType::COMPLETE),
            meta,
            ttl_ms: Some(FRESH_FOR.as_millis()),
            cache_scope: Some(CacheScope::Private),
        },
        Revision::Sessions => Head { result_type: None, meta, ttl_ms: None, cache_scope: None },
    };
    Ok(reply::list(id, &head, list.member(), entries))
}
