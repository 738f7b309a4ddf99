//! What a token says, and which of it must hold. Pure: the signature is checked elsewhere, the time is given.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{AuthFailure, Expectations};

/// Clocks of two machines may differ by this much, in seconds.
pub(super) const LEEWAY: u64 = 5;

/// The parts of a JOSE header that decide which key to use.
#[derive(Debug, Deserialize)]
pub(super) struct TokenHeader {
    alg: String,
    kid: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
}

/// The claims that are checked. What may be malformed in itself stays a JSON value, so that the reason stays exact.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    sub: Option<serde_json::Value>,
    iss: Option<serde_json::Value>,
    aud: Option<Audience>,
    exp: Option<serde_json::Value>,
    nbf: Option<serde_json::Value>,
}

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
}

impl TokenHeader {
    /// Reads the header of a compact JWS.
    pub(super) fn read(token: &str) -> Result<Self, AuthFailure> {
        let (header, _) = token.split_once('.').ok_or(AuthFailure::Malformed)?;
        let header = BASE64_URL_SAFE_NO_PAD.decode(header).map_err(|_| AuthFailure::Malformed)?;
        serde_json::from_slice(&header).map_err(|_| AuthFailure::Malformed)
    }

    /// The id of the key, if the algorithm is the one that is accepted.
    pub(super) fn key_id(&self) -> Result<&str, AuthFailure> {
        if self.alg != "EdDSA" {
            return Err(AuthFailure::Algorithm);
        }
        // Extensions that must be understood (RFC 7515, 4.1.11); this gateway understands none.
        if self.crit.is_some() {
            return Err(AuthFailure::Malformed);
        }
        self.kid.as_deref().filter(|kid| !kid.is_empty()).ok_or(AuthFailure::KeyId)
    }
}

impl Claims {
    /// Checks everything that a claim can fail; `now` in seconds since the Unix epoch.
    pub(super) fn check(self, expected: &Expectations, now: u64) -> Result<ValidClaims, AuthFailure> {
        let expires_at = self.exp.as_ref().and_then(numeric_date).ok_or(AuthFailure::NoExpiry)?;
        if !is_current(expires_at, now) {
            return Err(AuthFailure::Expired);
        }
        if let Some(not_before) = &self.nbf {
            let not_before = numeric_date(not_before).ok_or(AuthFailure::NotYetValid)?;
            if not_before > now.saturating_add(LEEWAY) {
                return Err(AuthFailure::NotYetValid);
            }
        }
        let audience = &expected.audience;
        let named = match &self.aud {
            Some(Audience::One(one)) => one == audience,
            Some(Audience::Several(several)) => several.contains(audience),
            Some(Audience::Other(_)) | None => false,
        };
        if !named {
            return Err(AuthFailure::Audience);
        }
        let issuer = match self.iss {
            Some(serde_json::Value::String(issuer)) => issuer,
            None => String::new(),
            Some(_) => return Err(AuthFailure::Issuer),
        };
        if expected.issuer.as_ref().is_some_and(|expected| *expected != issuer) {
            return Err(AuthFailure::Issuer);
        }
        match self.sub {
            Some(serde_json::Value::String(subject)) if !subject.is_empty() => {
                Ok(ValidClaims { issuer, subject, expires_at })
            }
            _ => Err(AuthFailure::Subject),
        }
    }
}

/// Whether a token that expires then is still good now.
pub(super) fn is_current(expires_at: u64, now: u64) -> bool {
    now < expires_at.saturating_add(LEEWAY)
}

/// A NumericDate (RFC 7519, 2): seconds since the epoch, a fraction allowed and cut off.
fn numeric_date(value: &serde_json::Value) -> Option<u64> {
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
