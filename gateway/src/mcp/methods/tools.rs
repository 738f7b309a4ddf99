//! `tools/call`.

use std::sync::Arc;

use axum::http::StatusCode;
use rmcp::model::{CallToolRequestParams, ErrorData, RequestId, RequestMetaObject};
use scopeguard::ScopeGuard;
use serde_json::Value;

use super::{
    unknown_tool::unknown_tool,
    unwrap::{self, Inner, NoCall},
};
use crate::{
    auth::{Principal, SpaceAccess, SpaceError},
    call::{self, CallKey, CallRequest, FindTools, Route, UnusableCallKey},
    mcp::{
        body::MessageBody,
        consent, era,
        exchange::Exchange,
        finding::ViewFinder,
        message::{MethodCall, invalid_params},
        place::{Named, Place},
        refusal::Refusal,
        results::DRY_RUN,
        revision::Revision,
        server::Mcp,
    },
    policy::consent::Consenting,
    telemetry::{Metrics, audit::TurnedAway},
};
use mana_mcp_runtime::{
    decode::{JsonObject, Leniencies, parse_object},
    tool::{AgentActor, CatalogTool, ToolId},
};

/// The member of a call's `_meta` by which its client makes it again.
const IDEMPOTENCY_KEY: &str = "mana/idempotencyKey";

/// Whether the caller is a member of the space that the call is for.
enum Admission {
    /// They are.
    Proven(SpaceAccess),
    /// It cannot be found out. The text is for the model.
    Failed(String),
}

/// A `tools/call` whose tool is known.
struct Called {
    tool: ToolId,
    via: Option<CatalogTool>,
    space: Named,
    params: Result<(CallToolRequestParams, Asked), ErrorData>,
}

/// What the `_meta` of a call asks of the gateway.
struct Asked {
    key: Option<CallKey>,
    is_dry: bool,
}

/// Runs a `tools/call`: the tool, the space, the parameters, and then the pipeline of [`call::call`].
pub(super) async fn call(exchange: Exchange, revision: Revision, agent: AgentActor) -> Result<MessageBody, Refusal> {
    let Exchange { mcp, principal, view, place, id, call, patience, .. } = exchange;
    let MethodCall { params, meta, .. } = call;
    let refused = |error| Refusal::of_method(revision, &id, error);
    let turned_away = |why, tool| mcp.services.audit.turned_away(why, &principal, tool);
    let catalog = mcp.services.catalog;
    let name = params.get("name").and_then(Value::as_str);
    let Some(tool) = name.and_then(|name| view.tool(catalog, name)) else {
        turned_away(TurnedAway::UnknownTool, None);
        return Err(refused(name.map_or_else(no_name, |name| invalid_params(unknown_tool(&mcp, &view, name)))));
    };
    if let Some(limit) = tool.spec().time_limit() {
        patience.allow(limit);
    }
    if name.is_some_and(|name| catalog.find(name).is_none()) {
        mcp.services.metrics.name_corrected();
    }
    let Place { space, zone } = place;
    let params = typed(revision, params, &mcp.services.metrics).and_then(|params| {
        era::check_version_in(revision, &meta)?;
        Ok((params, asked(&meta)?))
    });
    let called = match tool.catalog_tool() {
        Some(via @ (CatalogTool::Read | CatalogTool::Call)) => {
            let (mut params, asked) = params.map_err(|error| {
                turned_away(TurnedAway::Malformed, Some(tool));
                refused(error)
            })?;
            match unwrap::inner(&mcp, &view, via, params.arguments.take().unwrap_or_default(), space) {
                Ok(Inner { tool, arguments, space }) => {
                    if let Some(limit) = tool.spec().time_limit() {
                        patience.allow(limit);
                    }
                    params.arguments = Some(arguments);
                    Called { tool, via: Some(via), space, params: Ok((params, asked)) }
                }
                Err(NoCall::UnknownTool(text)) => {
                    turned_away(TurnedAway::UnknownTool, None);
                    return Ok(mcp.results.failed(revision, &id, text));
                }
                Err(NoCall::Malformed(text)) => {
                    turned_away(TurnedAway::Malformed, Some(tool));
                    return Ok(mcp.results.failed(revision, &id, text));
                }
            }
        }
        Some(CatalogTool::Find) | None => Called { tool, via: None, space, params },
    };
    let Called { tool, via, space, params } = called;
    let admission = admit(&mcp, &principal, &space, &id, tool).await?;
    let (access, (params, Asked { key, is_dry })) = match (admission, params) {
        (Admission::Proven(access), Ok(params)) => (access, params),
        (Admission::Failed(text), Ok(_)) => return Ok(mcp.results.failed(revision, &id, text)),
        (Admission::Proven(_), Err(error)) => {
            turned_away(TurnedAway::Malformed, Some(tool));
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
    let space = access.space().id.clone();
    let finder = (tool.catalog_tool() == Some(CatalogTool::Find))
        .then(|| Arc::new(ViewFinder { mcp: Arc::clone(&mcp), view }) as Arc<dyn FindTools>);
    let route = Route { via, finder };
    let request = CallRequest { tool, route, access, arguments, agent, consenting, zone, key, is_dry };
    let result = call::call(&mcp.services, request).await;
    mcp.results.message(revision, &id, &space, result).map_err(refused)
}

/// Proves that the caller is a member of the space that the request names, or finds their personal space.
async fn admit(
    mcp: &Mcp,
    principal: &Principal,
    space: &Named,
    id: &RequestId,
    tool: ToolId,
) -> Result<Admission, Refusal> {
    let turned_away = |why| mcp.services.audit.turned_away(why, principal, Some(tool));
    let refused = |error: &SpaceError| {
        turned_away(TurnedAway::NotAMember);
        Err(Refusal::of_request(StatusCode::FORBIDDEN, mcp.names.text(&error.to_string())).answering(Some(id)))
    };
    let wanted = match space {
        Named::Nothing => principal.rights().only_space(),
        Named::Text(wanted) => Some(wanted.as_str()),
        Named::Unclear => return refused(&SpaceError::NotAMember),
    };
    let given_up = scopeguard::guard((), |()| turned_away(TurnedAway::Cancelled));
    let resolved = mcp.services.spaces.resolve(principal, wanted).await;
    ScopeGuard::into_inner(given_up);
    match resolved {
        Ok(access) => Ok(Admission::Proven(access)),
        Err(error @ (SpaceError::NotAMember | SpaceError::NoPersonalSpace(_) | SpaceError::Ambiguous(_))) => {
            refused(&error)
        }
        Err(error @ (SpaceError::NoSource(_) | SpaceError::Backend(_))) => {
            let failed = if let SpaceError::Backend(error) = &error { Some((*error).into()) } else { None };
            turned_away(TurnedAway::IdentityFailed(failed));
            Ok(Admission::Failed(error.to_string()))
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

fn asked(meta: &RequestMetaObject) -> Result<Asked, ErrorData> {
    let member = |name: &str| meta.0.0.get(name);
    let key = member(IDEMPOTENCY_KEY).map(|key| key.as_str().ok_or(UnusableCallKey).and_then(str::parse));
    let key = key.transpose().map_err(|unusable| invalid_params(unusable.to_string()))?;
    let is_dry = match member(DRY_RUN) {
        None => false,
        Some(Value::Bool(is_dry)) => *is_dry,
        // A request for a dry run that is malformed must not carry the call out.
        Some(_) => return Err(invalid_params(format!("`{DRY_RUN}` must be `true` or `false`."))),
    };
    Ok(Asked { key, is_dry })
}

fn no_arguments() -> ErrorData {
    invalid_params("`arguments` must be an object.")
}

fn no_name() -> ErrorData {
    invalid_params("`name` must be a string: the tool's name.")
}
