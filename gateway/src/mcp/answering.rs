//! How a request is answered: the duties of its revision, its session, and how long its client waits for one answer before
//! it becomes a stream.

use std::{pin::Pin, sync::Arc};

use axum::{
    http::{Extensions, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use mana_mcp_service::{panics::caught, trace};
use rmcp::model::InitializeResult;

use super::{
    agent,
    answer::Answer,
    era::{self, Era},
    exchange::Exchange,
    method::Method,
    methods::{self, lifecycle, unwrap},
    named_session::{SESSION_HEADER, open_session, session_id},
    refusal::Refusal,
    reply,
    revision::Revision,
    running::RunningName,
    session::Session,
    stream::{self, OnClose, Outcome, Start, StreamRequest},
};
use crate::telemetry::trace::remote_of_meta;

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
        let mut response = Answer::Message(reply::result(id, result)).into_response();
        let sealed = mcp.sessions.seal(principal.user(), &session);
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
        let subject = unwrap::subject(self.mcp.services.catalog, &self.view, &self.call.params);
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
