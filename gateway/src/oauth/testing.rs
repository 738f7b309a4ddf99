//! A gateway, a program that wants tokens, and a browser without scripts.

use std::{
    collections::BTreeMap,
    path::Path,
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
use mana_mcp_standalone::Grants;

use crate::{
    app::{self, Running},
    config::Config,
};

pub(crate) const REDIRECT: &str = "http://127.0.0.1:4444/callback";
pub(crate) const VERIFIER: &str = "a-verifier-of-forty-three-characters-at-least";
pub(crate) const ALL: &str = "mana:read mana:write mana:delete";
const REVISION: &str = "2026-07-28";

pub(crate) struct Gateway {
    pub(crate) running: Running,
    pub(crate) base: String,
    pub(crate) http: Client,
    folder: Arc<TempDir>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// Cookies by name, as a browser keeps them.
#[derive(Clone, Default)]
pub(crate) struct Browser(Arc<Mutex<BTreeMap<String, String>>>);

/// Tokens of a program.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Another gateway over the same data.
    pub(crate) async fn another(&self) -> Self {
        Self::start_with(Arc::clone(&self.folder), &[]).await
    }

    /// With more settings.
    pub(crate) async fn with(more: &[(&'static str, &'static str)]) -> Self {
        Self::start_with(Arc::new(tempfile::tempdir().unwrap()), more).await
    }

    async fn start_with(folder: Arc<TempDir>, more: &[(&'static str, &'static str)]) -> Self {
        let folder_name: &'static str = folder.path().to_str().unwrap().to_owned().leak();
        let mut variables = BTreeMap::from([("DATA_DIR", folder_name), ("PORT", "0"), ("POLICY_MODE", "off")]);
        variables.extend(more.iter().copied());
        let catalog: &'static Catalog = &mana_mcp_fixture::CATALOG;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let running = app::start(Config::read(&variables, catalog).unwrap(), catalog).await.unwrap();
        let base = format!("http://{}", running.address());
        let http = Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([]).build().unwrap();
        Self { running, base, http, folder }
    }

    /// The folder of everything that is stored.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn grants(&self) -> &Grants {
        self.running.grants().unwrap()
    }

    /// A code that the person's terminal shows.
    pub(crate) async fn entry_code(&self, email: &str) -> String {
        let (grants, email) = (self.grants().clone(), email.to_owned());
        let code = move || grants.entry_code(&email, Duration::from_secs(600)).unwrap();
        tokio::task::spawn_blocking(code).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.http.get(self.url(path))).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        answer(self.http.post(self.url(path)).json(body)).await
    }

    pub(crate) async fn form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        answer(self.form_request(path, form)).await
    }

    pub(crate) fn form_request(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.http.post(self.url(path)).header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A registered program.
    pub(crate) async fn register(&self) -> String {
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
    pub(crate) fn authorize_path(&self, client: &str, changed: &[(&str, &str)]) -> String {
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
    pub(crate) async fn allow(
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
    pub(crate) async fn redeem(&self, client: &str, code: &str, changed: &[(&str, &str)]) -> Answer {
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

    pub(crate) async fn refresh(&self, client: &str, token: &str, more: &[(&str, &str)]) -> Answer {
        let form = [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)];
        self.form("/token", &[&form[..], more].concat()).await
    }

    /// The tokens of a program that may do these.
    pub(crate) async fn tokens(&self, client: &str, chosen: &[(&str, &str)]) -> Tokens {
        let code = self.allow(&Browser::default(), client, &[], chosen).await.remove("code").unwrap();
        self.redeem(client, &code, &[]).await.tokens()
    }

    /// A call of a tool.
    pub(crate) async fn call(&self, path: &str, token: &str, tool: &str, arguments: Value) -> Answer {
        self.call_with(path, token, tool, json!({ "arguments": arguments }), json!({})).await
    }

    /// A call with these parameters and these members of `_meta`.
    pub(crate) async fn call_with(
        &self,
        path: &str,
        token: &str,
        tool: &str,
        mut params: Value,
        mut meta: Value,
    ) -> Answer {
        let members = meta.as_object_mut().unwrap();
        let own = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} },
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        });
        members.extend(own.as_object().unwrap().clone());
        params["name"] = tool.into();
        params["_meta"] = meta;
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let request = self.http.post(self.url(path)).bearer_auth(token).json(&body);
        let headers = [("mcp-protocol-version", REVISION), ("mcp-method", "tools/call"), ("mcp-name", tool)];
        answer(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))).await
    }

    /// Whether the token is good.
    pub(crate) async fn takes(&self, token: &str) -> bool {
        let answer = self.call("/mcp", token, "spaces.list", json!({})).await;
        assert!([StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&answer.status), "{}", answer.text);
        answer.status == StatusCode::OK
    }
}

impl Browser {
    /// The values of its cookies.
    pub(crate) fn cookies(&self) -> Vec<String> {
        self.0.lock().unwrap().values().cloned().collect()
    }

    pub(crate) async fn get(&self, gateway: &Gateway, path: &str) -> Answer {
        self.sent(gateway.http.get(gateway.url(path))).await
    }

    /// Sends a form as a page of the gateway does.
    pub(crate) async fn form(&self, gateway: &Gateway, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = gateway.form_request(path, form).header("origin", &gateway.base);
        self.sent(request.header("sec-fetch-site", "same-origin")).await
    }

    pub(crate) async fn sent(&self, request: RequestBuilder) -> Answer {
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
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The protocol's name of an error.
    pub(crate) fn error(&self) -> String {
        assert!(self.status.is_client_error(), "{} {}", self.status, self.text);
        assert_eq!(self.header("cache-control"), "no-store");
        self.json()["error"].as_str().unwrap().to_owned()
    }

    pub(crate) fn tokens(&self) -> Tokens {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        assert_eq!(self.header("cache-control"), "no-store");
        let json = self.json();
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// The value of a hidden field of a form.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let start = format!("type=\"hidden\" name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&start).unwrap_or_else(|| panic!("no field {name}: {}", self.text));
        rest.split('"').next().unwrap().to_owned()
    }

    /// The boxes that are ticked: names and values.
    pub(crate) fn ticked(&self) -> Vec<(String, String)> {
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

pub(crate) fn parameters_of(location: &str) -> BTreeMap<String, String> {
    Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}
