//! The names of the gateway's own settings.

use mana_mcp_service::config::OwnSettings;

/// Those with its own prefix; the others are named where they are read.
pub(super) const OWN: OwnSettings = OwnSettings {
    prefix: "MANA_MCP_",
    known: &[
        "MANA_MCP_ALLOW_PLAIN_HTTP",
        "MANA_MCP_MAX_ANSWERS_BYTES",
        "MANA_MCP_MAX_BODIES_BYTES",
        "MANA_MCP_MAX_BODY_BYTES",
        "MANA_MCP_MAX_CONNECTIONS",
        "MANA_MCP_MAX_CONNECTIONS_PER_ADDRESS",
        "MANA_MCP_MAX_IN_FLIGHT",
        "MANA_MCP_MAX_REPLICA_BYTES",
        "MANA_MCP_REQUEST_TIMEOUT_SECONDS",
        "MANA_MCP_DRAIN_SECONDS",
        "MANA_MCP_REDIS_TIMEOUT_MS",
    ],
};
