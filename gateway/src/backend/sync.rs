//! The sync service: pushes to and pulls from an append-only log of changes.

use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Request, StatusCode, header};
use mana_mcp_replica::PageBody;
use mana_mcp_runtime::{
    failure::{BackendError, FailureKind},
    log::Change,
};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use zeroize::Zeroizing;

use mana_mcp_service::link::Transport;

use super::{
    link::{Limits, Link, Repeat, kind_of, linked},
    platform::{PULL, PUSH, SYNC},
    probe::{Answering, probe},
};
use crate::auth::BearerToken;

/// The service is known to hang for five seconds and go on.
const TIME: Duration = Duration::from_secs(8);
/// The answer holds what others wrote meanwhile.
const PUSH_LIMITS: Limits = Limits { time: TIME, answer: 64 << 20 };
/// A page has 1000 rows, and a row may be a long text. A page is read as it arrives, so this bounds the work alone.
const PULL_LIMITS: Limits = Limits { time: TIME, answer: 2 << 30 };

/// Changes to store.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Push {
    /// Who writes. Reads under the same id do not show what was written under it.
    pub client_id: String,
    /// Other writers' rows since this time come with the answer; the gateway does not use them.
    pub since: String,
    /// What to store.
    pub changes: Vec<Change>,
}

/// A client of the sync service.
#[derive(Debug, Clone)]
pub struct SyncClient {
    link: Link,
}

linked!(SyncClient);

impl SyncClient {
    /// A client over that transport.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self { link: Link::new(SYNC.service, transport) }
    }

    /// Whether the service answers at all.
    ///
    /// # Errors
    /// Where it does not, or says that it fails.
    pub async fn probe(&self) -> Result<Answering, BackendError> {
        probe(&self.link, "/health").await
    }

    /// Stores changes. Returns once the service has said that they are stored.
    ///
    /// # Errors
    /// Where the service does not say so. [`FailureKind::is_unanswered`] tells whether they may be stored all the same.
    pub async fn push(&self, token: &BearerToken, app: &str, push: &Push) -> Result<(), BackendError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            #[serde(rename = "syncedUntil")]
            _synced_until: String,
        }
        // Every part of a push is made of JSON already.
        let body = serde_json::to_vec(push).map_err(|_| failure(FailureKind::Rejected { status: 400 }))?;
        let request = Request::post(format!("/sync/{}", segment(app)))
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-client-id", &push.client_id);
        // What is not answered is sent again by who knows that it is the same change.
        let request = request_of(request, token, body.into())?;
        let answer = self.link.send(PUSH, request, PUSH_LIMITS, Repeat::Never).await?;
        succeeded(answer.status())?;
        serde_json::from_slice::<Answer>(answer.body()).map(drop).map_err(|_| self.link.malformed())
    }

    /// The rows of a table after `since`, without those that were written under `client_id`: a page, as it arrives.
    ///
    /// # Errors
    /// Where the service does not answer as it should.
    pub async fn pull(
        &self,
        token: &BearerToken,
        app: &str,
        table: &str,
        since: &str,
        client_id: &str,
    ) -> Result<PageBody, BackendError> {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("collection", table), ("since", since)])
            .finish();
        let request = Request::get(format!("/sync/{}/pull?{query}", segment(app))).header("x-client-id", client_id);
        let answer = self.link.open(PULL, request_of(request, token, Bytes::new())?, PULL_LIMITS).await?;
        succeeded(answer.status())?;
        let pieces = stream::try_unfold(answer.into_body(), async |mut body| {
            let piece = body.piece().await.map_err(|why| failure(kind_of(why)))?;
            Ok(piece.map(|piece| (piece, body)))
        });
        Ok(Box::pin(pieces))
    }

    /// Counts an answer that is no page, and names it.
    #[must_use]
    pub fn malformed(&self) -> BackendError {
        self.link.malformed()
    }
}

fn request_of(
    request: http::request::Builder,
    token: &BearerToken,
    body: Bytes,
) -> Result<Request<Bytes>, BackendError> {
    let request = request.header(header::AUTHORIZATION, bearer(token)).body(body);
    // Only a token that cannot stand in a header makes a request that cannot be built.
    request.map_err(|_| failure(FailureKind::Unauthorized))
}

fn succeeded(status: StatusCode) -> Result<(), BackendError> {
    FailureKind::of_status(status.as_u16()).map_or(Ok(()), |kind| Err(failure(kind)))
}

/// A text as one segment of a path. `.` and `..` cannot be one: they mean other places however they are written.
pub(super) fn segment(text: &str) -> String {
    // In a form, and not in a path, a plus stands for a space.
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The `Authorization` header; its `Debug` output is hidden.
pub(super) fn bearer(token: &BearerToken) -> HeaderValue {
    let text = Zeroizing::new(format!("Bearer {}", token.expose()));
    // A token with bytes that no header may hold is sent as an empty one, which the service refuses.
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    value
}

fn failure(kind: FailureKind) -> BackendError {
    BackendError { service: SYNC.service, kind }
}
