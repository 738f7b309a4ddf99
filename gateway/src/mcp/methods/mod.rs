//! Where each of the protocol's methods is answered. One file per group of methods.

pub(super) mod lifecycle;
mod lists;
pub(super) mod prompts;
pub(super) mod tools;
mod unknown_tool;
pub(super) mod unwrap;

use rmcp::model::{EmptyObject, ErrorCode, ErrorData, RequestId};

use super::{
    addresses::View, body::MessageBody, era, exchange::Exchange, message::MethodCall, method::Method, refusal::Refusal,
    reply, revision::Revision, server::Mcp,
};
use mana_mcp_runtime::tool::AgentActor;

/// The message that answers a request of a session, or a stateless one. `initialize` of the earlier revisions comes before
/// there is a session: see [`lifecycle::initialize`].
pub(super) async fn answer(exchange: Exchange, revision: Revision, agent: AgentActor) -> Result<MessageBody, Refusal> {
    if exchange.call.method == Method::CallTool {
        // Boxed: it is large, and what it is part of is moved from layer to layer before it runs.
        return Box::pin(tools::call(exchange, revision, agent)).await;
    }
    let Exchange { mcp, view, id, call, .. } = exchange;
    answer_at_once(&mcp, &view, revision, &id, call).map_err(|error| Refusal::of_method(revision, &id, error))
}

/// The methods that wait for nothing.
fn answer_at_once(
    mcp: &Mcp,
    view: &View,
    revision: Revision,
    id: &RequestId,
    call: MethodCall,
) -> Result<MessageBody, ErrorData> {
    let MethodCall { method, params, meta } = call;
    // After the parameters, whose errors say more.
    let check_version = || era::check_version_in(revision, &meta);
    match (method, revision) {
        (Method::List(list), _) => {
            let cursor = lists::cursor(&params)?;
            check_version()?;
            lists::list(mcp, list, view, revision, id, cursor)
        }
        (Method::GetPrompt, _) if !mcp.services.catalog.prompts().is_empty() => {
            let filled = mcp.prompts.filled(&params, mcp.names, mcp.server.meta(revision), revision)?;
            check_version()?;
            Ok(reply::result(id.clone(), filled))
        }
        (Method::Discover, Revision::Stateless) => Ok(reply::result(id.clone(), mcp.server.discovery())),
        (Method::Initialize, Revision::Stateless) => Err(lifecycle::no_initialize()),
        (Method::Ping, Revision::Sessions) => {
            check_version()?;
            Ok(reply::result(id.clone(), EmptyObject {}))
        }
        // Not declared, and without effect; accepted because clients send it nonetheless.
        (Method::SetLevel, Revision::Sessions) => {
            lifecycle::check_level(params)?;
            check_version()?;
            Ok(reply::result(id.clone(), EmptyObject {}))
        }
        (method, _) => {
            check_version()?;
            Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method.name().to_owned(), None))
        }
    }
}
