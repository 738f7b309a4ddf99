//! Which destructive tools a space has opted into, for all its members. Empty by default. What a name means is decided
//! where it is read: one that is not a destructive tool of the catalog is logged, and allows nothing.

mod configured;
mod service;
mod space;

use std::{collections::BTreeMap, sync::Arc};

pub use configured::{ConfiguredOptIns, MalformedOptIn};
use service::ServiceOptIns;
pub use space::SpaceOptIns;

use crate::{backend::SpacePoliciesClient, telemetry::Metrics};
use mana_mcp_runtime::tool::Catalog;

/// The opt-ins of all sources together: a space allows what any of them says.
#[derive(Debug)]
pub(super) struct OptIns {
    configured: BTreeMap<String, SpaceOptIns>,
    service: Option<ServiceOptIns>,
}

impl OptIns {
    pub(super) fn new(
        configured: &ConfiguredOptIns,
        catalog: &'static Catalog,
        service: Option<SpacePoliciesClient>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let service = service.map(|client| ServiceOptIns::new(client, catalog, Arc::clone(metrics)));
        Self { configured: configured.resolved(catalog), service }
    }

    /// What a space has opted into. The policy service is asked where there is one: only for tools that need it.
    pub(super) async fn of(&self, space: &str) -> SpaceOptIns {
        let mut allowed = self.configured.get(space).cloned().unwrap_or_default();
        if let Some(service) = &self.service {
            allowed.add(&*service.of(space).await);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::testing::CATALOG;

    fn opt_ins(configured: &ConfiguredOptIns) -> OptIns {
        OptIns::new(configured, &CATALOG, None, &Arc::new(Metrics::new(&CATALOG).unwrap()))
    }

    #[tokio::test]
    async fn opt_ins_are_kept_per_space() {
        let configured = ConfiguredOptIns::parse(" a:user.destroy, b:x:admin_destroy ,").unwrap();
        assert!(configured.unknown(&CATALOG).is_empty(), "{configured:?}");
        let opt_ins = opt_ins(&configured);
        let allowed = |name| SpaceOptIns::for_tests(&[CATALOG.find(name).unwrap()]);
        assert_eq!(opt_ins.of("a").await, allowed("user.destroy"));
        assert_eq!(opt_ins.of("b:x").await, allowed("admin.destroy"));
        assert_eq!(opt_ins.of("b").await, SpaceOptIns::default());
    }

    #[test]
    fn names_of_spaces_are_told_from_ids() {
        let list = "7d2c0f3e-90cb-4b1b-8f57-3a1f0f2b8f11:user.destroy,nX3kq0Tz8WpLr5bYv1HcGd7eJmUsAoFi:user.destroy,\
                    foo:user.destroy,my-own-family-space:user.destroy,7d2c…:user.destroy";
        let configured = ConfiguredOptIns::parse(list).unwrap();
        assert_eq!(Vec::from_iter(configured.no_ids()), ["7d2c…", "foo", "my-own-family-space"]);
    }

    #[test]
    fn every_malformed_entry_is_named() {
        let malformed = ConfiguredOptIns::parse("notes.delete,a:notes.delete,:x").unwrap_err();
        let entries: Vec<_> = malformed.iter().map(|problem| problem.entry.as_str()).collect();
        assert_eq!(entries, ["notes.delete", ":x"]);
    }

    #[tokio::test]
    async fn names_that_are_no_destructive_tool_are_told_and_allow_nothing() {
        let configured = ConfiguredOptIns::parse(" a:user.read, b:no.such.tool ,").unwrap();
        assert_eq!(Vec::from_iter(configured.unknown(&CATALOG)), ["no.such.tool", "user.read"]);
        let opt_ins = opt_ins(&configured);
        for space in ["a", "b", "c"] {
            assert_eq!(opt_ins.of(space).await, SpaceOptIns::default());
        }
    }
}
