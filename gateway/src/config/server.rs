//! Where to listen, and how much to take on.

use std::{net::SocketAddr, time::Duration};

use mana_mcp_service::{
    config::{self, Reader, positive, seconds},
    http::{connections::ConnectionLimits, server::ServerLimits},
};

use crate::data::DEFAULT_REPLICA_BYTES;

const DEFAULT_PORT: u16 = 3069;

/// Where to listen, and how much to take on.
#[derive(Debug, Clone, Copy)]
pub struct ServerSettings {
    /// The address.
    pub listen: SocketAddr,
    /// Times of connections and of the drain.
    pub limits: ServerLimits,
    /// Connections at once.
    pub connections: ConnectionLimits,
    /// Requests under way at once.
    pub max_in_flight: usize,
    /// Greatest request body, in bytes.
    pub max_body: usize,
    /// Bytes of all request bodies at once.
    pub max_bodies: usize,
    /// Bytes of all answers that are not written yet.
    pub max_answers: usize,
    /// Bytes of all replicas of users' rows.
    pub max_replicas: usize,
    /// Longest time for a request.
    pub request_timeout: Duration,
}

pub(super) fn listen(reader: &mut Reader<'_>) -> SocketAddr {
    config::listen(reader, DEFAULT_PORT)
}

pub(super) fn server(reader: &mut Reader<'_>) -> ServerSettings {
    let listen = listen(reader);
    let max_body = positive(reader, "MANA_MCP_MAX_BODY_BYTES", 4 * 1024 * 1024);
    let max_in_flight = positive(reader, "MANA_MCP_MAX_IN_FLIGHT", 256);
    let all = positive(reader, "MANA_MCP_MAX_CONNECTIONS", 1024);
    let of_address = positive(reader, "MANA_MCP_MAX_CONNECTIONS_PER_ADDRESS", all.div_ceil(4) * 3);
    let max_bodies = positive(reader, "MANA_MCP_MAX_BODIES_BYTES", 64 << 20);
    let max_answers = positive(reader, "MANA_MCP_MAX_ANSWERS_BYTES", 64 << 20);
    let max_replicas = positive(reader, "MANA_MCP_MAX_REPLICA_BYTES", DEFAULT_REPLICA_BYTES);
    let request_timeout = seconds(reader, "MANA_MCP_REQUEST_TIMEOUT_SECONDS", 30);
    let drain = seconds(reader, "MANA_MCP_DRAIN_SECONDS", 10);
    ServerSettings {
        listen,
        limits: ServerLimits::new(drain),
        connections: ConnectionLimits { all, of_address },
        max_in_flight,
        max_body,
        max_bodies,
        max_answers,
        max_replicas,
        request_timeout,
    }
}
