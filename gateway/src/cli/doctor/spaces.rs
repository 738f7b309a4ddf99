//! What the doctor finds about the ways to users' spaces: with a user's token both are tried, without one the gateway's key.

use super::{Findings, told};
use crate::{
    auth::{NoSource, Principal, SpaceError, SpaceResolver, takes_no_bearer},
    backend::IdentityClient,
};

impl Findings {
    /// Without a token: only the gateway's own key can be tried.
    pub(super) async fn key_for_spaces(&mut self, identity: &IdentityClient) {
        match identity.probe_key().await {
            Ok(Some(())) => self.good("spaces: the identity service takes MANA_AUTH_SERVICE_KEY for memberships"),
            Ok(None) => self.note(
                "spaces: MANA_AUTH_SERVICE_KEY is not set, so the identity service must list spaces to bearer tokens; only a \
                 user's token can show whether it does",
            ),
            Err(error) => match NoSource::of_memberships(error.kind) {
                Some(_) => self.wrong("spaces: the identity service refuses MANA_AUTH_SERVICE_KEY for memberships"),
                None => self.wrong(format!("spaces: {}", told(error, "MANA_AUTH_URL"))),
            },
        }
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
        match identity.memberships(user.subject()).await {
            Ok(None) => {}
            Ok(Some(_)) => self.good("spaces: the identity service takes MANA_AUTH_SERVICE_KEY for memberships"),
            Err(error) => {
                match NoSource::of_memberships(error.kind) {
                    Some(NoSource::KeyRefused | NoSource::NoKey) => {
                        self.wrong("spaces: the identity service refuses MANA_AUTH_SERVICE_KEY for memberships");
                    }
                    Some(NoSource::NoMemberships) => {
                        self.note("spaces: the identity service answers that there are no memberships of this user (status 404)");
                    }
                    None => self.wrong(format!("spaces: memberships: {}", told(error, "MANA_AUTH_URL"))),
                }
            }
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
}
