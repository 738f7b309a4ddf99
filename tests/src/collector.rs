//! A trace collector: takes what a gateway exports over OTLP/HTTP, and keeps it as it came.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running collector; dropping it stops it.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    taken: Arc<Mutex<Vec<u8>>>,
    server: JoinHandle<()>,
}

impl Collector {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let taken: Arc<Mutex<Vec<u8>>> = Arc::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&taken));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("the collector serves") });
        Self { address, taken, server }
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All bytes that it was sent. Protobuf writes texts and ids as they are.
    pub fn taken(&self) -> Vec<u8> {
        self.taken.lock().expect("no handler panics").clone()
    }

    /// Whether these bytes are among those that it was sent.
    pub fn has(&self, bytes: &[u8]) -> bool {
        self.taken().windows(bytes.len()).any(|window| window == bytes)
    }

    /// Waits until they are.
    pub async fn wait_for(&self, bytes: &[u8]) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !self.has(bytes) {
            assert!(tokio::time::Instant::now() < deadline, "{} never came", String::from_utf8_lossy(bytes));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(taken): State<Arc<Mutex<Vec<u8>>>>, headers: HeaderMap, body: Bytes) {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok());
    assert_eq!(kind, Some("application/x-protobuf"), "OTLP over HTTP");
    taken.lock().expect("no handler panics").extend_from_slice(&body);
}
