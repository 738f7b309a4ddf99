//! What a token says, and which of it must hold. Pure: the signature is checked elsewhere, the time is given.

use std::{fmt, marker::PhantomData};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use mana_mcp_runtime::tool::Effects;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use super::AuthFailure;

/// Clocks of two machines may differ by this much, in seconds.
pub(super) const LEEWAY: u64 = 5;

/// The longest life of a token, in seconds: the standalone identity service's tokens are good for thirty days.
const LONGEST_LIFE: u64 = 31 * 24 * 60 * 60;

/// What a token must say to be meant for this gateway.
#[derive(Debug, Clone)]
pub struct Expectations {
    /// `aud` must name it.
    pub audience: String,
    /// `iss` must equal it, where one is configured.
    pub issuer: Option<String>,
    /// The issuer of tokens that stand on a grant, where the gateway has an authorization server of its own.
    pub own_issuer: Option<String>,
}

/// The parts of a JOSE header that decide which key to use and what kind of token this is.
#[derive(Debug, Deserialize)]
pub(super) struct TokenHeader {
    alg: String,
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    typ: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    b64: Option<Value>,
}

/// The claims that are checked. What may be malformed in itself stays a JSON value, so that the reason stays exact; null is
/// a value, not an absence.
#[derive(Debug, Deserialize)]
struct ClaimSet {
    #[serde(default, deserialize_with = "present")]
    sub: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    iss: Option<Value>,
    aud: Option<Audience>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    iat: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    token_use: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    purpose: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    scope: Option<Value>,
    mana_grant: Option<String>,
}

/// The claims of a token, read from a JSON object: serde would also read them from an array.
#[derive(Debug)]
pub(super) struct Claims(ClaimSet);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
    Other(serde::de::IgnoredAny),
}

/// The claims that held.
#[derive(Debug)]
pub(super) struct ValidClaims {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) expires_at: u64,
    /// All where the token names no scope, as the identity service's tokens do.
    pub(super) effects: Effects,
    /// The grant that a token of the gateway's own authorization server stands on.
    pub(super) grant: Option<String>,
}

impl TokenHeader {
    /// Reads the header of a compact JWS.
    pub(super) fn read(token: &str) -> Result<Self, AuthFailure> {
        let (header, _) = token.split_once('.').ok_or(AuthFailure::Malformed)?;
        let header = BASE64_URL_SAFE_NO_PAD.decode(header).map_err(|_| AuthFailure::Malformed)?;
        serde_json::from_slice::<Object<Self>>(&header).map(|Object(header)| header).map_err(|_| AuthFailure::Malformed)
    }

    /// The id of the key, if the algorithm is the one that is accepted.
    pub(super) fn key_id(&self) -> Result<&str, AuthFailure> {
        if self.alg != "EdDSA" {
            return Err(AuthFailure::Algorithm);
        }
        // Extensions that must be understood (RFC 7515, 4.1.11), and one of them (RFC 7797); this gateway understands none.
        if self.crit.is_some() || self.b64.is_some() {
            return Err(AuthFailure::Malformed);
        }
        if !self.typ.as_ref().is_none_or(is_access_token) {
            return Err(AuthFailure::Kind);
        }
        self.kid.as_deref().filter(|kid| !kid.is_empty()).ok_or(AuthFailure::KeyId)
    }
}

impl Claims {
    /// Checks everything that a claim can fail; `now` in seconds since the Unix epoch.
    pub(super) fn check(self, expected: &Expectations, now: u64) -> Result<ValidClaims, AuthFailure> {
        let claims = self.0;
        // The key that signs access tokens may sign others; what says that it is another is none.
        let is_access = |kind: &Option<Value>| kind.as_ref().is_none_or(|kind| kind == "access");
        if !is_access(&claims.token_use) || !is_access(&claims.purpose) {
            return Err(AuthFailure::Kind);
        }
        let expires_at = claims.exp.as_ref().and_then(numeric_date).ok_or(AuthFailure::NoExpiry)?;
        if !is_current(expires_at, now) {
            return Err(AuthFailure::Expired);
        }
        for from in [&claims.nbf, &claims.iat].into_iter().flatten() {
            let from = numeric_date(from).ok_or(AuthFailure::NotYetValid)?;
            if from > now.saturating_add(LEEWAY) {
                return Err(AuthFailure::NotYetValid);
            }
        }
        // A token that does not say when it was issued is as good as one that was issued now.
        let issued_at = claims.iat.as_ref().and_then(numeric_date).unwrap_or(now);
        if expires_at > issued_at.saturating_add(LONGEST_LIFE) {
            return Err(AuthFailure::Lifetime);
        }
        let audience = &expected.audience;
        let named = match &claims.aud {
            Some(Audience::One(one)) => one == audience,
            Some(Audience::Several(several)) => several.contains(audience),
            Some(Audience::Other(_)) | None => false,
        };
        if !named {
            return Err(AuthFailure::Audience);
        }
        let issuer = match claims.iss {
            Some(Value::String(issuer)) => issuer,
            None => String::new(),
            Some(_) => return Err(AuthFailure::Issuer),
        };
        let (issuer, grant) = match &expected.own_issuer {
            // The same users as the identity service's, whatever the address is that the gateway issues tokens under.
            Some(own) if *own == issuer => {
                let grant = claims.mana_grant.ok_or(AuthFailure::Kind)?;
                (expected.issuer.clone().unwrap_or_default(), Some(grant))
            }
            _ if expected.issuer.as_ref().is_some_and(|expected| *expected != issuer) => {
                return Err(AuthFailure::Issuer);
            }
            _ => (issuer, None),
        };
        let effects = match claims.scope {
            None => Effects::ALL,
            Some(Value::String(scopes)) => Effects::of_scopes(&scopes),
            Some(_) => return Err(AuthFailure::Malformed),
        };
        match claims.sub {
            Some(Value::String(subject)) if !subject.is_empty() => {
                Ok(ValidClaims { issuer, subject, expires_at, effects, grant })
            }
            _ => Err(AuthFailure::Subject),
        }
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Object::deserialize(deserializer).map(|Object(claims)| Self(claims))
    }
}

/// A value that is read from a JSON object and from nothing else.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfMap<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OfMap<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(OfMap(PhantomData)).map(Self)
    }
}

/// A member that is there, null included.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Whether a header's `typ` is that of an access token (RFC 9068, 2.1), or the plain one of a JWT.
fn is_access_token(typ: &Value) -> bool {
    let Value::String(typ) = typ else { return false };
    let typ = typ.to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "at+jwt")
}

/// Whether a token that expires then is still good now.
pub(super) fn is_current(expires_at: u64, now: u64) -> bool {
    now < expires_at.saturating_add(LEEWAY)
}

/// A NumericDate (RFC 7519, 2): seconds since the epoch, a fraction allowed and cut off.
fn numeric_date(value: &Value) -> Option<u64> {
    if let Some(seconds) = value.as_u64() {
        return Some(seconds);
    }
    let seconds = value.as_f64().filter(|seconds| seconds.is_finite() && *seconds >= 0.0)?;
    // Far beyond every date, and exact in a float.
    const END_OF_TIME: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded on both sides just above")]
    let whole = seconds.min(END_OF_TIME) as u64;
    Some(whole)
}
