//! Bodies of forms and registrations.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http::{HeaderMap, StatusCode, header};

use super::error::OAuthError;

/// The greatest.
const MAX_BODY: usize = 64 << 10;
/// Time for one of them to come.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A body, if it is short and comes in time.
pub(super) async fn body(body: Body) -> Result<Bytes, OAuthError> {
    let read = tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, MAX_BODY)).await;
    match read {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(OAuthError::invalid_request("The body is longer than 64 KiB, or could not be read.")
            .with_status(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => {
            Err(OAuthError::invalid_request("The body came too slowly.").with_status(StatusCode::REQUEST_TIMEOUT))
        }
    }
}

/// Whether the body is said to be of that type.
pub(super) fn has_media_type(headers: &HeaderMap, wanted: &str) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.split(';').next()).is_some_and(|essence| essence.trim().eq_ignore_ascii_case(wanted))
}
