//! What an operator should know about settings, though it keeps nothing from starting.

use mana_mcp_service::config::Reader;

use super::services::Services;
use crate::backend::{CatalogService, IDENTITY, POLICY};

/// Settings of the deployment that are understood, but have no effect.
pub(super) fn unserved(
    reader: &mut Reader<'_>,
    services: Option<&Services>,
    catalog: &[CatalogService],
) -> Vec<String> {
    let mut notices = Vec::new();
    let mut without = |name: &str, missing: &str| {
        if reader.is_set(name) && !reader.is_set(missing) {
            notices.push(format!("{name} has no effect without {missing}"));
        }
    };
    if !catalog.iter().any(|one| one.service.setting == POLICY.setting) {
        without(POLICY.setting, "MANA_SERVICE_KEY");
    }
    without("MANA_MCP_REDIS_TIMEOUT_MS", "REDIS_URL");
    if matches!(services, Some(Services::Standalone { .. })) {
        // These services are in this process, and list spaces to bearers of their tokens.
        for name in ["MANA_SPACES_PATH", "MANA_AUTH_SERVICE_KEY"] {
            without(name, IDENTITY.setting);
        }
        if !reader.is_set(POLICY.setting) && reader.is_set("MANA_SERVICE_KEY") {
            notices.push("MANA_SERVICE_KEY has no effect without MANA_API_URL or MANA_AUTH_URL".into());
        }
    }
    notices
}
