//! The protocol revisions that are served.

use axum::http::HeaderMap;
use rmcp::model::ProtocolVersion;

/// The stateless revision.
pub(super) const MODERN: ProtocolVersion = ProtocolVersion::V_2026_07_28;
/// The revisions with `initialize` and sessions, oldest first. Their places stand in sealed session ids: append only.
pub(super) const LEGACY: [ProtocolVersion; 3] =
    [ProtocolVersion::V_2025_03_26, ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25];
/// Every revision served, oldest first.
pub(super) const SUPPORTED: &[ProtocolVersion] = &[
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// The header that names the revision of a request.
pub(super) const VERSION_HEADER: &str = "mcp-protocol-version";

/// The two designs that the served revisions have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Revision {
    /// 2026-07-28: each request stands alone.
    Stateless,
    /// The earlier ones: requests belong to sessions.
    Sessions,
}

/// Whether only a request of the stateless revision is meant: by its headers alone, for methods without a body.
pub(super) fn is_modern(headers: &HeaderMap) -> bool {
    headers.get(VERSION_HEADER).is_some_and(|version| version.as_bytes() >= MODERN.as_str().as_bytes())
}
