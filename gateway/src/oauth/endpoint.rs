//! Which endpoint a `resource` is (RFC 8707).

use std::net::SocketAddr;

use mana_mcp_runtime::tool::Catalog;
use url::{Host, Url};

use crate::mcp::is_endpoint;

/// The path of the endpoint, if the resource is one of the gateway that listens there. Each name of this machine means it; a
/// query is the endpoint's matter.
pub(super) fn of_resource(resource: &str, address: SocketAddr, catalog: &Catalog) -> Option<String> {
    let url = Url::parse(resource).ok()?;
    let is_here = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => address.ip() == ip || ip.is_loopback(),
        Host::Ipv6(ip) => address.ip() == ip || ip.is_loopback(),
    };
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let is_ours = url.scheme() == "http" && url.port_or_known_default() == Some(address.port());
    let path = url.path().trim_end_matches('/');
    (is_here && is_bare && is_ours && is_endpoint(catalog, path)).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::testing::CATALOG;

    #[test]
    fn a_resource_is_an_endpoint_of_this_gateway() {
        let endpoint = |resource| of_resource(resource, "127.0.0.1:3069".parse().unwrap(), &CATALOG);
        for (resource, path) in [
            ("http://127.0.0.1:3069/mcp", "/mcp"),
            ("http://localhost:3069/mcp/", "/mcp"),
            ("http://[::1]:3069/mcp/readonly?space=x", "/mcp/readonly"),
            ("http://127.0.0.1:3069/mcp/x/user", "/mcp/x/user"),
        ] {
            assert_eq!(endpoint(resource).as_deref(), Some(path), "{resource}");
        }
        for other in [
            "/mcp",
            "http://127.0.0.1:3069/",
            "http://127.0.0.1:3070/mcp",
            "http://127.0.0.1/mcp",
            "https://127.0.0.1:3069/mcp",
            "http://evil.example:3069/mcp",
            "http://a@127.0.0.1:3069/mcp",
            "http://127.0.0.1:3069/mcp#x",
            "http://127.0.0.1:3069/mcp/x/nothing",
        ] {
            assert_eq!(endpoint(other), None, "{other}");
        }
    }
}
