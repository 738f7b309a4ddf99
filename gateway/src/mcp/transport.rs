//! Streamable HTTP (basic/transports): what a POST or DELETE must look like, and how its answer does.

use std::{error::Error, sync::Arc, time::SystemTime};

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::post,
};
use http_body_util::{BodyExt, LengthLimitError};
use rmcp::{
    RoleServer,
    model::{
        CallToolRequestParams, ClientRequest, ErrorCode, ErrorData, JsonRpcError, ProtocolVersion,
        Request as McpRequest, RequestId, ServerJsonRpcMessage, ServerResult,
    },
    service::{RequestContext, Service},
};
use serde_json::{Value, json};

use super::{
    Mcp, agent, answer,
    answer::Refusal,
    era::{self, Era},
    handler::ProvenCall,
    message::{Message, MethodCall, invalid_params},
    session::{Session, SessionRefusal},
    tools::View,
};
use crate::{
    auth::{Principal, SpaceError},
    backend::FailureKind,
    data::AgentActor,
    decode::JsonObject,
    telemetry::{
        metrics::SessionRefusalKind,
        trace::{self, Remote},
    },
};

const SESSION_HEADER: &str = "mcp-session-id";
const SPACE_HEADER: &str = "x-mana-space";

pub(super) fn router(mcp: Arc<Mcp>) -> Router {
    let all = async |State(mcp), Extension(principal), request| mcp_post(mcp, principal, View::All, request).await;
    let read_only =
        async |State(mcp), Extension(principal), request| mcp_post(mcp, principal, View::ReadOnly, request).await;
    let modules =
        async |State(mcp), Extension(principal), Path(modules): Path<String>, request| match View::of_modules(&modules)
        {
            Ok(view) => mcp_post(mcp, principal, view, request).await,
            Err(_) => Err(not_found("The address names a module that does not exist.")),
        };
    Router::new()
        .route("/mcp", post(all).delete(mcp_delete))
        .route("/mcp/readonly", post(read_only).delete(mcp_delete))
        .route("/mcp/x/{modules}", post(modules).delete(mcp_delete))
        .with_state(mcp)
}

async fn mcp_delete(
    State(mcp): State<Arc<Mcp>>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if Era::is_modern(&headers) {
        let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return Ok(response);
    }
    let id = session_id(&mcp, &headers, None)?;
    mcp.sessions
        .end(id, principal.user(), SystemTime::now())
        .map_err(|refusal| session_refused(&mcp, None, refusal))?;
    mcp.services.metrics.session_ended();
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn mcp_post(mcp: Arc<Mcp>, principal: Principal, view: View, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    check_media_types(&parts.headers)?;
    let body = read(body).await?;
    let Parts { headers, extensions, .. } = parts;
    match Message::parse(&body)? {
        Message::Request { id, call } => Exchange { mcp, principal, view, headers, id, call }.answer(extensions).await,
        Message::Notification(call) => {
            match Era::of(&headers, None, &call)? {
                Era::Modern => {}
                Era::Initialize | Era::Session => {
                    open_session(&mcp, &principal, &headers, None)?;
                }
            }
            Ok(StatusCode::ACCEPTED.into_response())
        }
        Message::Response if Era::is_modern(&headers) => {
            Err(bad_request("A client must not send responses: this server sends no requests."))
        }
        Message::Response => {
            open_session(&mcp, &principal, &headers, None)?;
            Ok(StatusCode::ACCEPTED.into_response())
        }
    }
}

/// One request on its way to its answer.
struct Exchange {
    mcp: Arc<Mcp>,
    principal: Principal,
    view: View,
    headers: HeaderMap,
    id: RequestId,
    call: MethodCall,
}

impl Exchange {
    /// In the message's own trace context, where it has one.
    async fn answer(self, extensions: Extensions) -> Result<Response, Refusal> {
        let remote = Remote::of_meta(&self.call.meta.0.0);
        trace::of_message(remote, self.answered(extensions)).await
    }

    async fn answered(self, extensions: Extensions) -> Result<Response, Refusal> {
        match Era::of(&self.headers, Some(&self.id), &self.call)? {
            Era::Modern => {
                era::check_modern_request(&self.headers, &self.id, &self.call)?;
                if self.call.method == "initialize" {
                    return Ok(modern_response(self.id, Err(era::no_initialize())));
                }
                let agent = agent::of_request(&self.call.meta);
                let proven = self.prove(agent).await?;
                // Dropped with the connection: a closed response means cancellation in this revision.
                let (id, result) = self.dispatch(&era::MODERN, proven).await;
                Ok(modern_response(id, result))
            }
            Era::Initialize => {
                let (mcp, principal) = (Arc::clone(&self.mcp), self.principal.clone());
                let client = agent::name_at_initialize(&self.call.params);
                let (id, result) = self.dispatch(&ProtocolVersion::V_2025_11_25, None).await;
                let agreed = match &result {
                    Ok(ServerResult::InitializeResult(result)) => Some(result.protocol_version.clone()),
                    _ => None,
                };
                let mut response = legacy_response(id, result);
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
            Era::Session => {
                let session = open_session(&self.mcp, &self.principal, &self.headers, Some(&self.id))?;
                let agent = agent::of_session(&session.client);
                // On a task of its own: a dropped connection must not cancel in these revisions. The request's place
                // among those under way is in its extensions, and stays taken until the work is done.
                let work = tokio::spawn(trace::carried(async move {
                    let proven = self.prove(agent).await?;
                    let (id, result) = self.dispatch(&session.version, proven).await;
                    drop(extensions);
                    Ok(legacy_response(id, result))
                }));
                let failed =
                    || Refusal::of_server(StatusCode::INTERNAL_SERVER_ERROR, "The call failed in the gateway.");
                work.await.unwrap_or_else(|_| Err(failed()))
            }
        }
    }

    /// For a call of a known tool: proves that the caller is a member of the space that he names. A call of an unknown
    /// tool is refused at dispatch.
    async fn prove(&self, agent: AgentActor) -> Result<Option<ProvenCall>, Refusal> {
        if self.call.method != "tools/call" {
            return Ok(None);
        }
        let Some(tool) = self.call.params.get("name").and_then(Value::as_str).and_then(|name| self.view.tool(name))
        else {
            return Ok(None);
        };
        let mut named = self.headers.get_all(SPACE_HEADER).iter().map(HeaderValue::to_str);
        let wanted = match (named.next(), named.next()) {
            (None, _) => None,
            (Some(Ok(wanted)), None) => Some(wanted),
            // Two of them: whoever looked before us may have read the other one.
            (Some(_), _) => return Err(self.space_refused(&SpaceError::NotAMember)),
        };
        let access = self.mcp.services.spaces.resolve(&self.principal, wanted).await;
        match access {
            Ok(access) => Ok(Some(ProvenCall { tool, access, agent })),
            Err(error) => Err(self.space_refused(&error)),
        }
    }

    fn space_refused(&self, error: &SpaceError) -> Refusal {
        let status = match error {
            SpaceError::NotAMember | SpaceError::NoPersonalSpace => StatusCode::FORBIDDEN,
            // The authentication layer adds its challenge.
            SpaceError::Backend(error) if error.kind == FailureKind::Unauthorized => StatusCode::UNAUTHORIZED,
            SpaceError::Backend(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let error = ErrorData::invalid_request(error.to_string(), None);
        let refusal = Refusal::new(status, error).answering(Some(&self.id));
        if status == StatusCode::SERVICE_UNAVAILABLE { refusal.retry_soon() } else { refusal }
    }

    /// Hands the request to rmcp.
    async fn dispatch(
        self,
        version: &ProtocolVersion,
        proven: Option<ProvenCall>,
    ) -> (RequestId, Result<ServerResult, ErrorData>) {
        let Self { mcp, view, id, call, .. } = self;
        let mut context = RequestContext::<RoleServer>::new(id.clone(), mcp.peers.of(version));
        context.meta = call.meta;
        let request = match typed(&view, &call.method, call.params, proven.is_some()) {
            Ok(request) => request,
            Err(error) => return (id, Err(error)),
        };
        context.extensions.insert(view);
        if let Some(proven) = proven {
            context.extensions.insert(proven);
        }
        let result = mcp.handler.handle_request(request, context).await;
        (id, result)
    }
}

/// A method's parameters as rmcp's type. What rmcp would take for an unknown method, because the parameters do not fit
/// a known one, is told as such.
fn typed(view: &View, method: &str, mut params: JsonObject, tool_is_known: bool) -> Result<ClientRequest, ErrorData> {
    if method == "tools/call" {
        let Some(Value::String(name)) = params.remove("name") else {
            return Err(invalid_params("`name` must be a string: the tool's name."));
        };
        if !tool_is_known {
            return Err(unknown_tool(view, &name));
        }
        let mut call = CallToolRequestParams::new(name);
        call.arguments = match params.remove("arguments") {
            None | Some(Value::Null) => None,
            Some(Value::Object(arguments)) => Some(arguments),
            Some(_) => return Err(invalid_params("`arguments` must be an object.")),
        };
        return Ok(ClientRequest::CallToolRequest(McpRequest::new(call)));
    }
    // rmcp would take parameters of the wrong type for none.
    if method == "tools/list" && params.get("cursor").is_some_and(|cursor| !cursor.is_string() && !cursor.is_null()) {
        return Err(invalid_params("`cursor` must be a string."));
    }
    let request: ClientRequest = serde_json::from_value(json!({ "method": method, "params": params }))
        .map_err(|_| invalid_params("The parameters do not fit the method."))?;
    match request {
        ClientRequest::CustomRequest(_)
            if matches!(method, "initialize" | "tools/list" | "server/discover" | "ping") =>
        {
            Err(invalid_params("The parameters do not fit the method."))
        }
        request => Ok(request),
    }
}

fn unknown_tool(view: &View, name: &str) -> ErrorData {
    let shown: String = name.chars().filter(|char| !char.is_control()).take(64).collect();
    invalid_params(match view.nearest(name) {
        Some(nearest) => format!("There is no tool `{shown}`. Did you mean `{nearest}`?"),
        None => format!("There is no tool `{shown}`. tools/list names all tools."),
    })
}

fn modern_response(id: RequestId, result: Result<ServerResult, ErrorData>) -> Response {
    let status = match &result {
        Ok(_) => StatusCode::OK,
        Err(error) => match error.code {
            ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
            ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
            | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
            | ErrorCode::HEADER_MISMATCH => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        },
    };
    response(status, id, result)
}

/// The earlier revisions tell a method's errors in the body alone.
fn legacy_response(id: RequestId, result: Result<ServerResult, ErrorData>) -> Response {
    response(StatusCode::OK, id, result)
}

fn response(status: StatusCode, id: RequestId, result: Result<ServerResult, ErrorData>) -> Response {
    match result {
        Ok(result) => answer::json(status, &ServerJsonRpcMessage::response(result, id)),
        Err(error) => answer::json(status, &JsonRpcError::new(Some(id), error)),
    }
}

fn session_id<'a>(mcp: &Mcp, headers: &'a HeaderMap, id: Option<&RequestId>) -> Result<&'a str, Refusal> {
    let value = headers.get(SESSION_HEADER).ok_or_else(|| {
        mcp.services.metrics.session_refused(SessionRefusalKind::Missing);
        bad_request("The Mcp-Session-Id header is missing: send `initialize` first.").answering(id)
    })?;
    value.to_str().map_err(|_| session_refused(mcp, id, SessionRefusal::Unknown))
}

fn open_session(
    mcp: &Mcp,
    principal: &Principal,
    headers: &HeaderMap,
    id: Option<&RequestId>,
) -> Result<Session, Refusal> {
    mcp.sessions
        .open(session_id(mcp, headers, id)?, principal.user(), SystemTime::now())
        .map_err(|refusal| session_refused(mcp, id, refusal))
}

fn session_refused(mcp: &Mcp, id: Option<&RequestId>, refusal: SessionRefusal) -> Refusal {
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

fn not_found(text: &'static str) -> Refusal {
    Refusal::of_request(StatusCode::NOT_FOUND, text)
}

fn bad_request(text: &'static str) -> Refusal {
    Refusal::of_request(StatusCode::BAD_REQUEST, text)
}

/// JSON in, JSON out. `Accept` is read liberally: a client that would take JSON gets it.
fn check_media_types(headers: &HeaderMap) -> Result<(), Refusal> {
    let is_json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
    });
    if !is_json {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::of_request(status, "Content-Type must be application/json."));
    }
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    let takes_json = accepted.peek().is_none()
        || accepted.flat_map(|value| value.split(',')).any(|range| {
            let essence = range.split(';').next().unwrap_or_default().trim();
            ["application/json", "application/*", "*/*"].iter().any(|json| essence.eq_ignore_ascii_case(json))
        });
    if takes_json {
        return Ok(());
    }
    Err(Refusal::of_request(StatusCode::NOT_ACCEPTABLE, "Accept must allow application/json."))
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    match body.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if is_too_large(&error) => {
            Err(Refusal::of_request(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."))
        }
        Err(_) => Err(bad_request("The body could not be read.")),
    }
}

fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
