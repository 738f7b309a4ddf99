//! A proxy that adds a bearer token, for clients that cannot: everything else goes through as it came, both ways.

use std::net::{Ipv4Addr, SocketAddr};

use axum::{Router, body::Body, extract::Request, response::Response};
use http::{HeaderName, header};
use tokio::task::JoinHandle;

/// A running proxy; dropping it stops it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Starts one in front of `target`.
    pub async fn start(target: SocketAddr, token: &str) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let authorization = format!("Bearer {token}");
        let router = Router::new().fallback(move |request| forward(target, authorization.clone(), request));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("the proxy serves") });
        Self { address, server }
    }

    /// The URL of a path through it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Headers that belong to one connection, and those that this proxy writes itself.
const OWN: [HeaderName; 4] =
    [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::AUTHORIZATION];

async fn forward(target: SocketAddr, authorization: String, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let url = format!("http://{target}{}", parts.uri.path_and_query().map_or("/", |path| path.as_str()));
    let body = axum::body::to_bytes(body, 16 << 20).await.expect("a client sends a whole body");
    let mut headers = parts.headers;
    for name in &OWN {
        headers.remove(name);
    }
    let forwarded = crate::http().request(parts.method, url).headers(headers).header("Authorization", authorization);
    let answer = forwarded.body(body).send().await.expect("the gateway answers");
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if !OWN.contains(name) {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await.expect("the gateway sends a whole body");
    response.body(Body::from(body)).expect("the gateway's answer is an answer")
}
