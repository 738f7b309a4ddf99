//! Where a request stands: its id, and its place in its caller's trace (W3C Trace Context).
//!
//! A caller's context comes with the HTTP request, and perhaps with a message in it. The message's counts for what is done
//! for the message: proxies on the way know the request alone.

use std::future::Future;

use futures::future::Either;
use http::{HeaderMap, HeaderValue};
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
    trace::{SpanContext, TraceContextExt, TraceId},
};
use opentelemetry_http::HeaderInjector;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::request_id::{REQUEST_ID_HEADER, RequestId};

/// The field of a span.
const REQUEST_ID: &str = "request_id";
const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
/// `00-<32 hex>-<16 hex>-<2 hex>`; later versions may have more behind it.
const PARENT_LEN: usize = 55;
const MAX_PARENT_LEN: usize = 256;
/// What every participant must be able to pass on (W3C Trace Context, 3.3.1.5); more is dropped.
const MAX_STATE_LEN: usize = 512;

tokio::task_local! {
    static CURRENT: Standing;
}

/// A caller's place in a trace, well-formed.
#[derive(Debug, Clone, PartialEq)]
pub struct Remote(SpanContext);

/// Where the request stands that this task works on.
#[derive(Debug, Clone)]
struct Standing {
    request_id: RequestId,
    /// Of the HTTP request.
    request: Option<Remote>,
    /// Of the message in it.
    message: Option<Remote>,
}

impl Remote {
    /// The context of an HTTP request. None where it is absent or hostile: what is not well-formed is as if it were not there.
    #[must_use]
    pub fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let mut parents = headers.get_all(TRACEPARENT).iter();
        let (Some(parent), None) = (parents.next(), parents.next()) else { return None };
        let mut states = headers.get_all(TRACESTATE).iter();
        // A list over several headers is a list; nobody who is asked here writes one.
        let state = match (states.next(), states.next()) {
            (Some(state), None) => state.to_str().unwrap_or_default(),
            _ => "",
        };
        Self::read(parent.to_str().ok()?, state)
    }

    /// The context that is written so: `traceparent` and `tracestate`.
    #[must_use]
    pub fn read(parent: &str, state: &str) -> Option<Self> {
        if !is_well_formed(parent) {
            return None;
        }
        let state = if state.len() <= MAX_STATE_LEN { state } else { "" };
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Carrier { parent, state });
        let context = context.span().span_context().clone();
        context.is_valid().then_some(Self(context))
    }
}

/// Stricter than the library, which reads numbers where the standard wants digits.
fn is_well_formed(parent: &str) -> bool {
    let bytes = parent.as_bytes();
    let Some((head, rest)) = bytes.split_at_checked(PARENT_LEN) else { return false };
    let shape = head.iter().enumerate().all(|(place, byte)| match place {
        2 | 35 | 52 => *byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    });
    let ends = rest.is_empty() || (rest.starts_with(b"-") && !head.starts_with(b"00") && bytes.len() <= MAX_PARENT_LEN);
    shape && ends && !head.starts_with(b"ff")
}

struct Carrier<'a> {
    parent: &'a str,
    state: &'a str,
}

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            TRACEPARENT => Some(self.parent),
            TRACESTATE => Some(self.state),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT, TRACESTATE]
    }
}

/// Does the work of a request, under a span of its own.
pub async fn of_request<F: Future>(request_id: RequestId, remote: Option<Remote>, span: Span, work: F) -> F::Output {
    if let Some(Remote(context)) = remote.as_ref().filter(|_| !span.is_disabled()) {
        // Fails only where the span has begun in another trace, which this one has not.
        let _ = span.set_parent(Context::new().with_remote_span_context(context.clone()));
    }
    let standing = Standing { request_id, request: remote, message: None };
    CURRENT.scope(standing, work.instrument(span)).await
}

/// Does the work of a message of the request that this is called for, which may have a context of its own.
pub fn of_message<F: Future>(remote: Option<Remote>, work: F) -> impl Future<Output = F::Output> {
    match (remote, CURRENT.try_with(Clone::clone)) {
        (message @ Some(_), Ok(standing)) => Either::Left(CURRENT.scope(Standing { message, ..standing }, work)),
        _ => Either::Right(work),
    }
}

/// The same work, for a task of its own.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    TaskContext::here().carry(work)
}

/// The request and the span that a task works on, for work on other tasks.
#[derive(Debug, Clone)]
pub struct TaskContext {
    standing: Option<Standing>,
    span: Span,
}

impl TaskContext {
    /// The context of this task.
    #[must_use]
    pub fn here() -> Self {
        Self { standing: CURRENT.try_with(Clone::clone).ok(), span: Span::current() }
    }

    /// The same work, in this context wherever it runs.
    pub fn carry<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        let work = work.instrument(self.span);
        match self.standing {
            Some(standing) => Either::Left(CURRENT.scope(standing, work)),
            None => Either::Right(work),
        }
    }
}

/// The id of the request that this task works on, as it stands in the access log.
#[must_use]
pub fn request_id() -> Option<RequestId> {
    CURRENT.try_with(|standing| standing.request_id.clone()).ok()
}

/// The trace that this task's work belongs to, if it is in one.
#[must_use]
pub fn trace_id() -> Option<TraceId> {
    Some(context()?.trace_id())
}

/// Puts the id of the request and the context into a request to a service.
pub fn pass_on(headers: &mut HeaderMap) {
    if let Some(id) = request_id() {
        headers.insert(REQUEST_ID_HEADER, id.value());
    }
    let Some(context) = context() else { return };
    let context = Context::new().with_remote_span_context(context);
    TraceContextPropagator::new().inject_context(&context, &mut HeaderInjector(headers));
    if headers.get(TRACESTATE).is_some_and(HeaderValue::is_empty) {
        headers.remove(TRACESTATE);
    }
}

/// Of this process's span where there is one, else the caller's.
fn context() -> Option<SpanContext> {
    let own = Span::current().context().span().span_context().clone();
    if own.is_valid() {
        return Some(own);
    }
    let remote =
        |standing: &Standing| standing.message.as_ref().or(standing.request.as_ref()).map(|Remote(it)| it.clone());
    CURRENT.try_with(remote).ok().flatten()
}

/// Names the request that this task works on in a span.
pub fn name_request(span: &Span) {
    if !span.is_disabled()
        && let Some(id) = request_id()
    {
        span.record(REQUEST_ID, id.as_str());
    }
}

/// Puts a span into the trace of the message that this task works on, where the message has a context of its own.
pub fn follow_message(span: &Span) {
    if !span.is_disabled()
        && let Ok(Some(Remote(context))) = CURRENT.try_with(|standing| standing.message.clone())
    {
        let _ = span.set_parent(Context::new().with_remote_span_context(context));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
    }

    /// What is passed on beside the request's id.
    async fn passed_on(request: HeaderMap) -> HeaderMap {
        let id = RequestId::of(&request);
        let work = async {
            let mut headers = HeaderMap::new();
            pass_on(&mut headers);
            headers
        };
        let mut headers = of_request(id.clone(), Remote::of_headers(&request), Span::none(), work).await;
        assert_eq!(headers.remove(REQUEST_ID_HEADER).unwrap().as_bytes(), id.as_str().as_bytes());
        headers
    }

    #[tokio::test]
    async fn a_callers_context_is_passed_on_as_it_came() {
        let given = headers(&[(TRACEPARENT, PARENT), (TRACESTATE, "a=1,b@c=2")]);
        assert_eq!(passed_on(given.clone()).await, given);
        // Without a state none is sent, and without a context nothing.
        let bare = headers(&[(TRACEPARENT, PARENT)]);
        assert_eq!(passed_on(bare.clone()).await, bare);
        assert_eq!(passed_on(HeaderMap::new()).await, HeaderMap::new());
    }

    #[tokio::test]
    async fn hostile_contexts_are_as_if_they_were_not_there() {
        let long = format!("01-{}-{}", &PARENT[3..], "a".repeat(1000));
        for parent in [
            "",
            "nonsense",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            &long,
        ] {
            assert_eq!(passed_on(headers(&[(TRACEPARENT, parent)])).await, HeaderMap::new(), "{parent}");
        }
        let mut twice = headers(&[(TRACEPARENT, PARENT)]);
        twice.append(TRACEPARENT, PARENT.parse().unwrap());
        assert_eq!(passed_on(twice).await, HeaderMap::new());
        // An invalid state, or one that is too long, is dropped; the rest stays.
        for state in ["no list", &"a=1,".repeat(1000)] {
            let given = headers(&[(TRACEPARENT, PARENT), (TRACESTATE, state)]);
            assert_eq!(passed_on(given).await, headers(&[(TRACEPARENT, PARENT)]), "{state:.20}");
        }
    }

    #[tokio::test]
    async fn a_later_version_is_read_as_the_first() {
        let parent = format!("cc-{}-what-comes-later", &PARENT[3..]);
        assert_eq!(passed_on(headers(&[(TRACEPARENT, &parent)])).await, headers(&[(TRACEPARENT, PARENT)]));
    }

    #[tokio::test]
    async fn the_messages_context_counts_and_tasks_carry_it() {
        let other = PARENT.replace("b7ad", "aaaa");
        let remote = Remote::read(&other, "");
        let spawn = async || {
            let work = async {
                let mut headers = HeaderMap::new();
                pass_on(&mut headers);
                let id = headers.remove(REQUEST_ID_HEADER);
                assert_eq!(id, request_id().map(|id| id.value()));
                (headers, request_id(), trace_id())
            };
            tokio::spawn(carried(work)).await.unwrap()
        };
        let work = async { of_message(remote, spawn()).await };
        let of = RequestId::of(&HeaderMap::new());
        let request = Remote::of_headers(&headers(&[(TRACEPARENT, PARENT)]));
        let (sent, id, trace) = of_request(of.clone(), request, Span::none(), work).await;
        assert_eq!(sent, headers(&[(TRACEPARENT, &other)]));
        assert_eq!(id, Some(of));
        assert_eq!(trace.unwrap().to_string(), other[3..35]);
    }
}
