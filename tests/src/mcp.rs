//! MCP by hand, in both revisions: what goes over the wire stands in the test, not in a library that might mend it.

use std::{
    net::SocketAddr,
    sync::{
        OnceLock,
        atomic::{AtomicI64, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{Answer, Gateway};

/// The revisions of the protocol that the gateway serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revision {
    /// 2025-11-25, with sessions.
    V2025,
    /// 2026-07-28, stateless.
    V2026,
}

impl Revision {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V2025, Self::V2026];

    /// The revision's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2025 => "2025-11-25",
            Self::V2026 => "2026-07-28",
        }
    }
}

/// The HTTP client that all tests of this process share, without redirects or proxies.
pub fn http() -> &'static reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        // A second install is an error that says the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        // Each test has a runtime of its own, and a pooled connection dies with the runtime that made it.
        client.pool_max_idle_per_host(0).build().expect("a client can be made")
    })
}

/// A POST to the gateway's endpoint with the usual headers; the caller adds the body.
pub fn post(gateway: &Gateway, token: &str) -> reqwest::RequestBuilder {
    post_to(gateway.address, "", token)
}

fn post_to(address: SocketAddr, query: &str, token: &str) -> reqwest::RequestBuilder {
    http()
        .post(format!("http://{address}/mcp{query}"))
        .bearer_auth(token)
        .header("Accept", "application/json, text/event-stream")
        .header("Content-Type", "application/json")
}

/// A caller of one gateway, in one revision.
#[derive(Debug)]
pub struct Mcp<'a> {
    gateway: &'a Gateway,
    address: SocketAddr,
    token: String,
    revision: Revision,
    session: Option<String>,
    space: Option<String>,
    zone: Option<String>,
    /// What stands behind `/mcp` in its address: the rest of the path, and the query with its question mark.
    query: String,
    capabilities: Value,
    next: AtomicI64,
}

impl<'a> Mcp<'a> {
    /// A caller in either revision; the older one opens a session.
    pub async fn connect(gateway: &'a Gateway, token: &str, revision: Revision) -> Self {
        let token = token.to_owned();
        let (address, capabilities, next) = (gateway.address, json!({}), AtomicI64::new(1));
        let (session, space, zone, query) = (None, None, None, String::new());
        let mut mcp = Self { gateway, address, token, revision, session, space, zone, query, capabilities, next };
        if revision == Revision::V2025 {
            let opened = mcp.initialize().await;
            mcp.session = Some(opened.header("mcp-session-id").to_owned());
            assert!(!opened.header("mcp-session-id").is_empty(), "no session id: {opened:?}");
            let noted = mcp.notify("notifications/initialized").await;
            assert_eq!(noted.status, 202, "{noted:?}");
        }
        mcp
    }

    /// A caller in the stateless revision.
    pub async fn modern(gateway: &'a Gateway, token: &str) -> Self {
        Self::connect(gateway, token, Revision::V2026).await
    }

    /// A new user and a caller in the stateless revision for them.
    pub async fn user(gateway: &'a Gateway, email: &str) -> Self {
        Self::modern(gateway, &gateway.token(email).await).await
    }

    /// The session that it holds (2025-11-25 only).
    pub fn session(&self) -> &str {
        self.session.as_deref().expect("a session is open")
    }

    /// Its token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Uses this session id, no matter who opened it.
    #[must_use]
    pub fn with_session(mut self, session: &str) -> Self {
        self.session = Some(session.to_owned());
        self
    }

    /// Names this space in every request.
    #[must_use]
    pub fn with_space(mut self, space: &str) -> Self {
        self.space = Some(space.to_owned());
        self
    }

    /// Names this time zone in every request.
    #[must_use]
    pub fn with_zone(mut self, zone: &str) -> Self {
        self.zone = Some(zone.to_owned());
        self
    }

    /// Sends its requests to the address with this query.
    #[must_use]
    pub fn with_query(mut self, query: &str) -> Self {
        self.query = format!("?{query}");
        self
    }

    /// Sends its requests to the endpoint behind `/mcp`: `/all`, `/x/todo`.
    #[must_use]
    pub fn at(mut self, endpoint: &str) -> Self {
        self.query = format!("{endpoint}{}", self.query);
        self
    }

    /// Sends its requests to another address, behind which the gateway or its like is.
    #[must_use]
    pub fn through(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Declares these capabilities of the client in every request (2026-07-28 only).
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Opens a session and hands back the whole answer; the caller's own session stays as it is.
    pub async fn initialize(&self) -> Answer {
        let params = json!({
            "protocolVersion": self.revision.as_str(),
            "capabilities": {},
            "clientInfo": { "name": "tests", "version": "1.0.0" },
        });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let mut request = post(self.gateway, &self.token);
        if let Some(space) = &self.space {
            request = request.header("X-Mana-Space", space);
        }
        Answer::read(request.json(&body).send().await.expect("an answer")).await
    }

    /// Sends a notification.
    pub async fn notify(&self, method: &str) -> Answer {
        let body = json!({ "jsonrpc": "2.0", "method": method, "params": self.params(json!({})) });
        Answer::read(self.builder(method, None).json(&body).send().await.expect("an answer")).await
    }

    /// Sends a request.
    pub async fn request(&self, method: &str, params: Value) -> Answer {
        let body = self.body(method, params);
        Answer::read(self.builder(method, body["params"]["name"].as_str()).json(&body).send().await.expect("an answer"))
            .await
    }

    /// Calls a tool.
    pub async fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.request("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// The rows that a tool lists under `name`, on all pages.
    pub async fn rows(&self, tool: &str, arguments: Value, name: &str) -> Vec<Value> {
        let (mut rows, mut arguments) = (Vec::new(), arguments);
        loop {
            let page = self.call(tool, arguments.clone()).await.structured();
            rows.extend(page[name].as_array().expect("a page has rows").iter().cloned());
            // Rows that cannot be read are counted too.
            if page.get("unreadable").is_none() {
                assert!(page["total"].as_u64() >= u64::try_from(rows.len()).ok(), "{tool} counts its rows: {page}");
            }
            let Some(cursor) = page.get("nextCursor") else { return rows };
            arguments["cursor"] = cursor.clone();
        }
    }

    /// Calls a tool with arguments that are sent as this text, letter by letter.
    pub async fn call_with_text(&self, tool: &str, arguments: &str) -> Answer {
        let body = self.body("tools/call", json!({ "name": tool, "arguments": "@" })).to_string();
        let body = body.replacen("\"@\"", arguments, 1);
        Answer::read(self.builder("tools/call", Some(tool)).body(body).send().await.expect("an answer")).await
    }

    /// Ends the session.
    pub async fn end(&self) -> Answer {
        let request = http().delete(self.gateway.url("/mcp")).bearer_auth(&self.token);
        let request = request.header("Mcp-Session-Id", self.session());
        let request = request.header("MCP-Protocol-Version", self.revision.as_str());
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// A request's body as it goes over the wire.
    pub fn body(&self, method: &str, params: Value) -> Value {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": self.params(params) })
    }

    /// A POST with this caller's headers for a request (or notification) of `method`.
    pub fn builder(&self, method: &str, name: Option<&str>) -> reqwest::RequestBuilder {
        let request = post_to(self.address, &self.query, &self.token);
        let mut request = request.header("MCP-Protocol-Version", self.revision.as_str());
        if self.revision == Revision::V2026 {
            request = request.header("Mcp-Method", method);
            if let Some(name) = name {
                request = request.header("Mcp-Name", name);
            }
        }
        if let Some(session) = &self.session {
            request = request.header("Mcp-Session-Id", session);
        }
        if let Some(space) = &self.space {
            request = request.header("X-Mana-Space", space);
        }
        if let Some(zone) = &self.zone {
            request = request.header("X-Mana-Time-Zone", zone);
        }
        request
    }

    fn params(&self, mut params: Value) -> Value {
        if self.revision == Revision::V2026 {
            let own = params["_meta"].take();
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.revision.as_str(),
                "io.modelcontextprotocol/clientCapabilities": self.capabilities,
                "io.modelcontextprotocol/clientInfo": { "name": "tests", "version": "1.0.0" },
            });
            for (name, value) in own.as_object().into_iter().flatten() {
                params["_meta"][name] = value.clone();
            }
        }
        params
    }
}
