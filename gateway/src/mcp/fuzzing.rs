//! What fuzz targets read of messages and session ids.

use std::sync::Arc;

use axum::response::IntoResponse;
use futures::executor::block_on;
use rmcp::model::ProtocolVersion;

use super::{
    message::Message,
    session::{SealedSessions, Session, SessionKeys},
};
use crate::{auth::fuzzing::user, telemetry::Metrics};

/// Reads a message. One that is refused is the client's fault, and what is read is JSON.
pub fn message(body: &[u8]) {
    match Message::parse(body) {
        Ok(_) => assert!(serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()),
        Err(refusal) => assert!(refusal.into_response().status().is_client_error()),
    }
}

/// Sealed sessions of one key.
pub struct SessionIds(SealedSessions);

impl Default for SessionIds {
    fn default() -> Self {
        Self(SealedSessions::new(&SessionKeys::new(Vec::new()), None, &Arc::new(Metrics::off())))
    }
}

impl SessionIds {
    /// Opens a session id, which nobody has sealed; and one whose client has that name, for its owner alone.
    pub fn open(&self, text: &str) {
        let owner = user("ada");
        let open = |id: &str, user| block_on(self.0.open(id, user));
        assert!(open(text, &owner).is_err(), "a session that was never sealed");
        let session = Session { version: ProtocolVersion::V_2025_06_18, client: text.to_owned() };
        let Some(id) = self.0.seal(&owner, &session) else { return };
        assert!(open(&id, &owner).is_ok_and(|opened| text.starts_with(&opened.client)));
        assert!(open(&id, &user("eve")).is_err());
    }
}
