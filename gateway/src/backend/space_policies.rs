//! The policy service: what spaces have opted into. It is asked with the gateway's own key, for a space and never for a user.

use std::{fmt, str::FromStr, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request};
use serde::Deserialize;

use super::{
    bulkhead::Load,
    error::{BackendError, FailureKind, Service},
    link::{Link, Repeat},
    route::Route,
    sync::segment,
    transport::{Limits, Transport},
};
use crate::telemetry::metrics::BackendMeter;

/// Calls of destructive tools wait for it.
const LIMITS: Limits = Limits { time: Duration::from_secs(2), answer: 64 << 10 };

/// The gateway's own key for the policy service (`MANA_SERVICE_KEY`).
#[derive(Clone)]
pub struct ServiceKey(HeaderValue);

/// A `MANA_SERVICE_KEY` that cannot stand in a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it must be visible ASCII characters")]
pub struct UnusableServiceKey;

impl FromStr for ServiceKey {
    type Err = UnusableServiceKey;

    fn from_str(text: &str) -> Result<Self, UnusableServiceKey> {
        let mut value = HeaderValue::from_str(text).map_err(|_| UnusableServiceKey)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey([redacted])")
    }
}

/// A client of the policy service.
#[derive(Debug, Clone)]
pub struct SpacePoliciesClient {
    link: Link,
    key: ServiceKey,
}

impl SpacePoliciesClient {
    /// A client over that transport.
    #[must_use]
    pub fn new(transport: Transport, key: ServiceKey) -> Self {
        Self { link: Link::new(Service::Policy, transport), key }
    }

    /// The same client with another limit on the time of a call.
    #[must_use]
    pub fn with_timeout(mut self, time: Duration) -> Self {
        self.link = self.link.with_timeout(time);
        self
    }

    /// The same client, counting its requests with that meter.
    #[must_use]
    pub fn with_meter(mut self, meter: BackendMeter) -> Self {
        self.link = self.link.with_meter(meter);
        self
    }

    /// The requests under way, with those that wait, and how many there may be.
    #[must_use]
    pub fn load(&self) -> Load {
        self.link.load()
    }

    /// Whether the service has left several requests in a row unanswered, and is left alone at this moment.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.link.is_suspended()
    }

    /// The names of the destructive tools that a space allows, as the service has them.
    ///
    /// # Errors
    /// Where the service does not answer as it should.
    pub async fn allowed_destructive(&self, space: &str) -> Result<Vec<String>, BackendError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            allow_destructive: Vec<String>,
        }
        let request = Request::get(format!("/internal/spaces/{}/policy", segment(space)))
            .header("x-service-key", self.key.0.clone())
            .body(Bytes::new())
            .map_err(|_| self.link.failure(FailureKind::Rejected { status: 400 }))?;
        let answer = self.link.send(Route::SpacePolicy, request, LIMITS, Repeat::Safe).await?;
        if let Some(kind) = FailureKind::of_status(answer.status()) {
            return Err(self.link.failure(kind));
        }
        let Answer { allow_destructive } =
            serde_json::from_slice(answer.body()).map_err(|_| self.link.failure(FailureKind::Malformed))?;
        Ok(allow_destructive)
    }
}
