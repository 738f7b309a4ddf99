//! Where to listen, and how much to take on.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use super::reader::Reader;
use crate::{
    data::DEFAULT_REPLICA_BYTES,
    http::{connections::ConnectionLimits, server::ServerLimits},
};

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
    let port = reader.plain::<u16>("PORT", "a port from 0 to 65535").unwrap_or(DEFAULT_PORT);
    let ip = reader.plain::<IpAddr>("BIND", "an IP address, like 127.0.0.1").unwrap_or(Ipv4Addr::LOCALHOST.into());
    SocketAddr::new(ip, port)
}

pub(super) fn server(reader: &mut Reader<'_>) -> ServerSettings {
    let listen = listen(reader);
    let mut bound = |name: &'static str, default: usize| {
        reader.plain::<NonZeroUsize>(name, "a number from 1 on").map_or(default, Into::into)
    };
    let max_body = bound("MANA_MCP_MAX_BODY_BYTES", 4 * 1024 * 1024);
    let max_in_flight = bound("MANA_MCP_MAX_IN_FLIGHT", 256);
    let all = bound("MANA_MCP_MAX_CONNECTIONS", 1024);
    let of_address = bound("MANA_MCP_MAX_CONNECTIONS_PER_ADDRESS", all.div_ceil(4) * 3);
    let max_bodies = bound("MANA_MCP_MAX_BODIES_BYTES", 64 << 20);
    let max_answers = bound("MANA_MCP_MAX_ANSWERS_BYTES", 64 << 20);
    let max_replicas = bound("MANA_MCP_MAX_REPLICA_BYTES", DEFAULT_REPLICA_BYTES);
    let mut seconds = |name: &'static str, default: u32| {
        Duration::from_secs(
            reader.plain::<NonZeroU32>(name, "seconds, a number from 1 on").map_or(default, Into::into).into(),
        )
    };
    let request_timeout = seconds("MANA_MCP_REQUEST_TIMEOUT_SECONDS", 30);
    let drain = seconds("MANA_MCP_DRAIN_SECONDS", 10);
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
