//! Who is let in, and who is not.

mod keys;
mod spaces;
mod tokens;

use tokio::time::Instant;

use super::{
    AuthError, AuthFailure, BearerToken, Expectations, Principal, Verifier,
    testing::{ISSUER, Identity},
};

const NOW: u64 = 1_800_000_000;
const LATER: u64 = NOW + 900;

fn verifier(identity: &Identity) -> Verifier {
    let expected = Expectations { audience: "mana".into(), issuer: Some(ISSUER.into()), own_issuer: None };
    Verifier::new(identity.client(), expected)
}

async fn verify(verifier: &Verifier, token: &str) -> Result<Principal, AuthError> {
    verifier.verify_at(BearerToken::new(token), NOW, Instant::now()).await
}

fn refusal(verified: Result<Principal, AuthError>) -> Option<AuthFailure> {
    match verified {
        Err(AuthError::Refused(failure)) => Some(failure),
        Ok(_) | Err(AuthError::Unavailable | AuthError::Crowded) => None,
    }
}
