//! The protocol's methods: which there are, and where each is answered. One file per group of methods.

pub(super) mod lifecycle;
mod lists;
mod prompts;
pub(super) mod tools;
mod unwrap;

use rmcp::model::{EmptyObject, ErrorCode, ErrorData, RequestId};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::lists::List;
pub(super) use self::{prompts::Prompts, unwrap::subject};
use super::{
    Mcp,
    addresses::View,
    answer::{self, Refusal},
    body::MessageBody,
    era::{self, Revision},
    exchange::Exchange,
    message::{MethodCall, invalid_params},
};
use mana_mcp_runtime::{decode::JsonObject, tool::AgentActor};

/// A method by its name. Which of them a revision has, [`answer()`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Method {
    /// `initialize`
    Initialize,
    /// `ping`
    Ping,
    /// `logging/setLevel`
    SetLevel,
    /// `server/discover`
    Discover,
    /// `tools/list`, `resources/list`, `resources/templates/list` or `prompts/list`
    List(List),
    /// `tools/call`
    CallTool,
    /// `prompts/get`
    GetPrompt,
    /// Any other: a notification, or a method that this server does not have.
    Other(String),
}

impl Method {
    /// The method of that name.
    pub(super) fn of(name: String) -> Self {
        match name.as_str() {
            "initialize" => Self::Initialize,
            "ping" => Self::Ping,
            "logging/setLevel" => Self::SetLevel,
            "server/discover" => Self::Discover,
            "tools/list" => Self::List(List::Tools),
            "tools/call" => Self::CallTool,
            "resources/list" => Self::List(List::Resources),
            "resources/templates/list" => Self::List(List::ResourceTemplates),
            "prompts/list" => Self::List(List::Prompts),
            "prompts/get" => Self::GetPrompt,
            _ => Self::Other(name),
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Initialize => "initialize",
            Self::Ping => "ping",
            Self::SetLevel => "logging/setLevel",
            Self::Discover => "server/discover",
            Self::List(List::Tools) => "tools/list",
            Self::CallTool => "tools/call",
            Self::GetPrompt => "prompts/get",
            Self::List(List::Resources) => "resources/list",
            Self::List(List::ResourceTemplates) => "resources/templates/list",
            Self::List(List::Prompts) => "prompts/list",
            Self::Other(name) => name,
        }
    }
}

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
            let filled = prompts::filled(mcp, &params, revision)?;
            check_version()?;
            Ok(answer::result(id.clone(), filled))
        }
        (Method::Discover, Revision::Stateless) => Ok(answer::result(id.clone(), mcp.server.discovery())),
        (Method::Initialize, Revision::Stateless) => Err(lifecycle::no_initialize()),
        (Method::Ping, Revision::Sessions) => {
            check_version()?;
            Ok(answer::result(id.clone(), EmptyObject {}))
        }
        // Not declared, and without effect; accepted because clients send it nonetheless.
        (Method::SetLevel, Revision::Sessions) => {
            lifecycle::check_level(params)?;
            check_version()?;
            Ok(answer::result(id.clone(), EmptyObject {}))
        }
        (method, _) => {
            check_version()?;
            Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method.name().to_owned(), None))
        }
    }
}

/// Parameters as the type of their method.
fn typed<P: DeserializeOwned>(params: JsonObject) -> Result<P, ErrorData> {
    serde_json::from_value(Value::Object(params)).map_err(|_| invalid_params("The parameters do not fit the method."))
}
