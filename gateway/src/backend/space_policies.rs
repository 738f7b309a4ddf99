//! The policy service: what spaces have opted into. It is asked with the gateway's own key, for a space and never for a user.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde::Deserialize;

use mana_mcp_runtime::failure::{BackendError, FailureKind};
use mana_mcp_service::link::Transport;

use super::{
    link::{Limits, Link, Repeat, linked},
    platform::{POLICY, SPACE_POLICY},
    service_key::{SERVICE_KEY_HEADER, ServiceKey},
    sync::segment,
};

/// Calls of destructive tools wait for it.
const LIMITS: Limits = Limits { time: Duration::from_secs(2), answer: 64 << 10 };

/// A client of the policy service.
#[derive(Debug, Clone)]
pub struct SpacePoliciesClient {
    link: Link,
    key: ServiceKey,
}

linked!(SpacePoliciesClient);

impl SpacePoliciesClient {
    /// A client over that transport.
    #[must_use]
    pub fn new(transport: Transport, key: ServiceKey) -> Self {
        Self { link: Link::new(POLICY.service, transport), key }
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
            .header(SERVICE_KEY_HEADER, self.key.header())
            .body(Bytes::new())
            .map_err(|_| self.link.failure(FailureKind::Rejected { status: 400 }))?;
        let answer = self.link.send(SPACE_POLICY, request, LIMITS, Repeat::Safe).await?;
        if let Some(kind) = FailureKind::of_status(answer.status().as_u16()) {
            return Err(self.link.failure(kind));
        }
        let Answer { allow_destructive } =
            serde_json::from_slice(answer.body()).map_err(|_| self.link.failure(FailureKind::Malformed))?;
        Ok(allow_destructive)
    }
}
