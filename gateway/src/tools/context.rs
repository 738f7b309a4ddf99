//! What a handler may use. A context is made by the pipeline alone, after authentication, space and policy.

use std::sync::Arc;

use super::{ToolError, ToolServices};
use crate::{
    auth::SpaceAccess,
    backend::Space,
    data::{AgentActor, Caller, Record, Table},
    decode::{Date, Timestamp},
    policy::Permit,
};

/// One permitted call: who calls, in which space, when, and the services.
#[derive(Debug)]
pub struct ToolContext {
    services: Arc<ToolServices>,
    access: SpaceAccess,
    agent: AgentActor,
    now: Timestamp,
    /// Held as the proof that the gate was asked.
    _permit: Permit,
}

impl ToolContext {
    pub(super) fn new(services: Arc<ToolServices>, access: SpaceAccess, agent: AgentActor, permit: Permit) -> Self {
        Self { services, access, agent, now: Timestamp::now(), _permit: permit }
    }

    /// The time of the call; the same throughout it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The day of the call, in UTC.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now.date()
    }

    /// The id of the active space.
    #[must_use]
    pub fn space_id(&self) -> &str {
        &self.access.space().id
    }

    /// The table of `R`'s rows in the active space.
    ///
    /// # Errors
    /// The user's key cannot be had, for a table with encrypted fields.
    pub async fn table<R: Record>(&self) -> Result<Table<R>, ToolError> {
        let principal = self.access.principal();
        let caller = Caller {
            user: principal.user().as_str().to_owned(),
            token: principal.token().clone(),
            space: self.access.space().id.clone(),
            personal_space: self.access.personal_space().to_owned(),
            spaces: Arc::clone(self.access.spaces()),
        };
        Ok(self.services.data.table(caller, self.now, self.agent.clone()).await?)
    }

    /// The spaces that the caller is a member of.
    ///
    /// # Errors
    /// The identity service does not answer.
    pub async fn spaces(&self) -> Result<Arc<[Arc<Space>]>, ToolError> {
        Ok(self.services.spaces.spaces(self.access.principal()).await?)
    }
}
