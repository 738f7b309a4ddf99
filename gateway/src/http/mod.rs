//! HTTP of a gateway, on what any service has of it (`mana_mcp_service::http`): one file per duty. The order of the duties
//! stands in [`front`].

pub mod authentication;
pub mod front;
pub(crate) mod missing_scopes;
pub(crate) mod readiness;
pub mod well_known;

use crate::mcp::{Refusal, UnreadId};
