//! The addresses of all services behind the gateway, one beside the other.

use mana_mcp_runtime::failure::Service;
use url::Url;

use super::services::{Services, SpacePoliciesSettings};
use crate::backend::{CatalogService, IDENTITY, POLICY, Platform, SYNC};

/// A service at an address of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address<'a> {
    pub(crate) service: Service,
    /// The setting that holds the address.
    pub(crate) setting: &'static str,
    pub(crate) url: &'a Url,
    /// Whether tools work with it: the policy alone asks the others.
    pub(crate) serves_tools: bool,
}

impl<'a> Address<'a> {
    fn of_platform(entry: &Platform, url: &'a Url) -> Self {
        Self { service: entry.service, setting: entry.setting, url, serves_tools: entry.is_needed }
    }

    fn of_catalog(CatalogService { service, url }: &'a CatalogService) -> Self {
        Self { service: Service::Catalog(service.name), setting: service.setting, url, serves_tools: true }
    }
}

/// In the order of the table of services.
pub(super) fn addresses<'a>(
    services: Option<&'a Services>,
    policy: Option<&'a SpacePoliciesSettings>,
    catalog: &'a [CatalogService],
) -> impl Iterator<Item = Address<'a>> {
    let own = match services {
        Some(Services::Remote { auth, sync }) => vec![(&IDENTITY, auth), (&SYNC, sync)],
        Some(Services::Standalone { .. }) | None => Vec::new(),
    };
    let platform = own.into_iter().chain(policy.map(|settings| (&POLICY, &settings.url)));
    let platform = platform.map(|(entry, url)| Address::of_platform(entry, url));
    platform.chain(catalog.iter().map(Address::of_catalog))
}
