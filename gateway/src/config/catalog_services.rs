//! The services of the catalog: the catalog says which settings hold their addresses.

use std::fmt;

use url::Host;

use mana_mcp_runtime::{service::Service, tool::Catalog};
use mana_mcp_service::config::Reader;

use super::services::Services;
use crate::backend::CatalogService;

/// Those that have one. Tools that need another one are not served.
pub(super) fn read(reader: &mut Reader<'_>, catalog: &Catalog) -> Vec<CatalogService> {
    let mut services = Vec::new();
    for service in catalog.services() {
        let Some(url) = reader.http_url(service.setting) else { continue };
        if url.query().is_some() || url.fragment().is_some() {
            reader.problem(service.setting, "must be scheme, host, and a path at most");
            continue;
        }
        services.push(CatalogService { service, url });
    }
    services
}

/// What an operator should know about them.
pub(super) fn notices(services: &[CatalogService], mode: Option<&Services>) -> Vec<String> {
    let mut notices = Vec::new();
    for CatalogService { service, url } in services {
        let setting = service.setting;
        if matches!(url.host(), Some(Host::Ipv4(address)) if address.is_link_local()) {
            notices.push(format!("{setting} names a link-local address, where clouds keep secrets: is that right?"));
        }
        if service.sends_token && matches!(mode, Some(Services::Standalone { .. })) {
            notices.push(format!(
                "{setting} is set, while this gateway issues its own tokens: the service must trust them, or refuses every call"
            ));
        }
    }
    notices
}

/// The lines of the help for the settings of the catalog's services.
pub(crate) struct SettingsHelp<'a>(pub(crate) &'a Catalog);

impl fmt::Display for SettingsHelp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for service in self.0.services() {
            let Service { setting, name, .. } = service;
            write!(f, "\n  {setting:<28} address of {name}; without it, its tools are not served")?;
        }
        Ok(())
    }
}
