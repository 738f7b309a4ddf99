//! A request on its way to its answer.

use std::sync::Arc;

use axum::http::HeaderMap;
use mana_mcp_service::http::limits::Patience;
use rmcp::model::RequestId;

use super::{addresses::View, message::MethodCall, place::Place, server::Mcp};
use crate::auth::Principal;

/// One request on its way to its answer.
pub(super) struct Exchange {
    pub(super) mcp: Arc<Mcp>,
    pub(super) principal: Principal,
    pub(super) view: View,
    pub(super) headers: HeaderMap,
    pub(super) place: Place,
    pub(super) id: RequestId,
    pub(super) call: MethodCall,
    /// Told where the call may take longer than others.
    pub(super) patience: Patience,
}
