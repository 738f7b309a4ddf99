//! A request on its way to its answer: the duties of its revision, its session, and how long its client waits for one
//! answer before it becomes a stream.

use std::{pin::Pin, sync::Arc, time::SystemTime};

use axum::{
    http::{Extensions, HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use mana_mcp_service::{http::limits::Patience, panics::caught, trace};
use rmcp::model::{InitializeResult, RequestId};

use super::{
    Mcp,
    addresses::View,
    agent,
    answer::{self, Answer, Refusal},
    era::{self, Era, Revision},
    message::MethodCall,
    methods::{self, Method, lifecycle},
    place::Place,
    running::RunningName,
    session::{Session, SessionRefusal},
    stream::{self, OnClose, Outcome, Start, StreamRequest},
};
use crate::{
    auth::Principal,
    telemetry::{metrics::SessionRefusalKind, trace::remote_of_meta},
};

const SESSION_HEADER: &str = "mcp-session-id";

/// One request on its way to its answer.
pub(super) struct Exchange {
    pub(super) mcp: Arc<Mcp>,
    pub(super) principal: Principal,
    pub(super) view: View,
    pub(super) headers: HeaderMap,
    pub(super) place: Place,
    pub(super) id: RequestId,
    pub(super) call: MethodCall,
    /// Told where the call may take longer than others.
    pub(super) patience: Patience,
}

/// The work of a request. Boxed: it is large, and is moved between tasks and from layer to layer.
type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl Exchange {
    /// In the message's own trace context, where it has one. The request's permits are in its extensions: they are held
    /// until the work is done.
    pub(super) async fn answer(self, extensions: Extensions) -> Result<Response, Refusal> {
        let remote = remote_of_meta(&self.call.meta.0.0);
        trace::of_message(remote, self.answered(extensions)).await
    }

    async fn answered(self, extensions: Extensions) -> Result<Response, Refusal> {
        match Era::of(&self.headers, Some(&self.id), &self.call)? {
            Era::Modern => {
                era::check_modern_request(&self.headers, &self.id, &self.call)?;
                let has_prompts = !self.mcp.services.catalog.prompts().is_empty();
                if self.call.method == Method::CallTool || (self.call.method == Method::GetPrompt && has_prompts) {
                    era::check_modern_name(&self.headers, &self.id, &self.call)?;
                }
                self.answered_stateless(extensions).await.map(IntoResponse::into_response)
            }
            Era::Initialize => self.initialized(),
            Era::Session => self.answered_in_session(extensions).await.map(IntoResponse::into_response),
        }
    }

    /// Opens a session.
    fn initialized(self) -> Result<Response, Refusal> {
        let Self { mcp, principal, id, call, .. } = self;
        let client = agent::at_initialize(&call.params);
        let result: InitializeResult = lifecycle::initialize(&mcp.server, call.params)
            .map_err(|error| Refusal::of_method(Revision::Sessions, &id, error))?;
        let session = Session { version: result.protocol_version.clone(), client };
        let mut response = Answer::Message(answer::result(id, result)).into_response();
        let sealed = mcp.sessions.seal(principal.user(), &session, SystemTime::now());
        if let Some(value) = sealed.and_then(|id| HeaderValue::try_from(id).ok()) {
            response.headers_mut().insert(SESSION_HEADER, value);
            mcp.services.metrics.session_opened();
        }
        Ok(response)
    }

    /// Dropped with the connection: a closed response means cancellation in this revision.
    async fn answered_stateless(self, extensions: Extensions) -> Result<Answer, Refusal> {
        let agent = agent::of_request(&self.call.meta);
        let Some(request) = self.stream_request(OnClose::Cancel) else {
            let _permits = extensions;
            return methods::answer(self, Revision::Stateless, agent).await.map(Answer::Message);
        };
        let mcp = Arc::clone(&self.mcp);
        let work: Work = Box::pin(async move {
            let _permits = extensions;
            Some(methods::answer(self, Revision::Stateless, agent).await)
        });
        begin(mcp.streams.start(request, work).await)
    }

    /// On its own task: a dropped connection must not cancel in the revisions with sessions, only their notification does.
    async fn answered_in_session(self, extensions: Extensions) -> Result<Answer, Refusal> {
        let session = open_session(&self.mcp, &self.principal, &self.headers, Some(&self.id)).await?;
        let name = RunningName::new(session_id(&self.mcp, &self.headers, Some(&self.id))?, &self.id);
        let begun = self.mcp.running.begin(name);
        let agent = agent::of_session(&session.client);
        let (mcp, request) = (Arc::clone(&self.mcp), self.stream_request(OnClose::Continue));
        let patience = self.patience.clone();
        let work: Work = Box::pin(async move {
            let _permits = extensions;
            begun.unless_cancelled(methods::answer(self, Revision::Sessions, agent)).await
        });
        let task = tokio::spawn(trace::carried(async move {
            let started = async {
                match request {
                    Some(request) => mcp.streams.start(request, work).await,
                    None => Start::Ended(work.await),
                }
            };
            match caught(&mcp.panics, patience.within(mcp.longest, started)).await {
                Ok(Ok(start)) => begin(start),
                Ok(Err(_)) => Err(Refusal::of_server(StatusCode::GATEWAY_TIMEOUT, "The call took too long.")),
                Err(panicked) => Err(Refusal::of_server(StatusCode::INTERNAL_SERVER_ERROR, panicked.to_string())),
            }
        }));
        // Panics are caught in the task, so it fails only where the runtime ends.
        let stopping = |_| Err(Refusal::of_server(StatusCode::SERVICE_UNAVAILABLE, "The gateway is stopping."));
        task.await.unwrap_or_else(stopping)
    }

    /// What is known of the stream that may answer this request. Only calls take long; those that wait for services may become
    /// a stream also for a client that did not ask for progress, so that nothing on the way takes them for dead.
    fn stream_request(&self, on_close: OnClose) -> Option<StreamRequest> {
        if self.call.method != Method::CallTool {
            return None;
        }
        let token = stream::requested(&self.headers, &self.call.meta);
        let subject = methods::subject(self.mcp.services.catalog, &self.view, &self.call.params);
        let limit = subject.and_then(|tool| tool.spec().time_limit());
        if token.is_none() && (limit.is_none() || !stream::accepts_events(&self.headers)) {
            return None;
        }
        let (id, user) = (self.id.clone(), self.principal.user().clone());
        Some(StreamRequest { id, user, token, limit, on_close })
    }
}

/// The answer to a request that has ended, or whose stream is open and begins to be written here.
fn begin(start: Start<Work>) -> Result<Answer, Refusal> {
    match start {
        Start::Ended(Some(result)) => result.map(Answer::Message),
        // Nobody waits for an answer any more (basic/utilities/cancellation).
        Start::Ended(None) => Ok(Answer::Accepted),
        Start::Open(stream, writer) => {
            tokio::spawn(trace::carried(writer.run()));
            Ok(Answer::Stream(stream))
        }
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
        .open(session_id(mcp, headers, id)?, principal.user())
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
