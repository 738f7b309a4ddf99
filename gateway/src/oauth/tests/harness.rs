//! A gateway, a program that wants tokens, and a browser without scripts.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};
use reqwest::{Client, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use url::{Url, form_urlencoded};

use mana_mcp_runtime::tool::Catalog;

use crate::{
    app::{self, Running},
    backend::standalone::Grants,
    config::Config,
};

pub(super) const REDIRECT: &str = "http://127.0.0.1:4444/callback";
pub(super) const VERIFIER: &str = "a-verifier-of-forty-three-characters-at-least";
pub(super) const ALL: &str = "mana:read mana:write mana:delete";
const REVISION: &str = "2026-07-28";

pub(super) struct Gateway {
    pub(super) running: Running,
    pub(super) base: String,
    pub(super) http: Client,
    folder: Arc<TempDir>,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

/// Cookies by name, as a browser keeps them.
#[derive(Clone, Default)]
pub(super) struct Browser(Arc<Mutex<BTreeMap<String, String>>>);

/// Tokens of a program.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: String,
}

impl Gateway {
    pub(super) async fn start() -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), 0).await
    }

    /// Another gateway over the same data.
    pub(super) async fn another(&self) -> Self {
        Self::start_in(Arc::clone(&self.folder), 0).await
    }

    pub(super) async fn start_in(folder: Arc<TempDir>, port: u16) -> Self {
        let folder_name: &'static str = folder.path().to_str().unwrap().to_owned().leak();
        let port: &'static str = port.to_string().leak();
        let variables = BTreeMap::from([("DATA_DIR", folder_name), ("PORT", port), ("POLICY_MODE", "off")]);
        let catalog: &'static Catalog = &mana_mcp_fixture::CATALOG;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let running = app::start(Config::read(&variables, catalog).unwrap(), catalog).await.unwrap();
        let base = format!("http://{}", running.address());
        let http = Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([]).build().unwrap();
        Self { running, base, http, folder }
    }

    pub(super) fn grants(&self) -> &Grants {
        self.running.grants().unwrap()
    }

    /// A code that the person's terminal shows.
    pub(super) async fn entry_code(&self, email: &str) -> String {
        let (grants, email) = (self.grants().clone(), email.to_owned());
        let code = move || grants.entry_code(&email, Duration::from_secs(600)).unwrap();
        tokio::task::spawn_blocking(code).await.unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        answer(self.http.get(self.url(path))).await
    }

    pub(super) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        answer(self.http.post(self.url(path)).json(body)).await
    }

    pub(super) async fn form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        answer(self.form_request(path, form)).await
    }

    pub(super) fn form_request(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.http.post(self.url(path)).header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A registered program.
    pub(super) async fn register(&self) -> String {
        let body = json!({
            "client_name": "Test program",
            "redirect_uris": [REDIRECT],
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let answer = self.post_json("/register", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()["client_id"].as_str().unwrap().to_owned()
    }

    /// The parameters of a good request, those that are given instead, and without those that are empty.
    pub(super) fn authorize_path(&self, client: &str, changed: &[(&str, &str)]) -> String {
        let resource = self.url("/mcp");
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let mut parameters = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &resource),
            ("scope", ALL),
            ("state", "a state"),
        ]);
        parameters.extend(changed.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        format!("/authorize?{query}")
    }

    /// The person signs in and allows these: the parameters that the program gets.
    pub(super) async fn allow(
        &self,
        browser: &Browser,
        client: &str,
        changed: &[(&str, &str)],
        chosen: &[(&str, &str)],
    ) -> BTreeMap<String, String> {
        let page = browser.get(self, &self.authorize_path(client, changed)).await;
        let request = page.hidden("request");
        let page = if page.text.contains("name=\"code\"") {
            let code = self.entry_code("me@localhost").await;
            let entered = browser.form(self, "/authorize/code", &[("request", &request), ("code", &code)]).await;
            assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
            browser.get(self, entered.header("location")).await
        } else {
            page
        };
        // What is ticked, unless something else is chosen for that field.
        let mut form = vec![("request".to_owned(), request), ("decision".to_owned(), "allow".to_owned())];
        let is_chosen = |field: &str| chosen.iter().any(|(name, _)| *name == field);
        form.extend(page.ticked().into_iter().filter(|(field, _)| !is_chosen(field)));
        form.extend(chosen.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let decided = browser.form(self, "/authorize/decision", &form).await;
        assert_eq!(decided.status, StatusCode::FOUND, "{}", decided.text);
        parameters_of(decided.header("location"))
    }

    /// The answer to a code.
    pub(super) async fn redeem(&self, client: &str, code: &str, changed: &[(&str, &str)]) -> Answer {
        let resource = self.url("/mcp");
        let mut form = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", &resource),
        ]);
        form.extend(changed.iter().copied());
        form.retain(|_, value| !value.is_empty());
        self.form("/token", &form.into_iter().collect::<Vec<_>>()).await
    }

    pub(super) async fn refresh(&self, client: &str, token: &str, more: &[(&str, &str)]) -> Answer {
        let form = [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)];
        self.form("/token", &[&form[..], more].concat()).await
    }

    /// The tokens of a program that may do these.
    pub(super) async fn tokens(&self, client: &str, chosen: &[(&str, &str)]) -> Tokens {
        let code = self.allow(&Browser::default(), client, &[], chosen).await.remove("code").unwrap();
        self.redeem(client, &code, &[]).await.tokens()
    }

    /// A call of a tool.
    pub(super) async fn call(&self, path: &str, token: &str, tool: &str, arguments: Value) -> Answer {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": arguments, "_meta": {
                "io.modelcontextprotocol/protocolVersion": REVISION,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            } },
        });
        let request = self.http.post(self.url(path)).bearer_auth(token).json(&body);
        let headers = [("mcp-protocol-version", REVISION), ("mcp-method", "tools/call"), ("mcp-name", tool)];
        answer(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))).await
    }

    /// Whether the token is good.
    pub(super) async fn takes(&self, token: &str) -> bool {
        let answer = self.call("/mcp", token, "spaces.list", json!({})).await;
        assert!([StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&answer.status), "{}", answer.text);
        answer.status == StatusCode::OK
    }
}

impl Browser {
    pub(super) async fn get(&self, gateway: &Gateway, path: &str) -> Answer {
        self.sent(gateway.http.get(gateway.url(path))).await
    }

    /// Sends a form as a page of the gateway does.
    pub(super) async fn form(&self, gateway: &Gateway, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = gateway.form_request(path, form).header("origin", &gateway.base);
        self.sent(request.header("sec-fetch-site", "same-origin")).await
    }

    pub(super) async fn sent(&self, request: RequestBuilder) -> Answer {
        let cookies: Vec<_> = self.0.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = answer(request.header("cookie", cookies.join("; "))).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.0.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The protocol's name of an error.
    pub(super) fn error(&self) -> String {
        assert!(self.status.is_client_error(), "{} {}", self.status, self.text);
        assert_eq!(self.header("cache-control"), "no-store");
        self.json()["error"].as_str().unwrap().to_owned()
    }

    pub(super) fn tokens(&self) -> Tokens {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        assert_eq!(self.header("cache-control"), "no-store");
        let json = self.json();
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// The value of a hidden field of a form.
    pub(super) fn hidden(&self, name: &str) -> String {
        let start = format!("type=\"hidden\" name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&start).unwrap_or_else(|| panic!("no field {name}: {}", self.text));
        rest.split('"').next().unwrap().to_owned()
    }

    /// The boxes that are ticked: names and values.
    pub(super) fn ticked(&self) -> Vec<(String, String)> {
        let boxes = self.text.split("<input type=\"checkbox\" name=\"").skip(1);
        let parts = boxes.filter_map(|rest| {
            let (input, _) = rest.split_once('>').unwrap();
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            let (value, rest) = rest.split_once('"').unwrap();
            rest.contains("checked").then(|| (name.to_owned(), value.to_owned()))
        });
        parts.collect()
    }
}

pub(super) fn parameters_of(location: &str) -> BTreeMap<String, String> {
    Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

pub(super) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}
