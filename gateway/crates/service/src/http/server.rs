//! Connections: accepted up to a bound, each with bounds of its own, and closed one by one when the server stops. Which of
//! them has a permit is decided in [`connections`](super::connections).

#[cfg(test)]
mod tests;

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream},
    pin::pin,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt;
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    time::{MissedTickBehavior, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    connections::{Activity, Busy, Connections, GRACE, Service},
    pacing::{Pace, Paced},
    paths::{self, is_operators},
};

/// More bytes of header fields than any client sends. (Their number ends at hyper's hundred.)
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// After a failed accept (out of file descriptors), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const SWEEP: Duration = Duration::from_secs(1);
/// What the operating system keeps of an answer for a client. It tells of what was taken in steps of about a third of it,
/// and a client that keeps the pace must show it within each time of [`Pace`].
const SEND_BUFFER: u32 = 256 << 10;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// How to serve.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// A client that has not sent a request's head by then is disconnected; so is a connection that idles.
    pub head_timeout: Duration,
    /// A client that takes an answer more slowly is disconnected.
    pub pace: Pace,
    /// How long requests under way may take after the server was asked to stop.
    pub drain: Duration,
}

impl ServerLimits {
    /// With the times that are no settings: no client needs longer for a head, and nobody a longer idle connection.
    #[must_use]
    pub fn new(drain: Duration) -> Self {
        Self { head_timeout: Duration::from_secs(30), pace: Pace::default(), drain }
    }
}

/// Whether every request was finished when the server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// All of them.
    Completely,
    /// The deadline came first.
    CutOff {
        /// How many were under way.
        requests: usize,
    },
}

impl Drained {
    /// The exit status of a program whose server ended so.
    #[must_use]
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Completely => ExitCode::SUCCESS,
            Self::CutOff { .. } => ExitCode::FAILURE,
        }
    }
}

/// What is listened on: an address, and beside it perhaps this machine's other loopback address.
pub struct Listeners {
    first: TcpListener,
    other: Option<TcpListener>,
}

impl Listeners {
    /// Listens on one address.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { first: listen(address)?, other: None })
    }

    /// Listens on another address too.
    ///
    /// # Errors
    /// That address cannot be listened on; the first one still is.
    pub fn also(&mut self, address: SocketAddr) -> io::Result<()> {
        self.other = Some(listen(address)?);
        Ok(())
    }

    /// The first address.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.first.local_addr()
    }

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let Some(other) = &self.other else { return self.first.accept().await };
        tokio::select! {
            accepted = self.first.accept() => accepted,
            accepted = other.accept() => accepted,
        }
    }

    /// The connections that wait to be accepted, after which nobody listens any more.
    fn last(self) -> impl Iterator<Item = (TcpStream, SocketAddr)> {
        let listeners = [Some(self.first), self.other].into_iter().flatten();
        let listeners = listeners.filter_map(|listener| listener.into_std().ok());
        // Asked of the operating system itself: the runtime knows only of what it has looked at.
        let waiting = |listener: StdListener| (0..BACKLOG).map_while(move |_| listener.accept().ok());
        listeners.flat_map(waiting).filter_map(|(stream, peer)| Some((into_tokio(stream).ok()?, peer)))
    }
}

fn into_tokio(stream: StdStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As soon as a service has ended, the next one may listen.
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` is cancelled, then lets requests under way finish until the deadline. What has come by then is answered
/// too, and what comes a moment later, by an answer that ends its connection.
pub async fn serve(
    listeners: Listeners,
    router: Router,
    limits: ServerLimits,
    connections: Connections,
    stop: CancellationToken,
) -> Drained {
    let grace = GRACE.min(limits.drain);
    let mut end_of_grace = pin!(async {
        stop.cancelled().await;
        connections.end();
        sleep(grace).await;
    });
    let server = Server { builder: connection_builder(limits.head_timeout), router, limits, connections: &connections };
    let open = TaskTracker::new();
    let serve = |(stream, peer)| server.connection(stream, peer, stop.clone()).map(|connection| open.spawn(connection));
    let mut sweep = tokio::time::interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let accepted = tokio::select! {
            () = &mut end_of_grace => break,
            _ = sweep.tick() => {
                connections.sweep();
                continue;
            }
            accepted = listeners.accept() => accepted,
        };
        match accepted {
            Ok(accepted) => drop(serve(accepted)),
            Err(error) => {
                connections.accept_failed();
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    listeners.last().for_each(|accepted| drop(serve(accepted)));
    open.close();
    if timeout(limits.drain - grace, open.wait()).await.is_ok() {
        return Drained::Completely;
    }
    match connections.at_work() {
        0 => Drained::Completely,
        requests => Drained::CutOff { requests },
    }
}

/// What all connections have in common.
struct Server<'a> {
    builder: http1::Builder,
    router: Router,
    limits: ServerLimits,
    connections: &'a Connections,
}

impl Server<'_> {
    /// A connection from its beginning to its end, if there is a place for it.
    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        stop: CancellationToken,
    ) -> Option<impl Future<Output = ()> + use<>> {
        let permit = self.connections.admit(peer.ip())?;
        // Answers are single small writes; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let activity = Arc::clone(&permit.activity);
        let stream = TokioIo::new(Paced::new(stream, self.limits.pace, Arc::clone(&activity)));
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(move |request| answer(router.clone(), Arc::clone(&activity), request));
        let connection = self.builder.serve_connection(stream, service);
        Some(async move {
            let quiet = async {
                stop.cancelled().await;
                permit.activity.quiet().await;
            };
            tokio::select! {
                // What has come is taken before anybody asks whether anything has.
                biased;
                ended = connection => {
                    if let Err(error) = ended {
                        // Clients go away, and strangers send what is no HTTP: nothing that an operator must act on.
                        tracing::debug!(%error, "a connection ended with an error");
                    }
                }
                () = permit.activity.closed() => tracing::debug!("an idle connection was closed"),
                () = quiet => tracing::debug!("an idle connection was closed at the end"),
            }
        })
    }
}

/// What a request on a connection is answered: by the router, or for operators' routes alone. It counts as work on the
/// connection until its answer is made.
async fn answer(
    router: TowerToHyperService<Router>,
    activity: Arc<Activity>,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let (busy, request) = (activity.begin(), paths::tidied(request));
    if activity.service() == Service::Operators && !is_operators(request.uri().path()) {
        return Ok(crowded());
    }
    let mut response = router.call(request).await?;
    if activity.is_last() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(until_made(response, busy))
}

/// A response whose size is not known is work until its body has ended; any other is made already.
fn until_made(response: Response, busy: Busy) -> Response {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| {
        let counted = move |frame| {
            let _until_dropped = &busy;
            frame
        };
        Body::new(body.map_frame(counted))
    })
}

fn crowded() -> Response {
    let why = "There are too many connections; try again shortly.\n";
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// HTTP/1.1 alone. HTTP/2 comes with TLS, which ends in front of a service; and telling the two apart by a
/// connection's first bytes has no bound in time.
fn connection_builder(head_timeout: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_timeout).max_buf_size(MAX_HEAD_BYTES);
    builder
}
