//! `tools/list`, and the lists of what this server does not have: hosts ask for them whatever the capabilities say, and show
//! an error as a failed connection. An empty list is an answer.

use std::time::Duration;

use rmcp::model::{CacheScope, ErrorData, MetaObject, ResultType};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::mcp::{Mcp, era::Revision, message::invalid_params, tools::View};
use mana_mcp_runtime::decode::JsonObject;

/// The catalog is compiled in: a list stays right until the gateway is replaced.
const FRESH_FOR: Duration = Duration::from_secs(3600);

/// A list that clients can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mcp) enum List {
    Tools,
    Resources,
    ResourceTemplates,
    Prompts,
}

/// The result of a list: as rmcp's types, but with tools that are written already.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListResult<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    result_type: Option<ResultType>,
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<MetaObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_ms: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_scope: Option<CacheScope>,
    #[serde(flatten)]
    entries: Entries<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Entries<'a> {
    Tools(Vec<&'a RawValue>),
    Resources([(); 0]),
    ResourceTemplates([(); 0]),
    Prompts([(); 0]),
}

/// The cursor of a list's parameters.
pub(super) fn cursor(params: &JsonObject) -> Result<Option<&str>, ErrorData> {
    match params.get("cursor") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(cursor)) => Ok(Some(cursor)),
        Some(_) => Err(invalid_params("`cursor` must be a string.")),
    }
}

/// The whole list, as this view has it.
pub(super) fn list<'a>(
    mcp: &'a Mcp,
    list: List,
    view: &View,
    revision: Revision,
    cursor: Option<&str>,
) -> Result<ListResult<'a>, ErrorData> {
    if cursor.is_some() {
        return Err(invalid_params("This list has one page: no cursor is valid."));
    }
    let entries = match list {
        List::Tools => Entries::Tools(mcp.listing.of(view)),
        List::Resources => Entries::Resources([]),
        List::ResourceTemplates => Entries::ResourceTemplates([]),
        List::Prompts => Entries::Prompts([]),
    };
    let meta = mcp.server.meta(revision);
    Ok(match revision {
        Revision::Stateless => ListResult {
            result_type: Some(ResultType::COMPLETE),
            meta,
            ttl_ms: Some(FRESH_FOR.as_millis()),
            cache_scope: Some(CacheScope::Private),
            entries,
        },
        Revision::Sessions => ListResult { result_type: None, meta, ttl_ms: None, cache_scope: None, entries },
    })
}
