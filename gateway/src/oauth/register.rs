//! Dynamic client registration (RFC 7591): a program says what it is called and where its codes go. None of it is believed,
//! and every program is a public client: a secret that anybody can register for proves nothing.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use mana_mcp_runtime::decode::JsonObject;
use serde::Deserialize;
use serde_json::json;

use super::{
    body::{body, has_media_type},
    error::OAuthError,
    pages::shown,
    redirect::{RedirectUri, UnusableRedirect},
    server::AuthorizationServer,
};

const MAX_REDIRECT_URIS: usize = 10;
const MAX_NAME_CHARS: usize = 80;
const REFRESH_TOKEN: &str = "refresh_token";

#[derive(Deserialize)]
struct Registration {
    #[serde(default)]
    client_name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    grant_types: Option<Vec<String>>,
    #[serde(default)]
    response_types: Option<Vec<String>>,
}

/// `POST /register`.
pub(super) async fn register(
    State(server): State<Arc<AuthorizationServer>>,
    request: Request,
) -> Result<Response, OAuthError> {
    if !has_media_type(request.headers(), "application/json") {
        return Err(OAuthError::invalid_request("Content-Type must be application/json."));
    }
    let body = body(request.into_body()).await?;
    let invalid = |description: &'static str| OAuthError::new("invalid_client_metadata", description);
    let unread = || invalid("The body is not the JSON of a client's metadata.");
    let object: JsonObject = serde_json::from_slice(&body).map_err(|_| unread())?;
    let asked: Registration = serde_json::from_value(object.into()).map_err(|_| unread())?;
    if !(1..=MAX_REDIRECT_URIS).contains(&asked.redirect_uris.len()) {
        return Err(OAuthError::new("invalid_redirect_uri", "One to ten redirect URIs are needed."));
    }
    for uri in &asked.redirect_uris {
        let unusable = |fault: UnusableRedirect| OAuthError::new("invalid_redirect_uri", fault.to_string());
        RedirectUri::parse(uri).map_err(unusable)?;
    }
    let has = |list: &Option<Vec<String>>, one: &str| list.as_ref().is_some_and(|list| list.iter().any(|it| it == one));
    if asked.grant_types.is_some() && !has(&asked.grant_types, "authorization_code") {
        return Err(invalid("`grant_types` must hold authorization_code."));
    }
    if asked.response_types.is_some() && !has(&asked.response_types, "code") {
        return Err(invalid("`response_types` must hold code."));
    }
    let may_refresh = has(&asked.grant_types, REFRESH_TOKEN);
    let name = shown(asked.client_name.as_deref().unwrap_or_default().trim(), MAX_NAME_CHARS);
    let Some(client) = server.grants.register(name, asked.redirect_uris, may_refresh).await? else {
        let full = "There is no room for another program: disconnect some at /connections.";
        return Err(invalid(full).with_status(StatusCode::SERVICE_UNAVAILABLE));
    };
    let grant_types = if may_refresh { vec!["authorization_code", REFRESH_TOKEN] } else { vec!["authorization_code"] };
    let registered = Json(json!({
        "client_id": client.id,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": grant_types,
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }));
    let mut response = (StatusCode::CREATED, registered).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
