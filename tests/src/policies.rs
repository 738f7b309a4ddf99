//! A stand-in for the policy service, over TCP: what spaces allow, and the ways in which it fails to say so.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::Launch;

/// The key that it takes.
pub const KEY: &str = "the key of the gateways";

/// How it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// Allows these tools in this space, and nothing in others.
    Allows {
        /// The space.
        space: String,
        /// The tools.
        tools: Vec<String>,
    },
    /// This text, with success.
    Text(String),
    /// This status.
    Status(u16),
    /// Nothing: the connection stays open.
    Nothing,
}

/// A running policy service; dropping it stops it.
#[derive(Debug)]
pub struct Policies {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    says: Says,
    asked: usize,
}

impl Policies {
    /// Starts one that answers so.
    pub async fn start(says: Says) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Mutex::new(Shared { says, asked: 0 }));
        let router = Router::new().route("/internal/spaces/{space}/policy", get(policy)).with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("the stand-in serves") });
        Self { address, shared, server }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The settings of a gateway that asks it.
    #[must_use]
    pub fn configure(&self, launch: Launch) -> Launch {
        launch.env("MANA_API_URL", self.url()).env("MANA_SERVICE_KEY", KEY)
    }

    /// How often it was asked with the right key.
    pub fn asked(&self) -> usize {
        self.shared.lock().expect("no handler panics").asked
    }
}

impl Drop for Policies {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn policy(State(shared): State<Arc<Mutex<Shared>>>, Path(space): Path<String>, headers: HeaderMap) -> Response {
    // A user's token has no business here.
    if headers.get("x-service-key").is_none_or(|key| key != KEY) || headers.contains_key("authorization") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let says = {
        let mut shared = shared.lock().expect("no handler panics");
        shared.asked += 1;
        shared.says.clone()
    };
    match says {
        Says::Allows { space: allowed, tools } if allowed == space => {
            Json(json!({ "allowDestructive": tools })).into_response()
        }
        Says::Allows { .. } => Json(json!({ "allowDestructive": [] })).into_response(),
        Says::Text(text) => text.into_response(),
        Says::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Says::Nothing => std::future::pending().await,
    }
}
