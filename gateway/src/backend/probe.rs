//! A short look at a service, for readiness and for the doctor: past bulkhead and breaker, and with no user's token.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};

use mana_mcp_runtime::failure::{BackendError, FailureKind};
use mana_mcp_service::link::Answer;

use super::link::{Limits, Link};

const LIMITS: Limits = Limits { time: Duration::from_secs(1), answer: 1 << 20 };

/// A service that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    /// Its `Date` header.
    pub date: Option<String>,
}

/// Whether the service answers at all: what it says matters only where it says that it fails.
pub(super) async fn probe(link: &Link, path: &str) -> Result<Answering, BackendError> {
    let request = Request::get(path).body(Bytes::new()).map_err(|_| link.failure(FailureKind::Malformed))?;
    let answer = look(link, request).await?;
    match answer.status().as_u16() {
        status @ 500.. => Err(link.failure(FailureKind::Failed { status })),
        _ => {
            let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
            Ok(Answering { date: date.map(str::to_owned) })
        }
    }
}

/// The beginning of the answer to a request, whatever it is.
pub(super) async fn look(link: &Link, request: Request<Bytes>) -> Result<Answer, BackendError> {
    link.transport().begin(request, LIMITS).await.map_err(|failure| link.failed(failure))
}
