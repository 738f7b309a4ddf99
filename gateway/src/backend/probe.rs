//! A short look at a service, for readiness and for the doctor: past bulkhead and breaker, and with no user's token.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};

use mana_mcp_runtime::failure::{BackendError, FailureKind};
use mana_mcp_service::link::Answer;
use serde::de::DeserializeOwned;

use super::link::{Limits, Link};

const LIMITS: Limits = Limits { time: Duration::from_secs(1), answer: 1 << 20 };

/// A service that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    /// Its `Date` header.
    pub date: Option<String>,
}

impl Answering {
    fn of(answer: &Answer) -> Self {
        let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
        Self { date: date.map(str::to_owned) }
    }
}

/// Whether the service answers at all: what it says matters only where it says that it fails.
pub(super) async fn probe(link: &Link, path: &str) -> Result<Answering, BackendError> {
    let answer = look(link, get(link, path)?).await?;
    match answer.status().as_u16() {
        status @ 500.. => Err(link.failure(FailureKind::Failed { status })),
        _ => Ok(Answering::of(&answer)),
    }
}

/// Whether the service answers with a JSON document of that shape, which another service at its address would not have.
pub(super) async fn probe_document<T: DeserializeOwned>(link: &Link, path: &str) -> Result<Answering, BackendError> {
    let answer = look(link, get(link, path)?).await?;
    FailureKind::of_status(answer.status().as_u16()).map_or(Ok(()), |kind| Err(link.failure(kind)))?;
    let answering = Answering::of(&answer);
    let document = answer.into_body().whole().await.map_err(|failure| link.failed(failure))?;
    let read = serde_json::from_slice::<T>(&document).map(|_| answering);
    read.map_err(|_| link.failure(FailureKind::Malformed))
}

fn get(link: &Link, path: &str) -> Result<Request<Bytes>, BackendError> {
    Request::get(path).body(Bytes::new()).map_err(|_| link.failure(FailureKind::Malformed))
}

/// The beginning of the answer to a request, whatever it is.
pub(super) async fn look(link: &Link, request: Request<Bytes>) -> Result<Answer, BackendError> {
    link.transport().begin(request, LIMITS).await.map_err(|failure| link.failed(failure))
}
