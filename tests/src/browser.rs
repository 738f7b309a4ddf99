//! A person who signs programs in, with a browser that runs no scripts.

use std::{collections::BTreeMap, sync::Mutex};

use reqwest::{Client, RequestBuilder, Response, Url, header, redirect};
use serde_json::{Value, json};

use crate::{Gateway, http};

/// Where a program of the tests waits for its code. Nothing listens there: who plays the browser reads the address.
pub const REDIRECT: &str = "http://127.0.0.1:4466/callback";
/// A proof key and its challenge (RFC 7636, appendix B).
const PROOF: [&str; 2] = ["dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"];

/// The code for the browser, as the gateway prints it.
pub async fn code(gateway: &Gateway) -> String {
    const BEFORE: &str = "The browser asks for this code once: ";
    gateway.printed(BEFORE).await;
    let log = gateway.log();
    let (_, rest) = log.split_once(BEFORE).expect("it was printed");
    rest.split_whitespace().next().expect("a code").to_owned()
}

/// The person, who knows the code.
#[derive(Debug)]
pub struct Person {
    browser: Client,
    cookies: Mutex<BTreeMap<String, String>>,
    code: String,
}

impl Person {
    /// Who reads what that gateway prints.
    pub async fn at(gateway: &Gateway) -> Self {
        let browser = Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
        Self { browser, cookies: Mutex::default(), code: code(gateway).await }
    }

    /// Types the code, ticks everything and allows it. Returns where the browser is sent.
    pub async fn allow(&self, asked: &Url) -> String {
        let page = self.open(asked).await;
        let code = [("request", hidden(&page)), ("code", self.code.clone())];
        let entered = self.post(asked, "/authorize/code", &code).await;
        let page = self.open(&asked.join(&entered).expect("an address")).await;
        let mut form = vec![("request", hidden(&page)), ("decision", "allow".to_owned())];
        for tick in page.split("type=\"checkbox\" name=\"").skip(1) {
            let mut parts = tick.split('"');
            let (Some(name), Some(value)) = (parts.next(), parts.nth(1)) else { continue };
            form.push((name, value.to_owned()));
        }
        self.post(asked, "/authorize/decision", &form).await
    }

    async fn open(&self, page: &Url) -> String {
        self.send(self.browser.get(page.clone())).await.text().await.expect("a page")
    }

    /// Sends a form, as a page of that address does. Returns where the answer leads.
    async fn post(&self, asked: &Url, path: &str, form: &[(&str, String)]) -> String {
        let request = self.browser.post(asked.join(path).expect("an address")).form(form);
        let answer = self.send(request.header(header::ORIGIN, asked.origin().ascii_serialization())).await;
        let place = answer.headers().get(header::LOCATION).unwrap_or_else(|| panic!("it leads nowhere: {answer:?}"));
        place.to_str().expect("an address").to_owned()
    }

    async fn send(&self, request: RequestBuilder) -> Response {
        let cookies = self.cookies.lock().expect("nobody panics here").clone();
        let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(header::COOKIE, cookies.join("; ")).send().await.expect("an answer");
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let set = set.to_str().expect("text").split(';').next().expect("a cookie");
            let (name, value) = set.split_once('=').expect("a value");
            self.cookies.lock().expect("nobody panics here").insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Signs a new program in, which may do everything. Returns its access token.
    pub async fn grant(&self, gateway: &Gateway) -> String {
        let post = async |path: &str, form: &[(&str, &str)]| -> Value {
            let answer = http().post(gateway.url(path)).form(form).send().await.expect("an answer");
            answer.json().await.expect("JSON")
        };
        let program =
            json!({ "client_name": "Program", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" });
        let registered = http().post(gateway.url("/register")).json(&program).send().await.expect("an answer");
        let registered: Value = registered.json().await.expect("JSON");
        let client = registered["client_id"].as_str().expect("an id");
        let [verifier, challenge] = PROOF;
        let resource = gateway.url("/mcp");
        let asked = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("resource", &resource),
            ("scope", "mana:read mana:write mana:delete"),
            ("state", "a state"),
        ];
        let asked = Url::parse_with_params(&gateway.url("/authorize"), asked).expect("an address");
        let sent = Url::parse(&self.allow(&asked).await).expect("an address");
        let code = sent.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("code", &code),
            ("code_verifier", verifier),
            ("resource", &resource),
        ];
        post("/token", &form).await["access_token"].as_str().expect("a token").to_owned()
    }
}

/// The request that a page is about.
fn hidden(page: &str) -> String {
    let (_, rest) =
        page.split_once("type=\"hidden\" name=\"request\" value=\"").unwrap_or_else(|| panic!("no form: {page}"));
    rest.split('"').next().expect("a value").to_owned()
}
