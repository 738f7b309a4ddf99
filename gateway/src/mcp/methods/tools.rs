//! `tools/call`.

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use rmcp::model::{CallToolRequestParams, ErrorData, RequestId};
use scopeguard::ScopeGuard;
use serde_json::Value;

use crate::{
    auth::{Principal, SpaceAccess, SpaceError},
    call::{self, CallRequest},
    mcp::{
        Mcp,
        answer::Refusal,
        body::MessageBody,
        consent,
        era::{self, Revision},
        exchange::Exchange,
        message::{MethodCall, invalid_params},
        tools::View,
    },
    policy::consent::Consenting,
    telemetry::{Metrics, audit::TurnedAway},
};
use mana_mcp_runtime::{
    decode::{JsonObject, Leniencies, parse_object},
    failure::BackendError,
    tool::{AgentActor, ToolError, ToolId},
};

const SPACE_HEADER: &str = "x-mana-space";

/// Whether the caller is a member of the space that the call is for.
enum Admission {
    /// They are.
    Proven(SpaceAccess),
    /// The identity service could not tell.
    Failed(BackendError),
}

/// Runs a `tools/call`: the tool, the space, the parameters, and then the pipeline of [`call::call`].
pub(super) async fn call(exchange: Exchange, revision: Revision, agent: AgentActor) -> Result<MessageBody, Refusal> {
    let Exchange { mcp, principal, view, headers, id, call } = exchange;
    let MethodCall { params, meta, .. } = call;
    let refused = |error| Refusal::of_method(revision, &id, error);
    let catalog = mcp.services.catalog;
    let name = params.get("name").and_then(Value::as_str);
    let Some(tool) = name.and_then(|name| view.tool(catalog, name)) else {
        mcp.services.audit.turned_away(TurnedAway::UnknownTool, &principal, None);
        return Err(refused(name.map_or_else(no_name, |name| unknown_tool(&mcp, &view, name))));
    };
    if name.is_some_and(|name| catalog.find(name).is_none()) {
        mcp.services.metrics.name_corrected();
    }
    let admission = admit(&mcp, &principal, &headers, &id, tool).await?;
    let metrics = &mcp.services.metrics;
    let params = typed(revision, params, metrics).and_then(|params| {
        era::check_version_in(revision, &meta)?;
        Ok(params)
    });
    let (access, params) = match (admission, params) {
        (Admission::Proven(access), Ok(params)) => (access, params),
        (Admission::Failed(error), Ok(_)) => {
            return mcp.results.message(revision, &id, Err(ToolError::from(error).into())).map_err(refused);
        }
        (Admission::Proven(_), Err(error)) => {
            mcp.services.audit.turned_away(TurnedAway::Malformed, &principal, Some(tool));
            return Err(refused(error));
        }
        (Admission::Failed(_), Err(error)) => return Err(refused(error)),
    };
    let consenting = match revision {
        Revision::Stateless => consent::of_request(&meta, &params),
        // A question would need state held between requests.
        Revision::Sessions => Consenting::default(),
    };
    let arguments = params.arguments.unwrap_or_default();
    let request = CallRequest { tool, access, arguments, agent, consenting };
    let result = call::call(&mcp.services, request).await;
    mcp.results.message(revision, &id, result).map_err(refused)
}

/// Proves that the caller is a member of the space that the headers name, or of their personal space.
async fn admit(
    mcp: &Mcp,
    principal: &Principal,
    headers: &HeaderMap,
    id: &RequestId,
    tool: ToolId,
) -> Result<Admission, Refusal> {
    let turned_away = |why| mcp.services.audit.turned_away(why, principal, Some(tool));
    let refused = |error: &SpaceError| {
        turned_away(TurnedAway::NotAMember);
        Err(Refusal::of_request(StatusCode::FORBIDDEN, mcp.names.text(&error.to_string())).answering(Some(id)))
    };
    let mut named = headers.get_all(SPACE_HEADER).iter().map(HeaderValue::to_str);
    let wanted = match (named.next(), named.next()) {
        (None, _) => None,
        (Some(Ok(wanted)), None) => Some(wanted),
        // Two of them: a proxy in front may have read the other one.
        (Some(_), _) => return refused(&SpaceError::NotAMember),
    };
    let given_up = scopeguard::guard((), |()| turned_away(TurnedAway::Cancelled));
    let resolved = mcp.services.spaces.resolve(principal, wanted).await;
    ScopeGuard::into_inner(given_up);
    match resolved {
        Ok(access) => Ok(Admission::Proven(access)),
        Err(error @ (SpaceError::NotAMember | SpaceError::NoPersonalSpace)) => refused(&error),
        Err(SpaceError::Backend(error)) => {
            turned_away(TurnedAway::IdentityFailed);
            Ok(Admission::Failed(error))
        }
    }
}

/// The parameters as the protocol's type.
fn typed(revision: Revision, mut params: JsonObject, metrics: &Metrics) -> Result<CallToolRequestParams, ErrorData> {
    let Some(Value::String(name)) = params.remove("name") else { return Err(no_name()) };
    let mut call = CallToolRequestParams::new(name);
    call.arguments = match params.remove("arguments") {
        None => None,
        Some(Value::Null) => {
            metrics.arguments_corrected(Leniencies { nulls: 1, json_texts: 0 });
            None
        }
        Some(Value::Object(arguments)) => Some(arguments),
        Some(Value::String(text)) => {
            let arguments = parse_object(&text).ok_or_else(no_arguments)?;
            metrics.arguments_corrected(Leniencies { nulls: 0, json_texts: 1 });
            Some(arguments)
        }
        Some(_) => return Err(no_arguments()),
    };
    // Of the stateless revision alone; others may have members of these names that mean something else.
    if revision == Revision::Stateless {
        call.request_state = match params.remove("requestState") {
            None => None,
            Some(Value::String(state)) => Some(state),
            Some(_) => return Err(invalid_params("`requestState` must be a string.")),
        };
        call.input_responses = match params.remove("inputResponses") {
            None => None,
            Some(Value::Object(answers)) => Some(answers.into_iter().collect()),
            Some(_) => return Err(invalid_params("`inputResponses` must be an object.")),
        };
    }
    Ok(call)
}

fn no_arguments() -> ErrorData {
    invalid_params("`arguments` must be an object.")
}

fn no_name() -> ErrorData {
    invalid_params("`name` must be a string: the tool's name.")
}

fn unknown_tool(mcp: &Mcp, view: &View, name: &str) -> ErrorData {
    // Nothing that a terminal or a reader could take for something else.
    let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
    invalid_params(match view.nearest(mcp.services.catalog, name) {
        Some(nearest) => format!("There is no tool `{shown}`. Did you mean `{}`?", mcp.names.tool(nearest)),
        None => format!("There is no tool `{shown}`. tools/list names all tools."),
    })
}
