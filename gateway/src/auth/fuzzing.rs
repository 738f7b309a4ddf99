//! What a fuzz target reads of a token.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    Expectations, UserId,
    claims::{Claims, TokenHeader},
};

const NOW: u64 = 1_800_000_000;

/// Reads the header of a token, and its claims as if its signature held. Claims that hold name a user and end.
pub fn token(text: &str) {
    if let Ok(header) = TokenHeader::read(text)
        && let Ok(key) = header.key_id()
    {
        assert!(!key.is_empty());
    }
    let payload = text.split('.').nth(1).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
    // JSON is reached far more often by the text itself.
    for claims in [payload.as_deref(), Some(text.as_bytes())].into_iter().flatten() {
        let Ok(claims) = serde_json::from_slice::<Claims>(claims) else { continue };
        let expected = Expectations { audience: "mana".to_owned(), issuer: None, own_issuer: None };
        if let Ok(valid) = claims.check(&expected, NOW) {
            assert!(!valid.subject.is_empty() && valid.expires_at < NOW + 32 * 24 * 60 * 60);
        }
    }
}

/// A user whom nobody verified.
pub(crate) fn user(subject: &str) -> UserId {
    UserId::new("http://issuer.test", subject)
}
