//! The environment, read once and checked as a whole: all problems are reported together, and what comes out are types.
//! Each component takes its own section.

mod addresses;
mod catalog_services;
mod exposure;
mod names;
mod notices;
mod server;
mod services;
#[cfg(test)]
mod tests;
mod users;

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use url::Url;

use addresses::Address;
pub(crate) use catalog_services::SettingsHelp;
pub use exposure::plain_http;
use exposure::{check_exposure, plain_http_of};
pub use server::ServerSettings;
use server::{listen, server};
pub use services::{Services, SpacePoliciesSettings};
use services::{services, space_policies};
pub use users::UserNaming;

use mana_mcp_runtime::{tool::Catalog, zone::Zone};
pub use mana_mcp_service::config::{ConfigError, Environment, ProcessEnvironment};
use mana_mcp_service::{
    config::{Reader, logs},
    http::host_origin::{AllowedPeers, HostPattern, WebOrigin},
    logs::LogSettings,
    metrics::Counting,
};

use crate::{
    auth::Expectations,
    backend::{CatalogService, MembershipsKey, SpacesAccess},
    mcp::{SessionKey, SessionKeys, ToolNames},
    policy::{Mode, PolicySettings, opt_ins::ConfiguredOptIns},
    shared::redis::{self, RedisSettings, RedisUrl},
    telemetry::INFO,
};

/// The audience of the identity service's tokens, unless `JWT_AUDIENCE` says otherwise.
pub const DEFAULT_AUDIENCE: &str = "mana";
/// The issuer of the standalone identity service's tokens. The same at every port: a token that was issued while the
/// gateway listened elsewhere stays the same user's.
pub const STANDALONE_ISSUER: &str = "http://localhost:3069";

/// A complete, consistent configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen, and how much to take on.
    pub server: ServerSettings,
    /// Who may address the gateway, and from which web pages.
    pub peers: AllowedPeers,
    /// The address under which clients know the gateway, without a trailing slash.
    pub public_url: Option<Url>,
    /// The address of the web application, without a slash at its end.
    pub web_address: Option<Arc<str>>,
    /// The OAuth authorization servers that issue tokens for the gateway, as its metadata names them.
    pub authorization_servers: Vec<Url>,
    /// What tokens must say.
    pub tokens: Expectations,
    /// The services behind the gateway.
    pub services: Services,
    /// The services of the catalog that have an address.
    pub catalog_services: Vec<CatalogService>,
    /// The ways to a user's spaces.
    pub spaces: SpacesAccess,
    /// The time zone of requests that name none.
    pub time_zone: Zone,
    /// Seal session ids and questions for consent. Where none is given, a key is kept in the data folder, or is random for
    /// each process.
    pub session_keys: Option<SessionKeys>,
    /// Spelling of tool names in lists.
    pub tool_names: ToolNames,
    /// The policy gate.
    pub policy: PolicySettings,
    /// The service that says what spaces allow, besides the policy's own settings.
    pub space_policies: Option<SpacePoliciesSettings>,
    /// What the gateways of a deployment share.
    pub redis: Option<RedisSettings>,
    /// Whether metrics are counted.
    pub metrics: Counting,
    /// Logs.
    pub log: LogSettings,
    /// The trace collector, where traces are exported.
    pub trace_collector: Option<Url>,
    /// The settings that name a service beyond this machine by `http://`, unless that is allowed.
    pub plain_http: Vec<&'static str>,
    /// What an operator should know, though it keeps nothing from starting.
    pub notices: Vec<String>,
}

impl Config {
    /// The services that are reached at an address: all, but those in this process.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Address<'_>> {
        addresses::addresses(Some(&self.services), self.space_policies.as_ref(), &self.catalog_services)
    }

    /// Reads and checks the environment of a gateway that serves that catalog.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(environment: &dyn Environment, catalog: &Catalog) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let mut config = Self::assemble(&mut reader, catalog);
        reader.refuse_unknown(names::OWN);
        if let Some(config) = &mut config {
            config.notices.extend(reader.misspelt(names::OWN));
        }
        reader.finish(config)
    }

    /// Only the folder of the standalone services, for commands that need nothing else.
    ///
    /// # Errors
    /// What is wrong with the settings that decide it.
    pub fn services(environment: &dyn Environment) -> Result<Services, ConfigError> {
        let mut reader = Reader::new(environment);
        let services = services(&mut reader);
        reader.finish(services)
    }

    /// Only the services of the catalog.
    ///
    /// # Errors
    /// What is wrong with the settings that hold their addresses.
    pub fn catalog_services(
        environment: &dyn Environment,
        catalog: &Catalog,
    ) -> Result<Vec<CatalogService>, ConfigError> {
        let mut reader = Reader::new(environment);
        let services = catalog_services::read(&mut reader, catalog);
        reader.finish(Some(services))
    }

    /// Only the address of the gateway on this machine.
    ///
    /// # Errors
    /// What is wrong with the settings that decide it.
    pub fn listen(environment: &dyn Environment) -> Result<SocketAddr, ConfigError> {
        let mut reader = Reader::new(environment);
        let listen = listen(&mut reader);
        reader.finish(Some(listen))
    }

    /// Only how to log.
    ///
    /// # Errors
    /// What is wrong with the settings that decide it.
    pub fn log(environment: &dyn Environment) -> Result<LogSettings, ConfigError> {
        let mut reader = Reader::new(environment);
        let log = logs(&mut reader, &INFO);
        reader.finish(Some(log))
    }

    fn assemble(reader: &mut Reader<'_>, catalog: &Catalog) -> Option<Self> {
        let services = services(reader);
        let public_url = public_url(reader);
        let web_address = web_address(reader);
        let server = server(reader);
        let peers = peers(reader, server.listen.ip(), public_url.as_ref());
        let session_keys = session_keys(reader);
        let authorization_servers = reader.http_urls("AUTHORIZATION_SERVERS");
        let tokens = tokens(reader, services.as_ref());
        let policy = policy(reader);
        let space_policies = space_policies(reader);
        let catalog_services = catalog_services::read(reader, catalog);
        let spaces = spaces(reader);
        let time_zone = time_zone(reader, services.as_ref());
        let redis = redis(reader);
        let tool_names = reader.value("TOOL_NAMES").unwrap_or_default();
        let metrics = reader.value("METRICS").unwrap_or_default();
        let log = logs(reader, &INFO);
        let trace_collector = reader.http_url("OTEL_EXPORTER_OTLP_ENDPOINT");
        if let Some(services) = &services {
            check_exposure(reader, services, server.listen.ip(), &peers);
        }
        let plain_http = plain_http_of(reader, services.as_ref(), space_policies.as_ref(), &catalog_services);
        let mut notices = notices::unserved(reader, services.as_ref(), &catalog_services);
        notices.extend(catalog_services::notices(&catalog_services, services.as_ref()));
        for name in policy.opt_ins.unknown(catalog) {
            notices.push(format!(
                "POLICY_ALLOW_DESTRUCTIVE names `{name}`, which is no destructive tool of the catalog: it allows nothing"
            ));
        }
        for space in policy.opt_ins.no_ids() {
            notices.push(format!(
                "POLICY_ALLOW_DESTRUCTIVE names the space `{space}`, which looks like no id: it takes the ids of spaces \
                 (`spaces.list` tells them), not their names or slugs"
            ));
        }
        let services = services?;
        if session_keys.is_none() && matches!(services, Services::Remote { .. }) {
            notices.push(
                "SESSION_KEY is not set: sessions and questions for consent end when this process does, and other \
                 replicas do not know them"
                    .into(),
            );
        }
        Some(Self {
            server,
            peers,
            public_url,
            web_address,
            authorization_servers,
            tokens,
            services,
            catalog_services,
            spaces,
            time_zone,
            session_keys,
            tool_names,
            policy,
            space_policies,
            redis,
            metrics,
            log,
            trace_collector,
            plain_http,
            notices,
        })
    }
}

/// The present key first, then former ones.
fn session_keys(reader: &mut Reader<'_>) -> Option<SessionKeys> {
    let keys = reader.list::<SessionKey>("SESSION_KEY");
    (!keys.is_empty()).then(|| SessionKeys::new(keys))
}

fn public_url(reader: &mut Reader<'_>) -> Option<Url> {
    let url = reader.http_url("PUBLIC_URL")?;
    if url.query().is_some() || url.fragment().is_some() {
        reader.problem("PUBLIC_URL", "must be scheme, host, and a path at most");
        return None;
    }
    if url.path().trim_end_matches('/').ends_with("/mcp") {
        reader.problem("PUBLIC_URL", "is the address in front of /mcp: leave that part out");
        return None;
    }
    Some(url)
}

fn web_address(reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let url = reader.http_url("WEB_BASE_URL")?;
    if url.query().is_some() || url.fragment().is_some() {
        reader.problem("WEB_BASE_URL", "must be scheme, host, and a path at most");
        return None;
    }
    Some(url.as_str().trim_end_matches('/').into())
}

fn peers(reader: &mut Reader<'_>, bind: IpAddr, public_url: Option<&Url>) -> AllowedPeers {
    let mut hosts = reader.list::<HostPattern>("ALLOWED_HOSTS");
    hosts.extend(public_url.and_then(HostPattern::of_url));
    AllowedPeers { hosts, origins: reader.list::<WebOrigin>("CORS_ORIGINS"), loopback: bind.is_loopback() }
}

fn tokens(reader: &mut Reader<'_>, services: Option<&Services>) -> Expectations {
    let audience = reader.text("JWT_AUDIENCE");
    let issuer = reader.text("JWT_ISSUER");
    if !matches!(services, Some(Services::Standalone { .. })) {
        return Expectations {
            audience: audience.unwrap_or_else(|| DEFAULT_AUDIENCE.into()),
            issuer,
            own_issuer: None,
        };
    }
    // The standalone identity service says what it says; another expectation would refuse every token.
    if audience.is_some_and(|audience| audience != DEFAULT_AUDIENCE) {
        reader.problem("JWT_AUDIENCE", "cannot be changed in the standalone mode, whose tokens are for `mana`");
    }
    if issuer.is_some_and(|issuer| issuer != STANDALONE_ISSUER) {
        reader.problem("JWT_ISSUER", "cannot be set in the standalone mode, which issues its own tokens");
    }
    Expectations { audience: DEFAULT_AUDIENCE.into(), issuer: Some(STANDALONE_ISSUER.into()), own_issuer: None }
}

fn policy(reader: &mut Reader<'_>) -> PolicySettings {
    const DEFAULT_RATE: NonZeroU32 = NonZeroU32::new(30).unwrap();
    let opt_ins = match ConfiguredOptIns::parse(&reader.text("POLICY_ALLOW_DESTRUCTIVE").unwrap_or_default()) {
        Ok(opt_ins) => opt_ins,
        Err(malformed) => {
            for entry in malformed {
                reader.problem("POLICY_ALLOW_DESTRUCTIVE", entry.to_string());
            }
            ConfiguredOptIns::default()
        }
    };
    PolicySettings {
        mode: reader.value::<Mode>("POLICY_MODE").unwrap_or_default(),
        rate_limit_per_minute: reader.plain("RATE_LIMIT_PER_MINUTE", "a number from 1 on").unwrap_or(DEFAULT_RATE),
        opt_ins,
    }
}

/// The key of the other services serves for memberships too, unless there is one for that.
fn spaces(reader: &mut Reader<'_>) -> SpacesAccess {
    let own = reader.secret("MANA_AUTH_SERVICE_KEY").map(MembershipsKey::Own);
    let key = own.or_else(|| reader.secret("MANA_SERVICE_KEY").map(MembershipsKey::Shared));
    SpacesAccess { path: reader.value("MANA_SPACES_PATH").unwrap_or_default(), key }
}

/// Standalone users are people at this machine; those of a deployment may be anywhere.
fn time_zone(reader: &mut Reader<'_>, services: Option<&Services>) -> Zone {
    reader.value("DEFAULT_TIME_ZONE").unwrap_or_else(|| match services {
        Some(Services::Standalone { .. }) => Zone::of_system(),
        Some(Services::Remote { .. }) | None => Zone::UTC,
    })
}

fn redis(reader: &mut Reader<'_>) -> Option<RedisSettings> {
    let expected = "milliseconds, a number from 1 on";
    let timeout = reader.plain::<NonZeroU32>("MANA_MCP_REDIS_TIMEOUT_MS", expected);
    let timeout = timeout.map_or(redis::DEFAULT_TIMEOUT, |millis| Duration::from_millis(u32::from(millis).into()));
    Some(RedisSettings { url: reader.secret::<RedisUrl>("REDIS_URL")?, timeout })
}
