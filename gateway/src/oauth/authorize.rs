//! `GET /authorize`: a program asks, through the person's browser. As long as it is not clear which program asks and where
//! its code may go, errors are shown to the person; from then on they go to the program.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{StatusCode, Uri, header};
use mana_mcp_runtime::tool::Effects;
use mana_mcp_standalone::Client;

use super::{
    browser::{Cookie, random_value},
    endpoint,
    error::OAuthError,
    metadata::OFFLINE_ACCESS,
    pages::{self, Language},
    parameters::Parameters,
    pending::AuthorizationRequest,
    redirect::RedirectUri,
    server::AuthorizationServer,
};
use crate::http::well_known::scopes_of;

/// Why a request is not put to the person.
enum Refused {
    /// They see it on a page.
    Shown(OAuthError),
    /// The program gets it.
    Sent { to: RedirectUri, state: Option<String>, error: OAuthError },
}

impl<E: Into<OAuthError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Shown(error.into())
    }
}

pub(super) async fn authorize(State(server): State<Arc<AuthorizationServer>>, request: Request) -> Response {
    let (headers, uri) = (request.headers(), request.uri());
    if let Some(elsewhere) = server.own_address(headers.get(header::HOST), uri) {
        return elsewhere;
    }
    let language = Language::of(headers);
    let asked = match server.read(uri.query().unwrap_or_default()).await {
        Ok(asked) => asked,
        Err(Refused::Shown(error)) => return pages::fault(language, error.status, &error.description),
        Err(Refused::Sent { to, state, error }) => {
            let parameters = [("error", error.code), ("error_description", &*error.description)];
            return server.send_back(&to, state.as_deref(), &parameters);
        }
    };
    let browser = server.browser(headers);
    let person = match browser.cookie(Cookie::Person).filter(|_| browser.came_by_itself()) {
        Some(cookie) => server.grants.person(cookie).await,
        None => Ok(None),
    };
    let (Ok(person), Some(id), Some(fresh)) = (person, random_value(), random_value()) else {
        return pages::unavailable(language);
    };
    let known = browser.cookie(Cookie::Browser).map(str::to_owned);
    let value = known.unwrap_or(fresh);
    server.pending.add(id.clone(), asked, value.clone(), person);
    let page = server.page_of(language, &id, &value).await;
    server.keep(page, Cookie::Browser, &value, None)
}

impl AuthorizationServer {
    /// People see one address of this server, so that there is one set of cookies.
    pub(super) fn own_address(&self, host: Option<&http::HeaderValue>, uri: &Uri) -> Option<Response> {
        let is_own =
            host.is_some_and(|host| self.issuer.strip_prefix("http://").map(str::as_bytes) == Some(host.as_bytes()));
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        (!is_own).then(|| Redirect::to(&format!("{}{path}", self.issuer)).into_response())
    }

    async fn read(&self, query: &str) -> Result<AuthorizationRequest, Refused> {
        let parameters = Parameters::read(query.as_bytes())?;
        let unknown =
            || OAuthError::new("invalid_client", "The program is not registered here. It must register again.");
        let client = self.grants.client(parameters.required("client_id")?).await?.ok_or_else(unknown)?;
        let redirect = redirect(&client, &parameters)?;
        let state = parameters.get("state").map(str::to_owned);
        match self.rest(client, redirect.clone(), state.clone(), &parameters) {
            Ok(request) => Ok(request),
            Err(error) => Err(Refused::Sent { to: redirect, state, error }),
        }
    }

    fn rest(
        &self,
        client: Client,
        redirect: RedirectUri,
        state: Option<String>,
        parameters: &Parameters,
    ) -> Result<AuthorizationRequest, OAuthError> {
        if parameters.required("response_type")? != "code" {
            return Err(OAuthError::new("unsupported_response_type", "This server issues codes: response_type=code."));
        }
        let challenge = parameters.required("code_challenge")?;
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        // A digest of SHA-256 in base64url is that long.
        let is_digest = challenge.len() == 43 && challenge.bytes().all(is_unreserved);
        if parameters.get("code_challenge_method") != Some("S256") || !is_digest {
            return Err(OAuthError::invalid_request("PKCE is needed: code_challenge with code_challenge_method=S256."));
        }
        let resource = parameters.get("resource").ok_or_else(OAuthError::invalid_target)?;
        let endpoint =
            endpoint::of_resource(resource, self.address, self.catalog).ok_or_else(OAuthError::invalid_target)?;
        let scope = parameters.get("scope");
        let asks_offline = scope.is_some_and(|scope| scope.split(' ').any(|one| one == OFFLINE_ACCESS));
        let asked = scope.map_or(Effects::ALL, Effects::of_scopes);
        // Who asks to stay signed in alone asks for everything else too.
        let asked = if scope == Some(OFFLINE_ACCESS) { Effects::ALL } else { asked };
        let effects = asked.and(scopes_of(&endpoint));
        if effects.is_empty() {
            return Err(OAuthError::invalid_scope());
        }
        let (challenge, refreshes) = (challenge.to_owned(), client.may_refresh || asks_offline);
        Ok(AuthorizationRequest { client, redirect, state, challenge, endpoint, effects, refreshes })
    }

    /// The answer to the program, through the browser.
    pub(super) fn send_back(&self, to: &RedirectUri, state: Option<&str>, parameters: &[(&str, &str)]) -> Response {
        let mut parameters = parameters.to_vec();
        parameters.extend(state.map(|state| ("state", state)));
        parameters.push(("iss", &self.issuer));
        pages::redirect(&to.with(&parameters), StatusCode::FOUND)
    }
}

/// Where the code goes: one of the registered addresses.
fn redirect(client: &Client, parameters: &Parameters) -> Result<RedirectUri, OAuthError> {
    let asked = match (parameters.get("redirect_uri"), client.redirect_uris.as_slice()) {
        (Some(asked), _) => asked,
        (None, [only]) => only.as_str(),
        (None, _) => return Err(OAuthError::invalid_request("`redirect_uri` is missing.")),
    };
    let uri = RedirectUri::parse(asked).map_err(|fault| OAuthError::invalid_request(fault.to_string()))?;
    if client.redirect_uris.iter().any(|registered| uri.is_allowed_by(registered)) {
        Ok(uri)
    } else {
        Err(OAuthError::invalid_request("The program did not register this redirect URI."))
    }
}
