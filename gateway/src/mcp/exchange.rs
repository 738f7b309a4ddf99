//! A request on its way to its answer: its era's duties, its session, the space of a call, and rmcp's dispatch.

use std::{panic::resume_unwind, sync::Arc, time::SystemTime};

use axum::{
    http::{Extensions, HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use rmcp::{
    RoleServer,
    model::{ErrorCode, ErrorData, JsonRpcError, ProtocolVersion, RequestId, ServerJsonRpcMessage, ServerResult},
    service::{RequestContext, Service},
};
use scopeguard::ScopeGuard;
use serde_json::Value;

use super::{
    Mcp, agent, answer,
    answer::Refusal,
    era::{self, Era},
    handler::{Admission, ProvenCall},
    message::MethodCall,
    request::typed,
    results::{self, Outlet, TOKEN_REFUSED},
    running::RunningName,
    session::{Session, SessionRefusal},
    tools::View,
};
use crate::{
    auth::{Principal, SpaceError},
    telemetry::{
        audit::TurnedAway,
        metrics::SessionRefusalKind,
        panics::caught,
        trace::{self, Remote},
    },
};
use mana_mcp_runtime::tool::AgentActor;

const SESSION_HEADER: &str = "mcp-session-id";
const SPACE_HEADER: &str = "x-mana-space";

/// One request on its way to its answer.
pub(super) struct Exchange {
    pub(super) mcp: Arc<Mcp>,
    pub(super) principal: Principal,
    pub(super) view: View,
    pub(super) headers: HeaderMap,
    pub(super) id: RequestId,
    pub(super) call: MethodCall,
}

impl Exchange {
    /// In the message's own trace context, where it has one.
    pub(super) async fn answer(self, extensions: Extensions) -> Result<Response, Refusal> {
        let remote = Remote::of_meta(&self.call.meta.0.0);
        trace::of_message(remote, self.answered(extensions)).await
    }

    async fn answered(self, extensions: Extensions) -> Result<Response, Refusal> {
        match Era::of(&self.headers, Some(&self.id), &self.call)? {
            Era::Modern => {
                era::check_modern_request(&self.headers, &self.id, &self.call)?;
                if self.call.method == "initialize" {
                    return Ok(modern_response(Dispatched::refused(self.id, era::no_initialize())));
                }
                let agent = agent::of_request(&self.call.meta);
                let agreed = self.prove(agent).await?;
                // Dropped with the connection: a closed response means cancellation in this revision.
                Ok(modern_response(self.dispatch(&era::MODERN, agreed).await))
            }
            Era::Initialize => {
                let (mcp, principal) = (Arc::clone(&self.mcp), self.principal.clone());
                let client = agent::at_initialize(&self.call.params);
                let dispatched = self.dispatch(&ProtocolVersion::V_2025_11_25, None).await;
                let agreed = match &dispatched.result {
                    Ok(ServerResult::InitializeResult(result)) => Some(result.protocol_version.clone()),
                    _ => None,
                };
                let mut response = legacy_response(dispatched);
                if let Some(version) = agreed {
                    let session = Session { version, client };
                    let sealed = mcp.sessions.seal(principal.user(), &session, SystemTime::now());
                    if let Some(value) = sealed.and_then(|id| HeaderValue::try_from(id).ok()) {
                        response.headers_mut().insert(SESSION_HEADER, value);
                        mcp.services.metrics.session_opened();
                    }
                }
                Ok(response)
            }
            Era::Session => self.answered_in_session(extensions).await,
        }
    }

    /// On a task of its own: a dropped connection must not cancel in the revisions with sessions, only their notification
    /// does. The request's place among those under way is in its extensions, and stays taken until the work is done.
    async fn answered_in_session(self, extensions: Extensions) -> Result<Response, Refusal> {
        let session = open_session(&self.mcp, &self.principal, &self.headers, Some(&self.id)).await?;
        let name = RunningName::new(session_id(&self.mcp, &self.headers, Some(&self.id))?, &self.id);
        let begun = self.mcp.running.begin(name);
        let (longest, panics) = (self.mcp.longest, self.mcp.panics.clone());
        let agent = agent::of_session(&session.client);
        let work = tokio::spawn(trace::carried(async move {
            let _place = extensions;
            let work = async {
                let agreed = self.prove(agent).await?;
                Ok(legacy_response(self.dispatch(&session.version, agreed).await))
            };
            let work = begun.unless_cancelled(tokio::time::timeout(longest, work));
            match caught(&panics, work).await {
                Ok(Some(Ok(answer))) => answer,
                Ok(Some(Err(_))) => Err(Refusal::of_server(StatusCode::GATEWAY_TIMEOUT, "The call took too long.")),
                // Nobody waits for an answer any more (basic/utilities/cancellation).
                Ok(None) => Ok(StatusCode::ACCEPTED.into_response()),
                Err(panicked) => Err(Refusal::of_server(StatusCode::INTERNAL_SERVER_ERROR, panicked.to_string())),
            }
        }));
        work.await.unwrap_or_else(|end| match end.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(Refusal::of_server(StatusCode::SERVICE_UNAVAILABLE, "The gateway is stopping.")),
        })
    }

    /// For a call of a known tool: proves that the caller is a member of the space that he names. A call of an unknown
    /// tool is refused at dispatch.
    async fn prove(&self, agent: AgentActor) -> Result<Option<Admission>, Refusal> {
        if self.call.method != "tools/call" {
            return Ok(None);
        }
        let turned_away = |why, tool| self.mcp.services.audit.turned_away(why, &self.principal, tool);
        let Some(tool) = self
            .call
            .params
            .get("name")
            .and_then(Value::as_str)
            .and_then(|name| self.view.tool(self.mcp.services.catalog, name))
        else {
            turned_away(TurnedAway::UnknownTool, None);
            return Ok(None);
        };
        let mut named = self.headers.get_all(SPACE_HEADER).iter().map(HeaderValue::to_str);
        let wanted = match (named.next(), named.next()) {
            (None, _) => None,
            (Some(Ok(wanted)), None) => Some(wanted),
            // Two of them: whoever looked before us may have read the other one.
            (Some(_), _) => {
                turned_away(TurnedAway::NotAMember, Some(tool));
                return Err(self.refused(StatusCode::FORBIDDEN, &SpaceError::NotAMember));
            }
        };
        let given_up = scopeguard::guard((), |()| turned_away(TurnedAway::Cancelled, Some(tool)));
        let resolved = self.mcp.services.spaces.resolve(&self.principal, wanted).await;
        ScopeGuard::into_inner(given_up);
        match resolved {
            Ok(access) => Ok(Some(Admission::Proven(ProvenCall { tool, access, agent }))),
            Err(error @ (SpaceError::NotAMember | SpaceError::NoPersonalSpace)) => {
                turned_away(TurnedAway::NotAMember, Some(tool));
                Err(self.refused(StatusCode::FORBIDDEN, &error))
            }
            Err(SpaceError::Backend(error)) => {
                turned_away(TurnedAway::IdentityFailed, Some(tool));
                Ok(Some(Admission::Failed(error)))
            }
        }
    }

    fn refused(&self, status: StatusCode, error: &SpaceError) -> Refusal {
        Refusal::of_request(status, error.to_string()).answering(Some(&self.id))
    }

    /// Hands the request to rmcp.
    async fn dispatch(self, version: &ProtocolVersion, agreed: Option<Admission>) -> Dispatched {
        let Self { mcp, view, id, call, .. } = self;
        let mut context = RequestContext::<RoleServer>::new(id.clone(), mcp.peers.of(version));
        context.meta = call.meta;
        let request = match typed(mcp.services.catalog, &view, version, &call.method, call.params, agreed.is_some()) {
            Ok(request) => request,
            Err(error) => {
                if let Some(Admission::Proven(call)) = &agreed {
                    mcp.services.audit.turned_away(TurnedAway::Malformed, &self.principal, Some(call.tool));
                }
                return Dispatched::refused(id, error);
            }
        };
        let outlet = Outlet::default();
        context.extensions.insert(outlet.clone());
        context.extensions.insert(view);
        if let Some(admission) = agreed {
            context.extensions.insert(admission);
        }
        // Boxed: it is large, and what it is part of is moved from layer to layer before it runs.
        let result = Box::pin(mcp.handler.handle_request(request, context)).await;
        Dispatched { id, result, outlet }
    }
}

/// What came of a request.
struct Dispatched {
    id: RequestId,
    result: Result<ServerResult, ErrorData>,
    outlet: Outlet,
}

impl Dispatched {
    fn refused(id: RequestId, error: ErrorData) -> Self {
        Self { id, result: Err(error), outlet: Outlet::default() }
    }
}

fn modern_response(dispatched: Dispatched) -> Response {
    let status = match &dispatched.result {
        Ok(_) => StatusCode::OK,
        Err(error) => match error.code {
            TOKEN_REFUSED => StatusCode::UNAUTHORIZED,
            ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
            ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
            | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
            | ErrorCode::HEADER_MISMATCH => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        },
    };
    response(status, dispatched)
}

/// The earlier revisions tell a method's errors in the body alone; that a token is refused is none of the method.
fn legacy_response(dispatched: Dispatched) -> Response {
    let status = match &dispatched.result {
        Err(error) if error.code == TOKEN_REFUSED => StatusCode::UNAUTHORIZED,
        Ok(_) | Err(_) => StatusCode::OK,
    };
    response(status, dispatched)
}

fn response(status: StatusCode, Dispatched { id, result, outlet }: Dispatched) -> Response {
    match (result, outlet.output()) {
        (Ok(ServerResult::CallToolResult(result)), Some(output)) => {
            answer::written(status, results::message(&id, result, output))
        }
        (Ok(result), _) => answer::json(status, &ServerJsonRpcMessage::response(result, id)),
        (Err(error), _) => answer::json(status, &JsonRpcError::new(Some(id), error)),
    }
}

/// The session that the headers name.
pub(super) fn session_id<'a>(mcp: &Mcp, headers: &'a HeaderMap, id: Option<&RequestId>) -> Result<&'a str, Refusal> {
    let mut named = headers.get_all(SESSION_HEADER).iter();
    let refused = |text| {
        mcp.services.metrics.session_refused(SessionRefusalKind::Missing);
        Refusal::of_request(StatusCode::BAD_REQUEST, text).answering(id)
    };
    match (named.next(), named.next()) {
        (None, _) => Err(refused("The Mcp-Session-Id header is missing: send `initialize` first.")),
        (Some(_), Some(_)) => Err(refused("The Mcp-Session-Id header stands twice.")),
        (Some(value), None) => value.to_str().map_err(|_| session_refused(mcp, id, SessionRefusal::Unknown)),
    }
}

/// The open session that the headers name, if it is the caller's.
pub(super) async fn open_session(
    mcp: &Mcp,
    principal: &Principal,
    headers: &HeaderMap,
    id: Option<&RequestId>,
) -> Result<Session, Refusal> {
    mcp.sessions
        .open(session_id(mcp, headers, id)?, principal.user(), SystemTime::now())
        .await
        .map_err(|refusal| session_refused(mcp, id, refusal))
}

pub(super) fn session_refused(mcp: &Mcp, id: Option<&RequestId>, refusal: SessionRefusal) -> Refusal {
    let (kind, status, text) = match refusal {
        SessionRefusal::Unknown => (
            SessionRefusalKind::Unknown,
            StatusCode::NOT_FOUND,
            "There is no such session, or it has ended: send `initialize` again.",
        ),
        SessionRefusal::Foreign => {
            (SessionRefusalKind::Foreign, StatusCode::FORBIDDEN, "The session belongs to another user.")
        }
    };
    mcp.services.metrics.session_refused(kind);
    Refusal::of_request(status, text).answering(id)
}
