//! What a configuration exposes: the gateway itself to a network, and tokens and keys to those on the way to the services.

use std::net::IpAddr;

use mana_mcp_service::{config::Reader, http::host_origin::AllowedPeers};
use url::{Host, Url};

use super::{
    addresses::{Address, addresses},
    services::{Services, SpacePoliciesSettings},
};
use crate::backend::CatalogService;

/// The standalone mode has a signing key and no guard but this machine's; any other must know its own names, or a web
/// page could address it by a name of its own.
pub(super) fn check_exposure(reader: &mut Reader<'_>, services: &Services, bind: IpAddr, peers: &AllowedPeers) {
    if bind.is_loopback() {
        return;
    }
    match services {
        Services::Standalone { .. } => {
            reader.problem(
                "BIND",
                "must be a loopback address (127.0.0.1) in the standalone mode, which is for one machine",
            );
        }
        Services::Remote { .. } if peers.hosts.is_empty() => {
            let why = "is missing: a gateway that listens beyond this machine must know the hosts by which it is \
                       addressed (or set PUBLIC_URL)";
            reader.problem("ALLOWED_HOSTS", why);
        }
        Services::Remote { .. } => {}
    }
}

/// The services that are reached over a network without TLS.
pub(super) fn plain_http_of(
    reader: &mut Reader<'_>,
    services: Option<&Services>,
    space_policies: Option<&SpacePoliciesSettings>,
    catalog: &[CatalogService],
) -> Vec<&'static str> {
    const ALLOW: &str = "MANA_MCP_ALLOW_PLAIN_HTTP";
    let is_allowed = match reader.text(ALLOW).as_deref() {
        None | Some("off") => false,
        Some("on") => true,
        Some(other) => {
            reader.problem(ALLOW, format!("is `{other}`: expected `on` or `off`"));
            false
        }
    };
    let named = addresses(services, space_policies, catalog);
    let plain = named.filter(|address| !is_allowed && is_plain_and_elsewhere(address.url));
    // Two services may share an address.
    let once = |mut names: Vec<&'static str>, address: Address<'_>| {
        if !names.contains(&address.setting) {
            names.push(address.setting);
        }
        names
    };
    plain.fold(Vec::new(), once)
}

fn is_plain_and_elsewhere(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !is_here
}

/// What is wrong with a service of [`Config::plain_http`](super::Config::plain_http).
#[must_use]
pub fn plain_http(name: &str) -> String {
    format!(
        "{name} begins with http:// and names another machine: tokens, and the keys of users, can be read on the way. Use \
         https://, or set MANA_MCP_ALLOW_PLAIN_HTTP=on if nobody else is on that network"
    )
}
