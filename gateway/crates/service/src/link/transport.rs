//! How a request reaches a service: over TCP, or straight into a router of the same process. One code path above it.

use std::{
    fmt,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, BodyDataStream},
};
use bytes::Bytes;
use futures::StreamExt as _;
use http::{Request, Response, header::CONTENT_LENGTH};
use tower::ServiceExt;
use url::Url;

use super::failure::LinkFailure;
use crate::client::{CONNECT_TIMEOUT, ClientError, http_client};

/// Connections to one service that are kept for further requests.
pub(super) const MAX_IDLE: usize = 64;

/// Services and what stands before them end idle connections, commonly after 30 seconds or more: we do so first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// A connection whose other end is gone is noticed by then.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Room that is made at once for a body whose length was announced.
const MAX_ROOM: usize = 64 << 10;

/// The way to one service.
#[derive(Clone)]
pub enum Transport {
    /// A service at an address, over pooled connections.
    Tcp(TcpTransport),
    /// A service in this process.
    InProcess(Router),
}

/// A pooled HTTP client for one base address.
#[derive(Clone)]
pub struct TcpTransport {
    client: reqwest::Client,
    base: Url,
}

/// What a request may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the first byte sent to the last byte read.
    pub time: Duration,
    /// Bytes of the answer's body.
    pub answer: usize,
}

impl Transport {
    /// A transport to the service at `base`. Redirects are not followed and no proxy is asked: the caller's token goes
    /// to that address and nowhere else.
    ///
    /// # Errors
    /// Where `base` is no HTTP address, or this machine's TLS settings do not allow a client.
    pub fn tcp(base: Url) -> Result<Self, ClientError> {
        let builder = http_client(&base)?
            .pool_max_idle_per_host(MAX_IDLE)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_keepalive(KEEP_ALIVE)
            // Over TLS, HTTP/2 is spoken where the service offers it: then one connection carries all requests.
            .http2_adaptive_window(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_timeout(CONNECT_TIMEOUT);
        Ok(Self::Tcp(TcpTransport { client: builder.build()?, base }))
    }

    /// Sends a request whose URI is a path and query. Returns when the answer begins.
    ///
    /// # Errors
    /// There is none, in time, or it says that it is too long.
    pub async fn begin(&self, request: Request<Bytes>, limits: Limits) -> Result<Answer, LinkFailure> {
        let deadline = Instant::now().checked_add(limits.time);
        let answer = async {
            match self {
                Self::Tcp(tcp) => tcp.send(request).await,
                Self::InProcess(router) => {
                    let Ok(answer) = router.clone().oneshot(request.map(Body::from)).await;
                    Ok(answer.map(|body| Incoming::InProcess(body.into_data_stream())))
                }
            }
        };
        let answer = within(limits.time, answer).await?;
        let (head, body) = answer.into_parts();
        let announced =
            head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
        if announced > limits.answer {
            return Err(LinkFailure::AnswerTooLarge);
        }
        let body = AnswerBody { incoming: body, left: limits.answer, announced, deadline };
        Ok(Answer::from_parts(head, body))
    }
}

/// An answer whose body is still to come.
pub type Answer = Response<AnswerBody>;

/// The body of an answer, within its limits.
pub struct AnswerBody {
    incoming: Incoming,
    /// Bytes that may still come.
    left: usize,
    /// The length that the service has announced.
    announced: usize,
    deadline: Option<Instant>,
}

enum Incoming {
    Tcp(reqwest::Response),
    InProcess(BodyDataStream),
}

impl AnswerBody {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// It ends early or late, or is too long.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, LinkFailure> {
        let left = self.deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
        let incoming = &mut self.incoming;
        let next = async {
            match incoming {
                Incoming::Tcp(answer) => answer.chunk().await.map_err(|error| kind_of(&error)),
                Incoming::InProcess(body) => body.next().await.transpose().map_err(|_| LinkFailure::Closed),
            }
        };
        let piece = within(left, next).await?;
        self.left = match self.left.checked_sub(piece.as_ref().map_or(0, Bytes::len)) {
            Some(left) => left,
            None => return Err(LinkFailure::AnswerTooLarge),
        };
        Ok(piece)
    }

    /// All of it.
    ///
    /// # Errors
    /// It ends early or late, or is too long.
    pub async fn whole(mut self) -> Result<Vec<u8>, LinkFailure> {
        let mut whole = Vec::with_capacity(self.announced.min(MAX_ROOM));
        while let Some(piece) = self.piece().await? {
            // Where nobody else has its bytes, they stay where they are.
            if whole.is_empty() { whole = piece.into() } else { whole.extend_from_slice(&piece) }
        }
        Ok(whole)
    }

    /// The same body with another time for each piece from now on, in place of one for all.
    pub(super) async fn piece_within(&mut self, time: Duration) -> Result<Option<Bytes>, LinkFailure> {
        self.deadline = Instant::now().checked_add(time);
        self.piece().await
    }
}

async fn within<T>(time: Duration, work: impl Future<Output = Result<T, LinkFailure>>) -> Result<T, LinkFailure> {
    tokio::time::timeout(time, work).await.unwrap_or(Err(LinkFailure::TimedOut))
}

impl TcpTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Incoming>, LinkFailure> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        // Whatever path the base has, stays: services stand behind prefixes.
        let address = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let request = self.client.request(parts.method, address).headers(parts.headers).body(body);
        let mut answer = request.send().await.map_err(|error| kind_of(&error))?;
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let mut begun = Response::new(Incoming::Tcp(answer));
        *begun.status_mut() = status;
        *begun.headers_mut() = headers;
        Ok(begun)
    }
}

fn kind_of(error: &reqwest::Error) -> LinkFailure {
    if error.is_connect() {
        LinkFailure::Unreachable
    } else if error.is_timeout() {
        LinkFailure::TimedOut
    } else {
        LinkFailure::Closed
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(tcp) => write!(f, "Tcp({})", tcp.base),
            Self::InProcess(_) => f.write_str("InProcess"),
        }
    }
}
