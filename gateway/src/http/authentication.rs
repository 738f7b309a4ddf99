//! Authentication: every request to an MCP route, whatever its method, carries a bearer token that is verified here.
//! Refusals say how to get one (RFC 6750, RFC 9728).

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use mana_mcp_service::http::RefusalNote;

use super::{
    Refusal,
    missing_scopes::MissingScopes,
    well_known::{Resource, scopes_of},
};
use crate::{
    auth::{AuthError, AuthFailure, BearerToken, Principal, Verifier},
    telemetry::{Audit, Metrics, metrics::AuthRefusal},
};

/// Verifies who calls.
pub struct Authentication {
    /// Verifies tokens.
    pub verifier: Arc<Verifier>,
    /// Where the challenge points.
    pub resource: Arc<Resource>,
    /// Counts refusals.
    pub metrics: Arc<Metrics>,
    /// Names users in the log.
    pub audit: Arc<Audit>,
}

/// Where a request was sent to: what a challenge to it is made of.
pub(super) struct Challenge<'a> {
    authentication: &'a Authentication,
    host: Option<HeaderValue>,
    uri: Uri,
}

impl Authentication {
    /// The caller, who is put into the request's extensions too.
    pub(super) async fn admit(&self, request: &mut Request) -> Result<(Principal, Challenge<'_>), Refusal> {
        let host = request.headers().get(header::HOST).cloned();
        let challenge = Challenge { authentication: self, host, uri: request.uri().clone() };
        let verified = match bearer_token(request.headers()) {
            Ok(token) => self.verifier.verify(token).await,
            Err(failure) => Err(failure.into()),
        };
        match verified {
            Ok(principal) if !principal.rights().reach(request.uri().path()) => {
                let scopes = scopes_of(request.uri().path());
                let text = "This token is for another endpoint of this server. Sign in again for this one.";
                let refusal = Refusal::of_request(StatusCode::FORBIDDEN, text);
                Err(refusal.challenging(challenge.missing(&scopes.to_string())))
            }
            Ok(principal) => {
                request.extensions_mut().insert(principal.clone());
                // The token is in the principal; nothing behind this needs the header.
                request.headers_mut().remove(header::AUTHORIZATION);
                Ok((principal, challenge))
            }
            Err(AuthError::Refused(failure)) => {
                self.metrics.auth_failure(AuthRefusal::Refused(failure));
                // RFC 6750, 3.1
                let status =
                    if failure == AuthFailure::Header { StatusCode::BAD_REQUEST } else { StatusCode::UNAUTHORIZED };
                let note = RefusalNote { reason: Some(failure.label()), user: None };
                let text = format!("{failure}. {}", self.resource.token_source);
                Err(Refusal::of_request(status, text).challenging(challenge.of(failure)).noting(note))
            }
            // Counted where they wait.
            Err(error @ AuthError::Crowded) => {
                Err(Refusal::of_server(StatusCode::SERVICE_UNAVAILABLE, error.to_string()).retry_soon())
            }
            Err(error @ AuthError::Unavailable) => {
                self.metrics.auth_failure(AuthRefusal::Unavailable);
                Err(Refusal::of_server(StatusCode::SERVICE_UNAVAILABLE, error.to_string()).retry_soon())
            }
        }
    }
}

impl Challenge<'_> {
    /// Adds it to an answer that needs one: the identity service may refuse a token that is formally good.
    pub(super) fn on_refusal(self, mut response: Response) -> Response {
        if response.status() == StatusCode::UNAUTHORIZED {
            self.authentication.metrics.auth_failure(AuthRefusal::Refused(AuthFailure::Rejected));
            response.headers_mut().insert(header::WWW_AUTHENTICATE, self.of(AuthFailure::Rejected));
        }
        if let Some(MissingScopes(scopes)) = response.extensions_mut().remove() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, self.missing(&scopes));
        }
        response
    }

    /// The `WWW-Authenticate` of a 403: the scopes with which the request would be served (RFC 6750, 3.1).
    fn missing(&self, scopes: &str) -> HeaderValue {
        let metadata = self.authentication.resource.metadata_url(self.host.as_ref(), &self.uri);
        let challenge = format!(
            "Bearer error=\"insufficient_scope\", scope=\"{scopes}\", error_description=\"the person did not grant \
             this\", resource_metadata=\"{metadata}\""
        );
        HeaderValue::try_from(challenge).unwrap_or(HeaderValue::from_static("Bearer"))
    }

    /// The `WWW-Authenticate` of a 401. A request without credentials gets no error code (RFC 6750, 3.1).
    fn of(&self, failure: AuthFailure) -> HeaderValue {
        let metadata = self.authentication.resource.metadata_url(self.host.as_ref(), &self.uri);
        let challenge = match failure {
            AuthFailure::Missing => format!("Bearer resource_metadata=\"{metadata}\""),
            failure => {
                let error = if failure == AuthFailure::Header { "invalid_request" } else { "invalid_token" };
                format!("Bearer error=\"{error}\", error_description=\"{failure}\", resource_metadata=\"{metadata}\"")
            }
        };
        // A host that cannot stand in a header cannot have come in one.
        HeaderValue::try_from(challenge).unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

/// The token of the `Authorization` header; of nowhere else, the query in particular.
fn bearer_token(headers: &HeaderMap) -> Result<BearerToken, AuthFailure> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(AuthFailure::Missing),
        (Some(value), None) => value.to_str().map_err(|_| AuthFailure::Header)?,
        (Some(_), Some(_)) => return Err(AuthFailure::Header),
    };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    match token.trim() {
        // Credentials of another kind are none for this server.
        _ if !scheme.eq_ignore_ascii_case("bearer") => Err(AuthFailure::Missing),
        "" => Err(AuthFailure::Header),
        token => Ok(BearerToken::new(token)),
    }
}
