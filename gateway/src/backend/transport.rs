//! How a request reaches a service: over TCP, or straight into a router of the same process. One code path above it.

use std::{fmt, time::Duration};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tower::ServiceExt;
use url::Url;

use mana_mcp_runtime::failure::FailureKind;

use super::{link::MAX_REQUESTS, sink::Sink};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Services and what stands before them end idle connections, commonly after 30 seconds or more: the gateway does so first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// A connection whose other end is gone is noticed by then.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

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

/// The client for an address cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Not an address of an HTTP service.
    #[error("{0} is not the address of an HTTP service: it must begin with http:// or https://")]
    NotHttp(Url),
    /// The TLS settings of this machine do not allow a client.
    #[error("no HTTP client can be built")]
    Client(#[from] reqwest::Error),
}

/// What a call may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// From the first byte sent to the last byte read.
    pub(super) time: Duration,
    /// Bytes of the answer's body.
    pub(super) answer: usize,
}

impl Transport {
    /// A transport to the service at `base`. Redirects are not followed and no proxy is asked: the caller's token goes
    /// to that address and nowhere else.
    ///
    /// # Errors
    /// Where `base` is no HTTP address, or this machine's TLS settings do not allow a client.
    pub fn tcp(base: Url) -> Result<Self, TransportError> {
        let builder = http_client(&base)?
            .pool_max_idle_per_host(MAX_REQUESTS)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_keepalive(KEEP_ALIVE)
            // Over TLS, HTTP/2 is spoken where the service offers it: then one connection carries all requests.
            .http2_adaptive_window(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_timeout(CONNECT_TIMEOUT);
        Ok(Self::Tcp(TcpTransport { client: builder.build()?, base }))
    }

    /// Sends a request whose URI is a path and query, and reads the whole answer into a sink; tells when it begins.
    pub(super) async fn send<S: Sink>(
        &self,
        request: Request<Bytes>,
        limits: Limits,
        begins: impl FnOnce(),
    ) -> Result<Response<S::Read>, FailureKind> {
        let answer = async {
            match self {
                Self::Tcp(tcp) => tcp.send::<S>(request, limits.answer, begins).await,
                Self::InProcess(router) => call::<S>(router.clone(), request, limits.answer, begins).await,
            }
        };
        tokio::time::timeout(limits.time, answer).await.unwrap_or(Err(FailureKind::TimedOut))
    }
}

/// A client for one base address: what it sends goes there and nowhere else.
///
/// # Errors
/// Where `base` is no HTTP address.
pub(crate) fn http_client(base: &Url) -> Result<reqwest::ClientBuilder, TransportError> {
    // An error means that the process has a provider already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    match base.scheme() {
        // No certificate is ever checked; the machine's store need not be loaded, nor exist.
        "http" => Ok(builder.tls_certs_only([])),
        "https" => Ok(builder),
        _ => Err(TransportError::NotHttp(base.clone())),
    }
}

impl TcpTransport {
    async fn send<S: Sink>(
        &self,
        request: Request<Bytes>,
        most: usize,
        begins: impl FnOnce(),
    ) -> Result<Response<S::Read>, FailureKind> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        // Whatever path the base has, stays: services stand behind prefixes.
        let address = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let request = self.client.request(parts.method, address).headers(parts.headers).body(body);
        let mut answer = request.send().await.map_err(|error| kind_of(&error))?;
        begins();
        let expected = usize::try_from(answer.content_length().unwrap_or_default()).unwrap_or(usize::MAX);
        let mut bounded = Bounded::<S>::new(expected, most)?;
        while let Some(piece) = answer.chunk().await.map_err(|error| kind_of(&error))? {
            bounded.push(piece).await?;
        }
        let mut response = Response::new(bounded.end().await?);
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

async fn call<S: Sink>(
    router: Router,
    request: Request<Bytes>,
    most: usize,
    begins: impl FnOnce(),
) -> Result<Response<S::Read>, FailureKind> {
    let Ok(response) = router.oneshot(request.map(Body::from)).await;
    begins();
    let (parts, mut body) = response.into_parts();
    let expected = usize::try_from(body.size_hint().exact().unwrap_or_default()).unwrap_or(usize::MAX);
    let mut bounded = Bounded::<S>::new(expected, most)?;
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame.map_err(|_| FailureKind::Closed)?.into_data() {
            bounded.push(piece).await?;
        }
    }
    Ok(Response::from_parts(parts, bounded.end().await?))
}

/// A sink for a body of at most so many bytes.
struct Bounded<S> {
    sink: S,
    left: usize,
}

impl<S: Sink> Bounded<S> {
    fn new(expected: usize, most: usize) -> Result<Self, FailureKind> {
        if expected > most {
            return Err(FailureKind::AnswerTooLarge);
        }
        Ok(Self { sink: S::expecting(expected), left: most })
    }

    async fn push(&mut self, piece: Bytes) -> Result<(), FailureKind> {
        self.left = self.left.checked_sub(piece.len()).ok_or(FailureKind::AnswerTooLarge)?;
        self.sink.push(piece).await;
        Ok(())
    }

    async fn end(self) -> Result<S::Read, FailureKind> {
        self.sink.end().await
    }
}

fn kind_of(error: &reqwest::Error) -> FailureKind {
    if error.is_connect() {
        FailureKind::Unreachable
    } else if error.is_timeout() {
        FailureKind::TimedOut
    } else {
        FailureKind::Closed
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
