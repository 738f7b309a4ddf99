//! Connections: accepted up to a bound, each with bounds of its own, and let go one by one when the server stops.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use metrics::Counter;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;
use tower::util::MapRequest;

use super::paths;
use crate::backend::Load;

/// More bytes of header fields than any client of this protocol sends. (Their number ends at hyper's hundred.)
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// After a failed accept (out of file descriptors), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Open connections, up to a bound.
#[derive(Clone)]
pub struct Connections {
    places: Arc<Semaphore>,
    limit: usize,
    failures: Counter,
}

impl Connections {
    /// At most so many at once; more wait in the operating system's queue. Those that cannot be accepted are counted.
    #[must_use]
    pub fn new(most: usize, failures: Counter) -> Self {
        let limit = most.min(Semaphore::MAX_PERMITS);
        Self { places: Arc::new(Semaphore::new(limit)), limit, failures }
    }

    /// How many are open, and may be. The one that is waited for counts as open.
    #[must_use]
    pub fn load(&self) -> Load {
        Load { taken: self.limit.saturating_sub(self.places.available_permits()), limit: self.limit }
    }
}

/// How to serve.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Connections at once; more wait in the operating system's queue.
    pub max_connections: usize,
    /// A client that has not sent a request's head by then is let go; so is a connection that idles.
    pub head_timeout: Duration,
    /// A client that has taken nothing of an answer by then is let go. Operating systems tell of what was taken in large steps
    /// (a third of what they keep for a client, some megabytes): it must be time enough for one of them.
    pub answer_timeout: Duration,
    /// How long requests under way may take after the server was asked to stop.
    pub drain: Duration,
}

impl ServerLimits {
    /// With the times that are no settings: slower heads are no client's, and longer idle connections nobody's.
    #[must_use]
    pub fn new(max_connections: usize, drain: Duration) -> Self {
        let (head_timeout, answer_timeout) = (Duration::from_secs(30), Duration::from_secs(120));
        Self { max_connections, head_timeout, answer_timeout, drain }
    }
}

/// Whether every request was finished when the server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// All of them.
    Completely,
    /// The deadline came first.
    CutOff,
}

/// Serves until `stop` is cancelled, then lets requests under way finish until the deadline.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    connections: Connections,
    stop: CancellationToken,
) -> Drained {
    let builder = connection_builder(limits.head_timeout);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        let Some((stream, permit)) = accepted else { continue };
        let service = TowerToHyperService::new(MapRequest::new(router.clone(), paths::tidied));
        let stream = TokioIo::new(Box::pin(with_end(stream, limits.answer_timeout)));
        let connection = graceful.watch(builder.serve_connection(stream, service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                // Clients go away, and strangers send what is no HTTP: nothing that an operator must act on.
                tracing::debug!(%error, "a connection ended with an error");
            }
            drop(permit);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => Drained::Completely,
        () = tokio::time::sleep(limits.drain) => Drained::CutOff,
    }
}

async fn accept(listener: &TcpListener, connections: &Connections) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(&connections.places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are single small writes; waiting for more to send would only delay them.
            let _ = stream.set_nodelay(true);
            Some((stream, permit))
        }
        Err(error) => {
            connections.failures.increment(1);
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// The stream, broken off where the client takes nothing of an answer for so long: hyper would wait for ever, and the answer
/// and the connection's place with it.
fn with_end(stream: TcpStream, longest: Duration) -> TimeoutWriter<TcpStream> {
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(longest));
    stream
}

/// HTTP/1.1 alone. HTTP/2 comes with TLS, which ends in front of the gateway; and telling the two apart by a
/// connection's first bytes has no bound in time.
fn connection_builder(head_timeout: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_timeout).max_buf_size(MAX_HEAD_BYTES);
    builder
}
