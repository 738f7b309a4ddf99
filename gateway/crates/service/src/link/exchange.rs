//! Requests to one service: its transport, behind a bulkhead and a circuit breaker, with retries where they are safe.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response};
use tracing::{Instrument, Span, field::Empty, info_span};

use super::{
    breaker::{Breaker, Change},
    bulkhead::{Bulkhead, Permit},
    failure::{LinkFailure, Outcome},
    route::{Observer, Route, Unobserved},
    transport::{AnswerBody, Limits, MAX_IDLE, Transport},
};
use crate::{
    http::permits::Load,
    trace::{self, TARGET},
};

/// Requests to one service at a time; also its connections, over HTTP/1.1.
const MAX_REQUESTS: usize = MAX_IDLE;
/// Requests that wait for one of these to end.
const MAX_WAITING: usize = 256;
const PATIENCE: Duration = Duration::from_secs(2);
/// The pauses before a request is made again, each shortened or lengthened by up to a half: clients that failed together
/// do not come back together.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(200)];
/// What failed slowly is not made again: its caller has waited long enough.
const QUICKLY: Duration = Duration::from_secs(2);

/// The way to one service, shared by all who speak to it.
pub struct Link<R> {
    name: &'static str,
    transport: Transport,
    breaker: Arc<Breaker>,
    bulkhead: Arc<Bulkhead>,
    /// A bound on the time of each call, whatever the call's own.
    longest: Duration,
    observer: Arc<dyn Observer<R>>,
    /// Whether the service gets the id and the trace of the caller's request.
    passes_trace: bool,
}

impl<R> Clone for Link<R> {
    fn clone(&self) -> Self {
        Self {
            name: self.name,
            transport: self.transport.clone(),
            breaker: Arc::clone(&self.breaker),
            bulkhead: Arc::clone(&self.bulkhead),
            longest: self.longest,
            observer: Arc::clone(&self.observer),
            passes_trace: self.passes_trace,
        }
    }
}

impl<R> fmt::Debug for Link<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("name", &self.name).field("transport", &self.transport).finish_non_exhaustive()
    }
}

/// Whether a request may be made again where it is not known what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It changes nothing, or nothing more the second time.
    Safe,
    /// The caller decides.
    Never,
}

impl<R: Route> Link<R> {
    /// A link to the service of that name, which nobody counts.
    #[must_use]
    pub fn new(name: &'static str, transport: Transport) -> Self {
        Self {
            name,
            transport,
            breaker: Arc::new(Breaker::new()),
            bulkhead: Arc::new(Bulkhead::new(MAX_REQUESTS, MAX_WAITING, PATIENCE)),
            longest: Duration::MAX,
            observer: Arc::new(Unobserved),
            passes_trace: true,
        }
    }

    /// The same link, whose requests that observer sees.
    #[must_use]
    pub fn observed(self, observer: Arc<dyn Observer<R>>) -> Self {
        Self { observer, ..self }
    }

    /// The same link with another limit on the time of a request.
    #[must_use]
    pub fn within(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// The requests under way, with those that wait, and how many there may be.
    #[must_use]
    pub fn load(&self) -> Load {
        self.bulkhead.load()
    }

    /// Whether the service has left several requests in a row unanswered, and is left alone at this moment.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.breaker.is_open()
    }

    /// The same link, whose service is not told of the caller's request.
    #[must_use]
    pub fn without_trace(self) -> Self {
        Self { passes_trace: false, ..self }
    }

    /// The way past bulkhead and breaker, for those who look how the service is.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Makes a request whose URI is a path and query, and reads the whole answer.
    ///
    /// # Errors
    /// There is no whole answer.
    pub async fn send(
        &self,
        route: R,
        request: Request<Bytes>,
        limits: Limits,
        repeat: Repeat,
    ) -> Result<Response<Vec<u8>>, LinkFailure> {
        self.repeated(repeat, || self.once(route, request.clone(), limits)).await
    }

    /// As [`Link::send`], but returns when the answer begins. The body must be read to its end, or dropped.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn open(
        &self,
        route: R,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<OpenBody<R>>, LinkFailure> {
        self.repeated(Repeat::Safe, || self.begun(route, request.clone(), limits)).await
    }

    async fn repeated<T, F>(&self, repeat: Repeat, mut attempt: impl FnMut() -> F) -> Result<Response<T>, LinkFailure>
    where
        F: Future<Output = Result<Response<T>, LinkFailure>>,
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

    async fn once(&self, route: R, request: Request<Bytes>, limits: Limits) -> Result<Response<Vec<u8>>, LinkFailure> {
        let (head, body) = self.begun(route, request, limits).await?.into_parts();
        Ok(Response::from_parts(head, body.whole().await?))
    }

    async fn begun(
        &self,
        route: R,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<OpenBody<R>>, LinkFailure> {
        let span = span_of(route);
        // Boxed, so that calls that find everything in caches need not carry the room for a request.
        Box::pin(self.traced(route, request, limits).instrument(span)).await
    }

    async fn traced(
        &self,
        route: R,
        mut request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<OpenBody<R>>, LinkFailure> {
        let limits = Limits { time: limits.time.min(self.longest), ..limits };
        let refused = |failure| {
            let outcome = Outcome::Failed(failure);
            trace::end(&Span::current(), self.observer.ended(route, outcome, None), false);
            failure
        };
        let permit = self.bulkhead.acquire().await.ok_or_else(|| refused(LinkFailure::Busy))?;
        let admission = self.breaker.admit(Instant::now()).ok_or_else(|| refused(LinkFailure::Suspended))?;
        if self.passes_trace {
            trace::pass_on(request.headers_mut());
        }
        let sent = Instant::now();
        let outcome = self.transport.begin(request, limits).await;
        // An answer that does not come to its end, because it is long, or cut, is one all the same: what one caller asks for must
        // not take the service from others. Where it stalls, the bulkhead bounds what waits.
        let change = if outcome.is_ok() { admission.answered() } else { admission.unanswered(Instant::now()) };
        let service = self.name;
        match change {
            Some(Change::Away) => {
                tracing::warn!(service, "a service leaves calls unanswered: it is left alone until it answers")
            }
            Some(Change::Back) => tracing::info!(service, "a service answers again"),
            None => {}
        }
        let whole = match &outcome {
            Ok(answer) => Outcome::Answered(answer.status().as_u16()),
            Err(failure) => Outcome::Failed(*failure),
        };
        let observer = Arc::clone(&self.observer);
        let exchange = Exchange { observer, route, sent, span: Span::current(), whole, ends: true };
        // Where there is no answer, the exchange ends here.
        outcome.map(|answer| answer.map(|body| OpenBody { body, longest: limits.time, exchange, _permit: permit }))
    }
}

/// A request that was sent. It is counted once, when its answer has come to an end.
struct Exchange<R: Route> {
    observer: Arc<dyn Observer<R>>,
    route: R,
    sent: Instant,
    span: Span,
    /// What comes of it if its answer comes to its end.
    whole: Outcome,
    /// Whether it is still to be counted.
    ends: bool,
}

impl<R: Route> Exchange<R> {
    fn end(&mut self, outcome: Outcome) {
        if std::mem::take(&mut self.ends) {
            let name = self.observer.ended(self.route, outcome, Some(self.sent.elapsed()));
            trace::end(&self.span, name, outcome.is_success());
        }
    }

    fn fail(&mut self, failure: LinkFailure) -> LinkFailure {
        self.end(Outcome::Failed(failure));
        failure
    }
}

/// The body of an answer, with the permit of its request.
pub struct OpenBody<R: Route> {
    body: AnswerBody,
    longest: Duration,
    exchange: Exchange<R>,
    _permit: Permit,
}

impl<R: Route> OpenBody<R> {
    /// The next piece; `None` at the end. Each has as long to come as the head had.
    ///
    /// # Errors
    /// It ends early or late, or is too long.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, LinkFailure> {
        let piece = self.body.piece_within(self.longest).await.map_err(|kind| self.exchange.fail(kind))?;
        if piece.is_none() {
            self.exchange.end(self.exchange.whole);
        }
        Ok(piece)
    }

    async fn whole(mut self) -> Result<Vec<u8>, LinkFailure> {
        let body = self.body.whole().await.map_err(|kind| self.exchange.fail(kind))?;
        self.exchange.end(self.exchange.whole);
        Ok(body)
    }
}

impl<R: Route> Drop for Exchange<R> {
    fn drop(&mut self) {
        self.end(self.whole);
    }
}

/// A span of one request to a service.
fn span_of(route: impl Route) -> Span {
    info_span!(
        target: TARGET,
        "backend",
        otel.name = route.template(),
        otel.kind = "client",
        otel.status_code = Empty,
        peer.service = route.service(),
        url.template = route.template(),
        outcome = Empty,
    )
}

/// Whether the same request may well be answered a moment later: the service restarts, or a pooled connection was at its
/// end.
fn is_transient<T>(outcome: &Result<Response<T>, LinkFailure>) -> bool {
    match outcome {
        Ok(answer) => matches!(answer.status().as_u16(), 502..=504),
        Err(failure) => matches!(failure, LinkFailure::Unreachable | LinkFailure::Closed),
    }
}

fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(0.5..1.5))
}
