//! The identity service: signing keys, spaces, the vault of master keys.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use mana_mcp_runtime::{
    crypto::MasterKey,
    failure::{BackendError, FailureKind, VaultError},
    space::Space,
};
use mana_mcp_service::link::{Transport, parse_json};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    link::{Limits, Link, Repeat, linked},
    platform::{IDENTITY, INIT_VAULT, KEYS, MASTER_KEY, MEMBERSHIPS, SPACES},
    probe::{Answering, look, probe_document},
    route::Route,
    service_key::{SERVICE_KEY_HEADER, ServiceKey},
    spaces_answer::{ListedSpaces, Memberships},
    spaces_path::SpacesPath,
    sync::segment,
};
use crate::auth::BearerToken;

const ANSWER: usize = 4 << 20;
/// Keys are waited for by everybody who comes with a new token.
const KEYS_LIMITS: Limits = Limits { time: Duration::from_secs(3), answer: ANSWER };
/// Members write the metadata of their spaces, and one of them must not shut out the others. It is not held.
const SPACES_LIMITS: Limits = Limits { time: Duration::from_secs(5), answer: 32 << 20 };
const VAULT_LIMITS: Limits = Limits { time: Duration::from_secs(8), answer: ANSWER };

/// A user that no service has.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// A client of the identity service.
#[derive(Debug, Clone)]
pub struct IdentityClient {
    link: Link,
    spaces: SpacesAccess,
}

/// The ways to a user's spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpacesAccess {
    /// Where a bearer of a token gets the list.
    pub path: SpacesPath,
    /// The gateway's own key for memberships, for a service that has no such list.
    pub key: Option<MembershipsKey>,
}

/// The gateway's own key for memberships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MembershipsKey {
    /// It was made for this service (`MANA_AUTH_SERVICE_KEY`).
    Own(ServiceKey),
    /// It is that of the policy service (`MANA_SERVICE_KEY`), which may serve here too.
    Shared(ServiceKey),
}

impl MembershipsKey {
    /// The setting that it comes from.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Own(_) => "MANA_AUTH_SERVICE_KEY",
            Self::Shared(_) => "MANA_SERVICE_KEY",
        }
    }

    fn key(&self) -> &ServiceKey {
        let (Self::Own(key) | Self::Shared(key)) = self;
        key
    }
}

linked!(IdentityClient);

impl IdentityClient {
    /// A client over that transport.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        Self { link: Link::new(IDENTITY.service, transport), spaces: SpacesAccess::default() }
    }

    /// Whether the service answers, and with its keys: without them no token can be verified.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn probe(&self) -> Result<Answering, BackendError> {
        probe_document::<PublishedKeys>(&self.link, KEYS.template()).await
    }

    /// The keys with which the service signs tokens. What is no key at all is left out.
    ///
    /// # Errors
    /// Where the service does not answer as it should.
    pub async fn jwks(&self) -> Result<JwkSet, BackendError> {
        let answer: PublishedKeys = self.get(KEYS, None, KEYS_LIMITS).await?;
        let known = |key| serde_json::from_value::<Jwk>(key).ok();
        Ok(JwkSet { keys: answer.keys.into_iter().filter_map(known).collect() })
    }

    /// The same client with other ways to a user's spaces.
    #[must_use]
    pub fn with_spaces(mut self, access: SpacesAccess) -> Self {
        self.spaces = access;
        self
    }

    /// The gateway's own key for memberships, if it has one.
    #[must_use]
    pub fn key(&self) -> Option<&MembershipsKey> {
        self.spaces.key.as_ref()
    }

    /// The spaces of the token's user, from the list that the service has for bearers of a token.
    ///
    /// # Errors
    /// Where the service does not answer as it should.
    pub async fn spaces(&self, token: &BearerToken) -> Result<Vec<Space>, BackendError> {
        let request = self.request(Method::GET, self.spaces.path.as_str(), Some(token))?;
        let ListedSpaces(spaces) = self.parsed(SPACES, request).await?;
        Ok(spaces)
    }

    /// The spaces that a user is a member of, by id and role. Asked with the gateway's own key, for any user: the caller
    /// must have verified that it acts for this one. `None` without a key.
    ///
    /// # Errors
    /// Where the service does not answer as it should.
    pub async fn memberships(&self, subject: &str) -> Result<Option<Vec<Space>>, BackendError> {
        let Some(request) = self.memberships_request(subject)? else { return Ok(None) };
        let Memberships { spaces } = self.parsed(MEMBERSHIPS, request).await?;
        Ok(Some(spaces))
    }

    /// Whether the service takes the gateway's key, if there is one. It is asked for a user that does not exist.
    ///
    /// # Errors
    /// Where it refuses the key, or does not answer as it should.
    pub async fn probe_key(&self) -> Result<(), BackendError> {
        let Some(request) = self.memberships_request(NOBODY)? else { return Ok(()) };
        let status = look(&self.link, request).await?.status();
        match FailureKind::of_status(status.as_u16()) {
            None | Some(FailureKind::Rejected { status: 404 }) => Ok(()),
            Some(kind) => Err(failure(kind)),
        }
    }

    fn memberships_request(&self, subject: &str) -> Result<Option<Request<Bytes>>, BackendError> {
        let Some(key) = &self.spaces.key else { return Ok(None) };
        if matches!(subject, "." | "..") {
            // No path can name such a user, and the key must go to no other route.
            return Err(failure(FailureKind::Rejected { status: 404 }));
        }
        let mut request = self.request(Method::GET, &memberships_path(subject), None)?;
        request.headers_mut().insert(SERVICE_KEY_HEADER, key.key().header());
        Ok(Some(request))
    }

    /// An answer of success, parsed as it arrives.
    async fn parsed<T>(&self, route: Route, request: Request<Bytes>) -> Result<T, BackendError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let answer = self.link.open(route, request, SPACES_LIMITS).await?;
        match FailureKind::of_status(answer.status().as_u16()) {
            Some(kind) => Err(failure(kind)),
            None => {
                let parsed = parse_json(answer.into_body()).await.map_err(|failure| self.link.failed(failure))?;
                parsed.map_err(|_| self.link.malformed())
            }
        }
    }

    /// The master key of the token's user; `None` for a user without a vault.
    ///
    /// # Errors
    /// Where the user is in zero-knowledge mode, or the service does not answer as it should.
    pub async fn master_key(&self, token: &BearerToken) -> Result<Option<MasterKey>, VaultError> {
        let (status, body) = self.send(Method::GET, MASTER_KEY, Some(token), VAULT_LIMITS).await?;
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
        let (status, body) = self.send(Method::POST, INIT_VAULT, Some(token), VAULT_LIMITS).await?;
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

    fn request(&self, method: Method, path: &str, token: Option<&BearerToken>) -> Result<Request<Bytes>, BackendError> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(http::header::AUTHORIZATION, super::sync::bearer(token));
        }
        // Only a token that cannot stand in a header makes a request that cannot be built.
        request.body(Bytes::new()).map_err(|_| failure(FailureKind::Unauthorized))
    }

    async fn send(
        &self,
        method: Method,
        route: Route,
        token: Option<&BearerToken>,
        limits: Limits,
    ) -> Result<(StatusCode, Zeroizing<Vec<u8>>), BackendError> {
        let request = self.request(method, route.template(), token)?;
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

#[derive(Deserialize)]
struct PublishedKeys {
    keys: Vec<Value>,
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

fn memberships_path(subject: &str) -> String {
    format!("/api/v1/internal/users/{}/memberships", segment(subject))
}

fn is_not_initialised(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Answer {
        code: String,
    }
    serde_json::from_slice::<Answer>(body).is_ok_and(|answer| answer.code == "VAULT_NOT_INITIALISED")
}

fn failure(kind: FailureKind) -> BackendError {
    BackendError { service: IDENTITY.service, kind }
}
