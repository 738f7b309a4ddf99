//! The link to one service: its transport, behind a bulkhead and a circuit breaker, with retries where they are safe.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response};
use tracing::{Instrument, Span};

use mana_mcp_runtime::failure::{BackendError, FailureKind, Service};
use mana_mcp_service::{
    http::places::Load,
    link::{Breaker, Bulkhead, Change, Place},
    trace::pass_on,
};

use super::{
    route::Route,
    transport::{AnswerBody, Limits, Transport},
};
use crate::telemetry::{metrics::BackendMeter, trace};

/// Requests to one service at a time; also its connections, over HTTP/1.1.
pub(super) const MAX_REQUESTS: usize = 64;
/// Requests that wait for one of these to end.
const MAX_WAITING: usize = 256;
const PATIENCE: Duration = Duration::from_secs(2);
/// The pauses before a request is made again, each shortened or lengthened by up to a half: clients that failed together
/// do not come back together.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(200)];
/// What failed slowly is not made again: its caller has waited long enough.
const QUICKLY: Duration = Duration::from_secs(2);

/// The way to one service, shared by all who speak to it.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(super) service: Service,
    transport: Transport,
    breaker: Arc<Breaker>,
    bulkhead: Arc<Bulkhead>,
    /// A bound on the time of each call, whatever the call's own.
    longest: Duration,
    meter: BackendMeter,
    /// Whether the service is told of the caller's trace.
    passes_trace: bool,
}

/// What every client of a service has: its link, and what that can be told and tell.
pub(crate) trait Linked: Sized {
    /// The link.
    fn link(&self) -> &Link;

    /// The link, to be changed before the client is used.
    fn link_mut(&mut self) -> &mut Link;

    /// The same client with another limit on the time of a call.
    #[cfg(test)]
    fn with_timeout(mut self, longest: Duration) -> Self {
        self.link_mut().longest = longest;
        self
    }

    /// The same client, counting its requests with that meter.
    fn with_meter(mut self, meter: BackendMeter) -> Self {
        self.link_mut().meter = meter;
        self
    }

    /// The requests under way, with those that wait, and how many there may be.
    fn load(&self) -> Load {
        self.link().bulkhead.load()
    }

    /// Whether the service has left several requests in a row unanswered, and is left alone at this moment.
    fn is_suspended(&self) -> bool {
        self.link().breaker.is_open(Instant::now())
    }
}

/// Gives a client its link.
macro_rules! linked {
    ($client:ty) => {
        impl crate::backend::Linked for $client {
            fn link(&self) -> &crate::backend::link::Link {
                &self.link
            }

            fn link_mut(&mut self) -> &mut crate::backend::link::Link {
                &mut self.link
            }
        }
    };
}
pub(super) use linked;

/// Whether a request may be made again where it is not known what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It changes nothing, or nothing more the second time.
    Safe,
    /// Whoever asks decides.
    Never,
}

impl Link {
    pub(super) fn new(service: Service, transport: Transport) -> Self {
        let bulkhead = Arc::new(Bulkhead::new(MAX_REQUESTS, MAX_WAITING, PATIENCE));
        Self {
            service,
            transport,
            breaker: Arc::new(Breaker::new()),
            bulkhead,
            longest: Duration::MAX,
            meter: BackendMeter::default(),
            passes_trace: true,
        }
    }

    /// The same link, whose service is not told of the caller's trace.
    pub(super) fn without_trace(self) -> Self {
        Self { passes_trace: false, ..self }
    }

    /// The way past bulkhead and breaker, for those who look how the service is.
    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Makes a request whose URI is a path and query, and reads the whole answer.
    pub(super) async fn send(
        &self,
        route: Route,
        request: Request<Bytes>,
        limits: Limits,
        repeat: Repeat,
    ) -> Result<Response<Vec<u8>>, BackendError> {
        self.repeated(repeat, || self.once(route, request.clone(), limits)).await
    }

    /// As [`Link::send`], but returns when the answer begins. The body must be read to its end, or dropped.
    pub(super) async fn open(
        &self,
        route: Route,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<OpenBody>, BackendError> {
        self.repeated(Repeat::Safe, || self.begun(route, request.clone(), limits)).await
    }

    async fn repeated<T, F>(&self, repeat: Repeat, mut attempt: impl FnMut() -> F) -> Result<Response<T>, BackendError>
    where
        F: Future<Output = Result<Response<T>, BackendError>>,
    {
        let begun = Instant::now();
        let pauses = if repeat == Repeat::Safe { PAUSES.as_slice() } else { &[] };
        for pause in pauses {
            let outcome = attempt().await;
            if !is_transient(&outcome) || begun.elapsed() >= QUICKLY {
                return outcome;
            }
            tokio::time::sleep(jittered(*pause)).await;
        }
        attempt().await
    }

    pub(super) fn failure(&self, kind: FailureKind) -> BackendError {
        BackendError { service: self.service, kind }
    }

    /// The answer could not be read.
    pub(super) fn malformed(&self) -> BackendError {
        self.meter.malformed(self.service);
        self.failure(FailureKind::Malformed)
    }

    async fn once(
        &self,
        route: Route,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<Vec<u8>>, BackendError> {
        let (head, body) = self.begun(route, request, limits).await?.into_parts();
        Ok(Response::from_parts(head, body.whole().await?))
    }

    async fn begun(
        &self,
        route: Route,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<OpenBody>, BackendError> {
        let span = trace::backend_span(route);
        // Boxed, so that calls that find everything in caches need not carry the room for a request.
        Box::pin(self.traced(route, request, limits).instrument(span)).await
    }

    async fn traced(
        &self,
        route: Route,
        mut request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<OpenBody>, BackendError> {
        let limits = Limits { time: limits.time.min(self.longest), ..limits };
        let refused = |kind| {
            self.meter.called(route, Some(kind), None);
            trace::end_backend(&Span::current(), Some(kind));
            self.failure(kind)
        };
        let place = self.bulkhead.enter().await.ok_or_else(|| refused(FailureKind::Busy))?;
        let admission = self.breaker.admit(Instant::now()).ok_or_else(|| refused(FailureKind::Suspended))?;
        if self.passes_trace {
            pass_on(request.headers_mut());
        }
        let sent = Instant::now();
        let outcome = self.transport.begin(request, limits).await;
        // An answer that does not come to its end, because it is long, or cut, is one all the same: a user's rows must not take
        // the service from others. Where it stalls, the bulkhead bounds what waits.
        let change = if outcome.is_ok() { admission.answered() } else { admission.unanswered(Instant::now()) };
        let service = self.service.name();
        match change {
            Some(Change::Away) => {
                tracing::warn!(service, "a service leaves calls unanswered: it is left alone until it answers")
            }
            Some(Change::Back) => tracing::info!(service, "a service answers again"),
            None => {}
        }
        let status = outcome.as_ref().ok().and_then(|answer| FailureKind::of_status(answer.status().as_u16()));
        let mut exchange = Exchange { link: self.clone(), route, sent, span: Span::current(), status, ends: true };
        match outcome {
            Ok(answer) => Ok(answer.map(|body| OpenBody { body, longest: limits.time, exchange, _place: place })),
            Err(kind) => Err(exchange.fail(kind)),
        }
    }
}

/// A request that was sent. It is counted once, when its answer has come to an end.
struct Exchange {
    link: Link,
    route: Route,
    sent: Instant,
    span: Span,
    /// What the status of the answer says.
    status: Option<FailureKind>,
    /// Whether it is still to be counted.
    ends: bool,
}

impl Exchange {
    fn end(&mut self, failure: Option<FailureKind>) {
        if !std::mem::take(&mut self.ends) {
            return;
        }
        if let Some(kind) = failure {
            let (service, route) = (self.link.service.name(), self.route.template());
            tracing::debug!(service, route, ?kind, "a service did not do as asked");
        }
        self.link.meter.called(self.route, failure, Some(self.sent.elapsed()));
        trace::end_backend(&self.span, failure);
    }

    fn fail(&mut self, kind: FailureKind) -> BackendError {
        self.end(Some(kind));
        self.link.failure(kind)
    }
}

/// The body of an answer, with the place of its request.
pub(super) struct OpenBody {
    body: AnswerBody,
    longest: Duration,
    exchange: Exchange,
    _place: Place,
}

impl OpenBody {
    /// The next piece; `None` at the end. Each has as long to come as the head had.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, BackendError> {
        let piece = self.body.piece_within(self.longest).await.map_err(|kind| self.exchange.fail(kind))?;
        if piece.is_none() {
            self.exchange.end(self.exchange.status);
        }
        Ok(piece)
    }

    async fn whole(mut self) -> Result<Vec<u8>, BackendError> {
        let body = self.body.whole().await.map_err(|kind| self.exchange.fail(kind))?;
        self.exchange.end(self.exchange.status);
        Ok(body)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end(self.status);
    }
}

/// Whether the same request may well be answered a moment later: the service restarts, or a pooled connection was at its
/// end.
fn is_transient<T>(outcome: &Result<Response<T>, BackendError>) -> bool {
    match outcome {
        Ok(answer) => matches!(answer.status().as_u16(), 502..=504),
        Err(error) => matches!(error.kind, FailureKind::Unreachable | FailureKind::Closed),
    }
}

fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(0.5..1.5))
}
