//! A server from its start to its end.

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use axum::Router;
use thiserror::Error;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    connections::Connections,
    server::{self, Drained, Listeners, ServerLimits},
};

/// Why an address cannot be listened on.
#[derive(Debug, Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error("{0} is in use by another program: end that one, or set PORT to a free port")]
    PortInUse(SocketAddr),
    /// The operating system refuses.
    #[error("{address} cannot be listened on: {source}; check BIND and PORT")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// Listens on the address and, where that is IPv4's loopback address, on IPv6's too: clients that connect to `localhost` may
/// try that one first, and must not reach another program there.
///
/// # Errors
/// The address is taken, or refused.
pub fn listen(address: SocketAddr) -> Result<(Listeners, SocketAddr), ListenError> {
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortInUse(address),
        _ => ListenError::Refused { address, source },
    };
    let mut listeners = Listeners::bind(address).map_err(refused)?;
    let own = listeners.address().map_err(refused)?;
    if address.ip() == Ipv4Addr::LOCALHOST {
        let other = SocketAddr::from((Ipv6Addr::LOCALHOST, own.port()));
        match listeners.also(other) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                tracing::warn!(address = %other, "another program listens there: use 127.0.0.1 and not localhost");
            }
            Err(error) => tracing::debug!(%error, address = %other, "this machine has no such address"),
        }
    }
    Ok((listeners, own))
}

/// A server that serves.
#[derive(Debug)]
pub struct Serving {
    stop: CancellationToken,
    server: JoinHandle<Drained>,
}

impl Serving {
    /// Begins to serve, until `stop` is cancelled. Must be called within a Tokio runtime.
    #[must_use]
    pub fn start(
        listeners: Listeners,
        router: Router,
        limits: ServerLimits,
        connections: Connections,
        stop: CancellationToken,
    ) -> Self {
        let server = tokio::spawn(server::serve(listeners, router, limits, connections, stop.clone()));
        Self { stop, server }
    }

    /// Serves until `signal` is done, then lets requests under way finish until the deadline.
    pub async fn until(self, signal: impl Future<Output = ()>) -> Drained {
        signal.await;
        tracing::info!("stopping: no new requests; those under way may finish");
        self.stop.cancel();
        // It does not end otherwise.
        let drained = self.server.await.unwrap_or(Drained::CutOff { requests: 0 });
        match drained {
            Drained::Completely => tracing::info!("stopped: every request was finished"),
            Drained::CutOff { requests } => {
                tracing::error!(requests, "stopped at the deadline of the drain: requests were cut off")
            }
        }
        drained
    }
}
