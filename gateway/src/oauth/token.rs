//! Tokens: for a code, for a refresh token; and their end (RFC 7009).

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use mana_mcp_runtime::tool::Effects;
use mana_mcp_standalone::{ACCESS_LIFETIME, IssuedTokens, Redemption, Refreshment};
use serde_json::json;

use super::{
    body::{body, has_media_type},
    endpoint,
    error::OAuthError,
    metadata::OFFLINE_ACCESS,
    parameters::Parameters,
    server::AuthorizationServer,
};

/// `POST /token`.
pub(super) async fn token(
    State(server): State<Arc<AuthorizationServer>>,
    request: Request,
) -> Result<Response, OAuthError> {
    let form = form(request).await?;
    let issued = match form.required("grant_type")? {
        "authorization_code" => {
            let redemption = Redemption {
                code: form.required("code")?.to_owned(),
                client: form.required("client_id")?.to_owned(),
                redirect_uri: form.required("redirect_uri")?.to_owned(),
                verifier: verifier(&form)?,
                endpoint: server.endpoint(&form)?.ok_or_else(OAuthError::invalid_target)?,
            };
            server.grants.redeem(redemption).await??
        }
        "refresh_token" => {
            let refreshment = Refreshment {
                token: form.required("refresh_token")?.to_owned(),
                client: form.required("client_id")?.to_owned(),
                effects: form.get("scope").map(Effects::of_scopes),
                endpoint: server.endpoint(&form)?,
            };
            server.grants.refresh(refreshment).await??
        }
        _ => {
            let supported = "This server takes authorization_code and refresh_token.";
            return Err(OAuthError::new("unsupported_grant_type", supported));
        }
    };
    Ok(issued_response(issued))
}

/// `POST /revoke`. A token that is not the client's, or none, is no error.
pub(super) async fn revoke(
    State(server): State<Arc<AuthorizationServer>>,
    request: Request,
) -> Result<StatusCode, OAuthError> {
    let form = form(request).await?;
    server.grants.revoke(form.required("token")?, form.required("client_id")?).await?;
    Ok(StatusCode::OK)
}

impl AuthorizationServer {
    /// The endpoint that a request's `resource` means, where it names one.
    fn endpoint(&self, form: &Parameters) -> Result<Option<String>, OAuthError> {
        let Some(resource) = form.get("resource") else { return Ok(None) };
        let endpoint = endpoint::of_resource(resource, self.address, self.catalog);
        Ok(Some(endpoint.ok_or_else(OAuthError::invalid_target)?))
    }
}

/// The form of a public client.
async fn form(request: Request) -> Result<Parameters, OAuthError> {
    if request.uri().query().is_some() {
        return Err(OAuthError::invalid_request("Parameters belong into the body: addresses end up in logs."));
    }
    if !has_media_type(request.headers(), "application/x-www-form-urlencoded") {
        return Err(OAuthError::invalid_request("Content-Type must be application/x-www-form-urlencoded."));
    }
    if request.headers().contains_key(header::AUTHORIZATION) {
        let public = "Programs are public clients here: send `client_id` in the body, and no Authorization header.";
        return Err(OAuthError::new("invalid_client", public).with_status(StatusCode::UNAUTHORIZED));
    }
    Parameters::read(&body(request.into_body()).await?)
}

/// The verifier, if it has the form of one (RFC 7636, 4.1).
fn verifier(form: &Parameters) -> Result<String, OAuthError> {
    let verifier = form.required("code_verifier")?;
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_unreserved) {
        Ok(verifier.to_owned())
    } else {
        Err(OAuthError::new("invalid_grant", "`code_verifier` is 43 to 128 letters, digits and -._~."))
    }
}

fn issued_response(IssuedTokens { access, refresh, effects }: IssuedTokens) -> Response {
    let mut scope = effects.to_string();
    if refresh.is_some() {
        scope = format!("{scope} {OFFLINE_ACCESS}");
    }
    let mut body = json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": ACCESS_LIFETIME.as_secs(),
        "scope": scope,
    });
    if let (Some(refresh), Some(members)) = (refresh, body.as_object_mut()) {
        members.insert("refresh_token".to_owned(), refresh.into());
    }
    let mut response = Json(body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
