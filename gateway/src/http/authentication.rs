//! Authentication: every request to an MCP route, whatever its method, carries a bearer token that is verified here.
//! Refusals say how to get one (RFC 6750, RFC 9728).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{Refusal, well_known::Resource};
use crate::{
    auth::{AuthError, AuthFailure, BearerToken, Verifier},
    telemetry::{Metrics, metrics::AuthRefusal},
};

/// What the layer needs.
#[derive(Clone)]
pub struct Authentication {
    /// Verifies tokens.
    pub verifier: Arc<Verifier>,
    /// Where the challenge points.
    pub resource: Arc<Resource>,
    /// Counts refusals.
    pub metrics: Arc<Metrics>,
}

/// The layer: puts the [`Principal`](crate::auth::Principal) into the request's extensions.
pub async fn layer(State(authentication): State<Authentication>, mut request: Request, next: Next) -> Response {
    let metadata = authentication.resource.metadata_url(request.headers(), request.uri());
    let verified = match bearer_token(request.headers()) {
        Ok(token) => authentication.verifier.verify(token).await,
        Err(failure) => Err(failure.into()),
    };
    match verified {
        Ok(principal) => {
            request.extensions_mut().insert(principal);
            // The token is in the principal; nothing behind this layer needs the header.
            request.headers_mut().remove(header::AUTHORIZATION);
            let mut response = next.run(request).await;
            // The identity service may refuse a token that is formally good.
            if response.status() == StatusCode::UNAUTHORIZED {
                authentication.metrics.auth_failure(AuthRefusal::Refused(AuthFailure::Rejected));
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge(&metadata, AuthFailure::Rejected));
            }
            response
        }
        Err(AuthError::Refused(failure)) => {
            authentication.metrics.auth_failure(AuthRefusal::Refused(failure));
            tracing::info!(reason = failure.label(), "authentication failed");
            let mut response = Refusal::of_request(StatusCode::UNAUTHORIZED, failure.to_string()).into_response();
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge(&metadata, failure));
            response
        }
        Err(error @ AuthError::Unavailable) => {
            authentication.metrics.auth_failure(AuthRefusal::Unavailable);
            Refusal::of_server(StatusCode::SERVICE_UNAVAILABLE, error.to_string()).retry_soon().into_response()
        }
    }
}

/// The token of the `Authorization` header; of nowhere else, the query in particular.
fn bearer_token(headers: &HeaderMap) -> Result<BearerToken, AuthFailure> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(AuthFailure::Missing),
        (Some(value), None) => value.to_str().map_err(|_| AuthFailure::Malformed)?,
        (Some(_), Some(_)) => return Err(AuthFailure::Malformed),
    };
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
            Ok(BearerToken::new(token.trim()))
        }
        _ => Err(AuthFailure::Malformed),
    }
}

/// The `WWW-Authenticate` of a 401. Who sent no credentials is told no error (RFC 6750, 3.1).
fn challenge(metadata_url: &str, failure: AuthFailure) -> HeaderValue {
    let challenge = match failure {
        AuthFailure::Missing => format!("Bearer resource_metadata=\"{metadata_url}\""),
        failure => format!(
            "Bearer error=\"invalid_token\", error_description=\"{failure}\", resource_metadata=\"{metadata_url}\""
        ),
    };
    // A host that cannot stand in a header cannot have come in one.
    HeaderValue::try_from(challenge).unwrap_or(HeaderValue::from_static("Bearer"))
}
