//! An id for every request: the caller's own where it is sane, else a new one; in the log, and in the answer.

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Carries the id, both ways.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");
const MAX_LEN: usize = 64;

/// The id of a request. It is short, and nothing that a log or a terminal could take for something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id that the request's headers give, or a new one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID_HEADER).filter(|value| is_sane(value.as_bytes())).cloned();
        Self(given.unwrap_or_else(new_id))
    }

    /// Puts it into the answer.
    pub fn mark(self, response: &mut Response) {
        response.headers_mut().insert(REQUEST_ID_HEADER, self.0);
    }

    /// As a header has it.
    pub(crate) fn value(&self) -> HeaderValue {
        self.0.clone()
    }

    /// The id's characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It is checked to be, or made so.
        self.0.to_str().unwrap_or_default()
    }
}

fn is_sane(id: &[u8]) -> bool {
    (1..=MAX_LEN).contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

fn new_id() -> HeaderValue {
    HeaderValue::try_from(uuid::Uuid::new_v4().to_string()).unwrap_or(HeaderValue::from_static("unknown"))
}
