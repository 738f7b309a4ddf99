//! The services that this gateway is connected to, each with its entry, its link and the look that says whether it answers.
//! Readiness and gauges go through them and name none.

use std::{fmt, sync::Arc};

use futures::future::BoxFuture;
use mana_mcp_runtime::failure::{BackendError, Service};
use mana_mcp_service::http::permits::Load;

use super::{
    catalog_services::ServiceClients,
    identity::IdentityClient,
    link::{Link, Linked},
    platform::{IDENTITY, POLICY, Platform, SYNC},
    probe::Answering,
    space_policies::SpacePoliciesClient,
    sync::SyncClient,
};

/// Asks a service whether it answers.
pub(crate) type Look = Arc<dyn Fn() -> BoxFuture<'static, Result<Answering, BackendError>> + Send + Sync>;

/// A service that this gateway is connected to.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) service: Service,
    pub(crate) setting: &'static str,
    /// Whether nothing works without it.
    pub(crate) is_needed: bool,
    link: Link,
    look: Option<Look>,
}

impl Backend {
    fn of_platform(entry: &Platform, client: &impl Linked) -> Self {
        let Platform { service, setting, is_needed, .. } = *entry;
        Self { service, setting, is_needed, link: client.link().clone(), look: None }
    }

    /// With a look at the service that says whether it answers.
    fn looked_at<C, F>(self, client: &C, probe: impl Fn(C) -> F + Send + Sync + 'static) -> Self
    where
        C: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Answering, BackendError>> + Send + 'static,
    {
        let client = client.clone();
        Self { look: Some(Arc::new(move || Box::pin(probe(client.clone())))), ..self }
    }

    /// The look at the service, where there is one.
    pub(crate) fn look(&self) -> Option<Look> {
        self.look.clone()
    }

    /// The requests under way, with those that wait, and how many there may be.
    pub(crate) fn load(&self) -> Load {
        self.link.load()
    }

    /// Whether the service is left alone at this moment.
    pub(crate) fn is_suspended(&self) -> bool {
        self.link.is_suspended()
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("service", &self.service).finish_non_exhaustive()
    }
}

/// The services that this gateway is connected to: those of the platform, then those of the catalog. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Backends(Arc<[Backend]>);

impl Backends {
    pub(crate) fn of(
        identity: &IdentityClient,
        sync: &SyncClient,
        policy: Option<&SpacePoliciesClient>,
        catalog: &ServiceClients,
    ) -> Self {
        let identity = Backend::of_platform(&IDENTITY, identity)
            .looked_at(identity, async |client: IdentityClient| client.probe().await);
        let sync = Backend::of_platform(&SYNC, sync).looked_at(sync, async |client: SyncClient| client.probe().await);
        let policy = policy.map(|client| Backend::of_platform(&POLICY, client));
        let catalog = catalog.all().iter().map(|client| {
            let (service, setting) = (Service::Catalog(client.service().name), client.service().setting);
            let link = client.link().clone();
            let backend = Backend { service, setting, is_needed: false, link, look: None };
            backend.looked_at(client, async |client| client.probe().await)
        });
        Self([identity, sync].into_iter().chain(policy).chain(catalog).collect())
    }

    pub(crate) fn all(&self) -> &[Backend] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{PLATFORM, ServiceKey, Transport};

    fn backends() -> Backends {
        let transport = || Transport::tcp("http://127.0.0.1:1".parse().unwrap()).unwrap();
        let key: ServiceKey = "a-key-that-is-long-enough-to-be-one".parse().unwrap();
        let policy = SpacePoliciesClient::new(transport(), key);
        let (identity, sync) = (IdentityClient::new(transport()), SyncClient::new(transport()));
        Backends::of(&identity, &sync, Some(&policy), &ServiceClients::default())
    }

    #[test]
    fn every_entry_has_all_its_parts() {
        let settings = include_str!("../../../docs/operations.md");
        let metrics = include_str!("../../../docs/metrics.md");
        let backends = backends();
        for entry in PLATFORM {
            let Platform { service, setting, routes, is_needed } = entry;
            let name = service.name();
            assert!(matches!(service, Service::Platform(_)), "{name}");
            assert!(!routes.is_empty() && routes.iter().all(|route| route.service() == *service), "{name}");
            assert!(settings.contains(&format!("`{setting}`")), "docs/operations.md does not name {setting}");
            assert!(metrics.contains(&format!("`{name}`")), "docs/metrics.md does not name {name}");
            let backend = backends.all().iter().find(|backend| backend.service == *service);
            let backend = backend.unwrap_or_else(|| panic!("{name} is not among those that are connected to"));
            assert_eq!((backend.setting, backend.is_needed), (*setting, *is_needed), "{name}");
            assert_eq!(backend.look().is_some(), *is_needed, "{name}: what is needed is looked at");
            assert_eq!(PLATFORM.iter().filter(|other| other.service == *service).count(), 1, "{name}");
        }
        assert_eq!(backends.all().len(), PLATFORM.len());
    }
}
