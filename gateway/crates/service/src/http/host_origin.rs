//! Which `Host` and `Origin` are served. A web page that rebinds a name to this machine, or calls across origins, is
//! turned away before anything else is done.

use std::{fmt, str::FromStr};

use axum::extract::Request;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header, uri::Authority};
use thiserror::Error;
use url::{Host, Url};

use super::refused::Refused;

/// A host, with a port where only that one is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    host: String,
    port: Option<u16>,
}

/// A web origin: scheme, host and port (RFC 6454).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin(url::Origin);

/// The text is not a host name with an optional port.
#[derive(Debug, Error)]
#[error("`{0}` is not a host name with an optional port, like mcp.example.org or mcp.example.org:8443")]
pub struct HostPatternError(String);

/// The text is not a web origin.
#[derive(Debug, Error)]
#[error("`{0}` is not a web origin like https://app.example.org (scheme, host and port alone)")]
pub struct WebOriginError(String);

/// Who may address the service, and from where.
#[derive(Debug, Clone, Default)]
pub struct AllowedPeers {
    /// Hosts that requests may name.
    pub hosts: Vec<HostPattern>,
    /// Web pages that may call.
    pub origins: Vec<WebOrigin>,
    /// Also this machine by its own names, at any port: for a service that listens on a loopback address.
    pub loopback: bool,
}

impl HostPattern {
    /// The host and port of a URL.
    #[must_use]
    pub fn of_url(url: &Url) -> Option<Self> {
        Some(Self { host: url.host_str()?.to_owned(), port: url.port() })
    }

    fn matches(&self, host: &str, port: Option<u16>) -> bool {
        self.host.eq_ignore_ascii_case(host) && self.port.is_none_or(|expected| Some(expected) == port)
    }
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || HostPatternError(text.to_owned());
        let (host, port) = host_and_port(text).ok_or_else(fault)?;
        Host::parse(&host).map_err(|_| fault())?;
        Ok(Self { host, port })
    }
}

impl FromStr for WebOrigin {
    type Err = WebOriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || WebOriginError(text.to_owned());
        let url = Url::parse(text).map_err(|_| fault())?;
        let is_bare =
            url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        match url.origin() {
            origin @ url::Origin::Tuple(..) if is_bare && !text.ends_with('/') => Ok(Self(origin)),
            _ => Err(fault()),
        }
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.ascii_serialization())
    }
}

impl AllowedPeers {
    /// Turns away pages of other origins. A request of no page has none.
    ///
    /// # Errors
    /// The page may not call.
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refused> {
        if headers.get_all(header::ORIGIN).iter().all(|origin| self.allows_origin(origin)) {
            return Ok(());
        }
        let why = "web pages of this Origin may not call here; the operator can allow it in CORS_ORIGINS";
        Err(Refused::of_request(StatusCode::FORBIDDEN, why))
    }

    /// Turns away requests for other hosts.
    ///
    /// # Errors
    /// The host is not served.
    pub fn check_host(&self, request: &Request) -> Result<(), Refused> {
        if self.allows_host(request.headers(), request.uri()) {
            return Ok(());
        }
        let why = "this Host is not served here; the operator can allow it in ALLOWED_HOSTS";
        Err(Refused::of_request(StatusCode::FORBIDDEN, why))
    }

    /// Turns away requests for other names where only this machine can ask: such a name was bound to it for a web page. A
    /// machine's number is no name, probes of old name nothing, and where others can ask, probes and scrapers know the service
    /// by names of their own.
    ///
    /// # Errors
    /// The name is not served.
    pub fn check_name(&self, request: &Request) -> Result<(), Refused> {
        let is_nameless = request.uri().authority().is_none() && !request.headers().contains_key(header::HOST);
        let is_number = |(host, _): (String, _)| matches!(Host::parse(&host), Ok(Host::Ipv4(_) | Host::Ipv6(_)));
        if !self.loopback || is_nameless || host_of(request.headers(), request.uri()).is_some_and(is_number) {
            return Ok(());
        }
        self.check_host(request)
    }

    /// Whether requests may address that host.
    fn allows_host(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let Some((host, port)) = host_of(headers, uri) else { return false };
        (self.loopback && is_loopback(&host)) || self.hosts.iter().any(|allowed| allowed.matches(&host, port))
    }

    /// Whether web pages of that origin may call.
    pub(crate) fn allows_origin(&self, origin: &HeaderValue) -> bool {
        // `null` is every page that hides where it comes from.
        let text = origin.to_str().unwrap_or_default();
        let Ok(WebOrigin(origin)) = text.parse() else { return false };
        // Browsers send an origin as it is serialized, and web pages have these schemes alone. The parser is more generous.
        let is_web = text.starts_with("http://") || text.starts_with("https://");
        if !is_web || !is_serialized(text, &origin) {
            return false;
        }
        let is_own = match &origin {
            url::Origin::Tuple(_, host, _) => self.loopback && is_loopback(&host.to_string()),
            url::Origin::Opaque(_) => false,
        };
        is_own || self.origins.iter().any(|allowed| allowed.0 == origin)
    }
}

/// Whether that text is how the origin is written, with the scheme's own port or without it.
fn is_serialized(text: &str, origin: &url::Origin) -> bool {
    let serialized = origin.ascii_serialization();
    let port = if serialized.starts_with("https:") { ":443" } else { ":80" };
    text == serialized || text.strip_suffix(port).is_some_and(|text| text == serialized)
}

/// The host that a request names, where it names one.
fn host_of(headers: &HeaderMap, uri: &Uri) -> Option<(String, Option<u16>)> {
    // HTTP/2 names the host in the target; HTTP/1.1 in the header, given once.
    let mut named = headers.get_all(header::HOST).iter();
    match (uri.authority(), named.next(), named.next()) {
        (Some(authority), _, None) => host_and_port(authority.as_str()),
        (None, Some(host), None) => host_and_port(host.to_str().ok()?),
        _ => None,
    }
}

fn host_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    let authority: Authority = authority.parse().ok()?;
    let host = authority.host();
    // What stands behind the host is a port, or the whole is nothing that a client sends.
    let port = match authority.as_str().strip_prefix(host)? {
        "" => None,
        // A number may have a sign for the parser, but not in a URL.
        port => Some(port.strip_prefix(':').filter(|port| port.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?),
    };
    (!host.is_empty()).then(|| (host.to_ascii_lowercase(), port))
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "::1")
}
