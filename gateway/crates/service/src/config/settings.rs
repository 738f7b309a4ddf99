//! The settings that every service has.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use url::Url;

use super::reader::Reader;
use crate::{
    ServiceInfo,
    logs::{self, LogFormat, LogSettings},
    metrics::Counting,
};

const DEFAULT_LOG: &str = "info";
const DEFAULT_DRAIN_SECONDS: u32 = 10;

/// The settings of a service that needs nothing more, from its environment.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Where to listen (`PORT`, `BIND`); port 0 is any that is free.
    pub listen: SocketAddr,
    /// Logs (`LOG`, `LOG_FORMAT`).
    pub logs: LogSettings,
    /// Whether metrics are counted (`METRICS`).
    pub metrics: Counting,
    /// The trace collector, where traces are exported (`OTEL_EXPORTER_OTLP_ENDPOINT`).
    pub trace_collector: Option<Url>,
    /// How long requests under way may take after the service was asked to stop (`DRAIN_SECONDS`).
    pub drain: Duration,
}

impl ServiceSettings {
    /// Reads those of that service. The port is that one where `PORT` names none.
    pub fn read(reader: &mut Reader<'_>, info: &ServiceInfo, default_port: u16) -> Self {
        Self {
            listen: listen(reader, default_port),
            logs: logs(reader, info),
            metrics: reader.value("METRICS").unwrap_or_default(),
            trace_collector: reader.http_url("OTEL_EXPORTER_OTLP_ENDPOINT"),
            drain: seconds(reader, "DRAIN_SECONDS", DEFAULT_DRAIN_SECONDS),
        }
    }
}

/// Where to listen (`PORT`, `BIND`): on this machine alone, unless it is said otherwise.
pub fn listen(reader: &mut Reader<'_>, default_port: u16) -> SocketAddr {
    let port = reader.plain::<u16>("PORT", "a port from 0 to 65535").unwrap_or(default_port);
    let ip = reader.plain::<IpAddr>("BIND", "an IP address, like 127.0.0.1").unwrap_or(Ipv4Addr::LOCALHOST.into());
    SocketAddr::new(ip, port)
}

/// How that service logs (`LOG`, `LOG_FORMAT`).
pub fn logs(reader: &mut Reader<'_>, info: &ServiceInfo) -> LogSettings {
    let filter = reader.text("LOG").unwrap_or_else(|| DEFAULT_LOG.into());
    if let Err(error) = logs::check_filter(&filter, info.targets.own) {
        reader.problem("LOG", format!("cannot be used: {error}"));
    }
    LogSettings { filter, format: reader.value::<LogFormat>("LOG_FORMAT").unwrap_or_default() }
}

/// A bound: a number from 1 on.
pub fn positive(reader: &mut Reader<'_>, name: &str, default: usize) -> usize {
    reader.plain::<NonZeroUsize>(name, "a number from 1 on").map_or(default, Into::into)
}

/// A time: seconds, from 1 on.
pub fn seconds(reader: &mut Reader<'_>, name: &str, default: u32) -> Duration {
    let seconds = reader.plain::<NonZeroU32>(name, "seconds, a number from 1 on").map_or(default, Into::into);
    Duration::from_secs(seconds.into())
}
