//! The identity service's keys: which verify tokens, and how often they are asked for.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{LATER, NOW, refusal, verifier, verify};
use crate::auth::{
    AuthError, AuthFailure, BearerToken,
    testing::{Identity, Mood, claims, header, sign, sign_with, signing_key},
};

#[tokio::test]
async fn keys_that_are_not_for_signatures_or_weak_verify_nothing() {
    let x = BASE64_URL_SAFE_NO_PAD.encode(signing_key("k1").verifying_key().as_bytes());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": x });
    let with = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk
    };
    // The neutral element: for it, S = 0 and R = 1 is a signature of everything.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let neutral = BASE64_URL_SAFE_NO_PAD.encode(neutral);
    let cases = [
        (jwk.clone(), true),
        (with("use", json!("sig")), true),
        (with("key_ops", json!(["verify"])), true),
        (with("use", json!("enc")), false),
        (with("key_ops", json!(["sign", "encrypt"])), false),
        (with("alg", json!("ES256")), false),
        (with("crv", json!("X25519")), false),
        (with("x", json!(neutral)), false),
    ];
    for (jwk, is_taken) in cases {
        let identity = Identity::new();
        identity.set_jwks(json!({ "keys": [jwk.clone()] }));
        let verified = verify(&verifier(&identity), &sign(&header(), &claims("ada", LATER))).await;
        assert_eq!(verified.is_ok(), is_taken, "{jwk}");
        assert!(is_taken || refusal(verified) == Some(AuthFailure::UnknownKey), "{jwk}");
    }
}

#[tokio::test(start_paused = true)]
async fn strangers_who_wait_for_keys_keep_nobody_out() {
    let identity = Identity::new();
    let verifier = verifier(&identity);
    let known = sign(&header(), &claims("ada", LATER));
    assert!(verify(&verifier, &known).await.is_ok());
    identity.set_mood(Mood::Hanging);
    let unknown = |number: usize| sign(&json!({ "alg": "EdDSA", "kid": format!("k{number}") }), &claims("eve", LATER));
    let strangers = join_all((100..356).map(|number| {
        let (verifier, token) = (&verifier, unknown(number));
        async move { verify(verifier, &token).await }
    }));
    let (strangers, user) = futures::join!(strangers, verify(&verifier, &known));
    assert!(user.is_ok());
    let crowded = strangers.iter().filter(|verified| matches!(verified, Err(AuthError::Crowded))).count();
    assert_eq!(crowded, 256 - 16);
}

#[tokio::test]
async fn keys_are_fetched_once_for_everybody() {
    let identity = Identity::new();
    let verifier = verifier(&identity);
    let tokens: Vec<_> = (0..50).map(|user| sign(&header(), &claims(&format!("user{user}"), LATER))).collect();
    let verified = join_all(tokens.iter().map(|token| verify(&verifier, token))).await;
    assert!(verified.iter().all(Result::is_ok));
    assert_eq!(identity.key_fetches(), 1);
}

#[tokio::test]
async fn strangers_cannot_make_us_fetch_keys_at_their_pace() {
    let identity = Identity::new();
    let verifier = verifier(&identity);
    let start = Instant::now();
    let unknown = |number: usize| {
        let header = json!({ "alg": "EdDSA", "kid": format!("no-{number}") });
        BearerToken::new(sign(&header, &claims("eve", LATER)))
    };
    for number in 0..100 {
        let at = start + Duration::from_millis(49 * number as u64);
        assert_eq!(refusal(verifier.verify_at(unknown(number), NOW, at).await), Some(AuthFailure::UnknownKey));
    }
    // Once because there were no keys yet, and once because the second stranger's might have been made since.
    assert_eq!(identity.key_fetches(), 2);
    let _ = verifier.verify_at(unknown(100), NOW, start + Duration::from_secs(6)).await;
    assert_eq!(identity.key_fetches(), 3);
}

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_forgotten() {
    let identity = Identity::new();
    let verifier = verifier(&identity);
    let start = Instant::now();
    let by = |id: &str, user: &str| {
        let header = json!({ "alg": "EdDSA", "kid": id });
        BearerToken::new(sign_with(&signing_key(id), &header, &claims(user, LATER)))
    };
    assert!(verifier.verify_at(by("k1", "ada"), NOW, start).await.is_ok());
    identity.set_keys(&["k2"]);
    // At once, although the keys were fetched a moment ago.
    assert!(verifier.verify_at(by("k2", "ada"), NOW, start + Duration::from_secs(1)).await.is_ok());
    let withdrawn = verifier.verify_at(by("k1", "bob"), NOW, start + Duration::from_secs(2)).await;
    assert_eq!(refusal(withdrawn), Some(AuthFailure::UnknownKey));
    identity.set_keys(&["k3"]);
    // Not yet: a key that nobody knew was asked for a moment ago.
    let early = verifier.verify_at(by("k3", "ada"), NOW, start + Duration::from_secs(3)).await;
    assert_eq!(refusal(early), Some(AuthFailure::UnknownKey));
    assert!(verifier.verify_at(by("k3", "ada"), NOW, start + Duration::from_secs(6)).await.is_ok());
}

#[tokio::test]
async fn a_withdrawn_key_is_noticed_although_every_token_names_a_known_one() {
    let identity = Identity::new();
    let verifier = verifier(&identity);
    let start = Instant::now();
    let token = |user: &str| BearerToken::new(sign(&header(), &claims(user, LATER)));
    assert!(verifier.verify_at(token("ada"), NOW, start).await.is_ok());
    identity.set_keys(&["k2"]);
    assert!(verifier.verify_at(token("bob"), NOW, start + Duration::from_secs(59)).await.is_ok());
    let aged = verifier.verify_at(token("cyd"), NOW, start + Duration::from_secs(60)).await;
    assert_eq!(refusal(aged), Some(AuthFailure::UnknownKey));
    // What was verified by that key is forgotten with it.
    let known = verifier.verify_at(token("ada"), NOW, start + Duration::from_secs(61)).await;
    assert_eq!(refusal(known), Some(AuthFailure::UnknownKey));
}

#[tokio::test]
async fn a_key_that_is_replaced_under_its_id_takes_its_tokens_with_it() {
    let identity = Identity::new();
    let verifier = verifier(&identity);
    let start = Instant::now();
    let by = |key: &str| BearerToken::new(sign_with(&signing_key(key), &header(), &claims("ada", LATER)));
    assert!(verifier.verify_at(by("k1"), NOW, start).await.is_ok());
    identity.replace_key("k1", "k2");
    let renewed = start + Duration::from_secs(60);
    assert!(verifier.verify_at(by("k2"), NOW, renewed).await.is_ok());
    for instant in [renewed, renewed + Duration::from_secs(1)] {
        let known = verifier.verify_at(by("k1"), NOW, instant).await;
        assert_eq!(refusal(known), Some(AuthFailure::Signature));
    }
}

#[tokio::test]
async fn known_keys_serve_while_the_identity_service_is_away() {
    let identity = Identity::new();
    let verifier = verifier(&identity);
    let start = Instant::now();
    assert!(verifier.verify_at(BearerToken::new(sign(&header(), &claims("ada", LATER))), NOW, start).await.is_ok());
    identity.set_mood(Mood::Failing);
    let much_later = start + Duration::from_secs(3599);
    let token = |user: &str| BearerToken::new(sign(&header(), &claims(user, LATER)));
    assert!(verifier.verify_at(token("bob"), NOW, much_later).await.is_ok());
    // Whether this key is good cannot be known now: the caller may come back.
    let unknown = sign(&json!({ "alg": "EdDSA", "kid": "k2" }), &claims("ada", LATER));
    let verified = verifier.verify_at(BearerToken::new(unknown), NOW, much_later).await;
    assert!(matches!(verified, Err(AuthError::Unavailable)));
    // Not for ever: a thief of a key could keep the service away.
    for user in ["ada", "bob", "cyd"] {
        let verified = verifier.verify_at(token(user), NOW, start + Duration::from_secs(3600)).await;
        assert!(matches!(verified, Err(AuthError::Unavailable)), "{user}");
    }
    identity.set_mood(Mood::Well);
    assert!(verifier.verify_at(token("ada"), NOW, start + Duration::from_secs(3605)).await.is_ok());
}

#[tokio::test]
async fn an_identity_service_that_is_away_at_first_is_found_when_it_is_back() {
    let identity = Identity::new();
    identity.set_mood(Mood::Failing);
    let verifier = verifier(&identity);
    let start = Instant::now();
    let token = || BearerToken::new(sign(&header(), &claims("ada", LATER)));
    for _ in 0..10 {
        assert!(matches!(verifier.verify_at(token(), NOW, start).await, Err(AuthError::Unavailable)));
    }
    assert_eq!(identity.key_fetches(), 1);
    identity.set_mood(Mood::Well);
    assert!(verifier.verify_at(token(), NOW, start + Duration::from_secs(5)).await.is_ok());
}
