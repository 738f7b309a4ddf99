//! The identity service: signing keys, spaces, the vault of master keys.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use mana_mcp_runtime::{
    crypto::MasterKey,
    decode::tree,
    failure::{BackendError, FailureKind, Service, VaultError},
    space::{Space, SpaceType},
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    link::{Link, Repeat, linked},
    probe::{Answering, probe},
    route::Route,
    transport::{Limits, Transport},
};
use crate::auth::BearerToken;

const ANSWER: usize = 4 << 20;
/// Keys are waited for by everybody who comes with a new token.
const KEYS_LIMITS: Limits = Limits { time: Duration::from_secs(3), answer: ANSWER };
const SPACES_LIMITS: Limits = Limits { time: Duration::from_secs(5), answer: ANSWER };
const VAULT_LIMITS: Limits = Limits { time: Duration::from_secs(8), answer: ANSWER };

/// A client of the identity service.
#[derive(Debug, Clone)]
pub struct IdentityClient {
    link: Link,
}

linked!(IdentityClient);

impl IdentityClient {
    /// A client over that transport.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self { link: Link::new(Service::Identity, transport) }
    }

    /// Whether the service answers at all.
    ///
    /// # Errors
    /// Where it does not, or says that it fails.
    pub async fn probe(&self) -> Result<Answering, BackendError> {
        probe(&self.link, Route::Keys.template()).await
    }

    /// The keys with which the service signs tokens. What is no key at all is left out.
    ///
    /// # Errors
    /// Where the service does not answer as it should.
    pub async fn jwks(&self) -> Result<JwkSet, BackendError> {
        #[derive(Deserialize)]
        struct Answer {
            keys: Vec<Value>,
        }
        let answer: Answer = self.get(Route::Keys, None, KEYS_LIMITS).await?;
        let known = |key| serde_json::from_value::<Jwk>(key).ok();
        Ok(JwkSet { keys: answer.keys.into_iter().filter_map(known).collect() })
    }

    /// The spaces of the token's user.
    ///
    /// # Errors
    /// Where the service does not answer as it should.
    pub async fn spaces(&self, token: &BearerToken) -> Result<Vec<Space>, BackendError> {
        let listed: Vec<Listed> = self.get(Route::Spaces, Some(token), SPACES_LIMITS).await?;
        Ok(listed.into_iter().map(Space::from).collect())
    }

    /// The master key of the token's user; `None` for a user without a vault.
    ///
    /// # Errors
    /// Where the user is in zero-knowledge mode, or the service does not answer as it should.
    pub async fn master_key(&self, token: &BearerToken) -> Result<Option<MasterKey>, VaultError> {
        let (status, body) = self.send(Method::GET, Route::MasterKey, Some(token), VAULT_LIMITS).await?;
        if status == StatusCode::NOT_FOUND && is_not_initialised(&body) {
            return Ok(None);
        }
        self.key_of(status, &body).map(Some)
    }

    /// Makes a vault for the token's user, and returns its master key. Every client does so on a user's first encrypted write;
    /// doing it twice changes nothing.
    ///
    /// # Errors
    /// As [`IdentityClient::master_key`].
    pub async fn make_vault(&self, token: &BearerToken) -> Result<MasterKey, VaultError> {
        let (status, body) = self.send(Method::POST, Route::InitVault, Some(token), VAULT_LIMITS).await?;
        self.key_of(status, &body)
    }

    fn key_of(&self, status: StatusCode, body: &[u8]) -> Result<MasterKey, VaultError> {
        let answer: VaultAnswer = self.parse(status, body)?;
        if answer.zero_knowledge || answer.requires_recovery_code {
            return Err(VaultError::ZeroKnowledgeUser);
        }
        let key = answer.master_key.as_deref().ok_or(VaultError::ZeroKnowledgeUser)?;
        Ok(MasterKey::from_base64(key).map_err(|_| self.link.malformed())?)
    }

    async fn get<T: for<'a> Deserialize<'a>>(
        &self,
        route: Route,
        token: Option<&BearerToken>,
        limits: Limits,
    ) -> Result<T, BackendError> {
        let (status, body) = self.send(Method::GET, route, token, limits).await?;
        self.parse(status, &body)
    }

    async fn send(
        &self,
        method: Method,
        route: Route,
        token: Option<&BearerToken>,
        limits: Limits,
    ) -> Result<(StatusCode, Zeroizing<Vec<u8>>), BackendError> {
        let mut request = Request::builder().method(method).uri(route.template());
        if let Some(token) = token {
            request = request.header(http::header::AUTHORIZATION, super::sync::bearer(token));
        }
        // Only a token that cannot stand in a header makes a request that cannot be built.
        let request = request.body(Bytes::new()).map_err(|_| failure(FailureKind::Unauthorized))?;
        // Making a vault twice changes nothing, so every request here is safe to repeat.
        let answer = self.link.send(route, request, limits, Repeat::Safe).await?;
        let status = answer.status();
        // The answer may hold a key. Where these are its only bytes, they are zeroed after parsing.
        Ok((status, Zeroizing::new(answer.into_body())))
    }

    fn parse<T: for<'a> Deserialize<'a>>(&self, status: StatusCode, body: &[u8]) -> Result<T, BackendError> {
        FailureKind::of_status(status.as_u16()).map_or(Ok(()), |kind| Err(failure(kind)))?;
        serde_json::from_slice(body).map_err(|_| self.link.malformed())
    }
}

/// A space as the service writes it.
#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
    #[serde(default)]
    slug: Option<String>,
    /// Whatever members wrote: it must not hide the other spaces.
    metadata: Option<Box<RawValue>>,
    role: Option<Box<RawValue>>,
}

impl From<Listed> for Space {
    fn from(listed: Listed) -> Self {
        // Some versions of the service write the object as a string.
        let read = |raw: Option<Box<RawValue>>| raw.and_then(|raw| tree::from_str(raw.get()).ok()).unwrap_or_default();
        let metadata = match read(listed.metadata) {
            Value::String(text) => tree::from_str(&text).unwrap_or_default(),
            other => other,
        };
        let kind = metadata.get("type").and_then(|kind| SpaceType::deserialize(kind).ok());
        let role = read(listed.role).as_str().map(str::to_owned);
        Self { id: listed.id, name: listed.name, slug: listed.slug, kind, role }
    }
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(rename_all = "camelCase")]
struct VaultAnswer {
    #[serde(default)]
    master_key: Option<String>,
    #[serde(default)]
    requires_recovery_code: bool,
    #[serde(default)]
    zero_knowledge: bool,
}

fn is_not_initialised(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Answer {
        code: String,
    }
    serde_json::from_slice::<Answer>(body).is_ok_and(|answer| answer.code == "VAULT_NOT_INITIALISED")
}

fn failure(kind: FailureKind) -> BackendError {
    BackendError { service: Service::Identity, kind }
}
