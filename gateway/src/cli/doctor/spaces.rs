//! What the doctor finds about the ways to users' spaces: with a user's token both are tried, without one the gateway's key.

use super::{Findings, told};
use crate::{
    auth::{NoSource, Principal, SpaceError, SpaceResolver, takes_no_bearer},
    backend::{IdentityClient, MembershipsKey},
};
use mana_mcp_runtime::failure::BackendError;

impl Findings {
    /// Without a token: only the gateway's own key can be tried.
    pub(super) async fn key_for_spaces(&mut self, identity: &IdentityClient) {
        let Some(key) = identity.key() else {
            self.note(
                "spaces: MANA_AUTH_SERVICE_KEY is not set, so the identity service must list spaces to bearer tokens; only a \
                 user's token can show whether it does",
            );
            return;
        };
        self.memberships(key, identity.probe_key().await);
    }

    /// Both ways, and what becomes of calls that name no space.
    pub(super) async fn spaces(&mut self, user: &Principal, identity: &IdentityClient) {
        match identity.spaces(user.token()).await {
            Ok(_) => self.good("spaces: the list takes the token"),
            Err(error) if takes_no_bearer(error.kind) => {
                self.note(format!("spaces: the list takes no bearer token ({})", error.kind.name()));
            }
            Err(error) => self.wrong(format!("spaces: the list: {}", told(error, "MANA_AUTH_URL"))),
        }
        if let Some(key) = identity.key() {
            self.memberships(key, identity.memberships(user.subject()).await.map(drop));
        }
        let resolver = SpaceResolver::new(identity.clone());
        let count = resolver.spaces(user).await.map_or(0, |spaces| spaces.len());
        match resolver.resolve(user, None).await {
            Ok(_) => self.good(format!("spaces: the user has {count}, a personal one among them")),
            Err(SpaceError::NoPersonalSpace(_) | SpaceError::NotAMember) => self.wrong(format!(
                "spaces: the user has {count}, but no personal one: calls that name no space (X-Mana-Space, ?space=) will be \
                 refused"
            )),
            Err(SpaceError::Ambiguous(_)) => self.wrong(format!(
                "spaces: the user has {count}, and several could be the personal one: calls that name no space \
                 (X-Mana-Space, ?space=) will be refused"
            )),
            Err(SpaceError::NoSource(why)) => self.wrong(format!("spaces: {why}")),
            Err(SpaceError::Backend(error)) => self.wrong(format!("spaces: {}", told(error, "MANA_AUTH_URL"))),
        }
    }

    /// What the service answers to the gateway's own key.
    fn memberships(&mut self, key: &MembershipsKey, answer: Result<(), BackendError>) {
        let setting = key.setting();
        let Err(error) = answer else {
            self.good(format!("spaces: the identity service takes {setting} for memberships"));
            return;
        };
        let refused = format!("spaces: the identity service refuses {setting} for memberships");
        match (NoSource::of_memberships(error.kind), key) {
            (Some(NoSource::NoMemberships), _) => {
                self.note(
                    "spaces: the identity service answers that there are no memberships of this user (status 404)",
                );
            }
            (Some(_), MembershipsKey::Own(_)) => self.wrong(refused),
            // It may be for the policy service alone.
            (Some(_), MembershipsKey::Shared(_)) => self.note(refused),
            (None, _) => self.wrong(format!("spaces: memberships: {}", told(error, "MANA_AUTH_URL"))),
        }
    }
}
