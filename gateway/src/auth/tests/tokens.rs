//! Tokens: what holds, what does not, and how often the identity service is asked.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::time::Instant;

use super::super::{
    AuthError, AuthFailure, BearerToken, Expectations, Principal, Verifier,
    testing::{ISSUER, Identity, Mood, claims, header, sign, sign_with, signing_key},
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

/// Good claims with one changed; null takes it away.
fn claims_but(name: &str, value: Value) -> Value {
    let mut claims = claims("ada", LATER);
    let fields = claims.as_object_mut().unwrap();
    if value.is_null() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), value);
    }
    claims
}

#[tokio::test]
async fn a_good_token_names_its_user() {
    let verifier = verifier(&Identity::new());
    let token = sign(&header(), &claims("ada", LATER));
    let principal = verify(&verifier, &token).await.unwrap();
    assert_eq!(principal.subject(), "ada");
    assert_eq!(principal.token().expose(), token);
    let same_user = verify(&verifier, &sign(&header(), &claims("ada", LATER + 1))).await.unwrap();
    assert_eq!(principal.user(), same_user.user());
    let other_user = verify(&verifier, &sign(&header(), &claims("bob", LATER))).await.unwrap();
    assert_ne!(principal.user(), other_user.user());
}

#[tokio::test]
async fn the_same_subject_of_another_issuer_is_another_user() {
    let expected = Expectations { audience: "mana".into(), issuer: None, own_issuer: None };
    let verifier = Verifier::new(Identity::new().client(), expected);
    let one = verify(&verifier, &sign(&header(), &claims("ada", LATER))).await.unwrap();
    let other = verify(&verifier, &sign(&header(), &claims_but("iss", json!("https://else.example")))).await.unwrap();
    assert_ne!(one.user(), other.user());
}

#[tokio::test]
async fn each_claim_that_does_not_hold_is_refused_for_its_own_reason() {
    let verifier = verifier(&Identity::new());
    let cases = [
        ("exp", Value::Null, AuthFailure::NoExpiry),
        ("exp", json!("tomorrow"), AuthFailure::NoExpiry),
        ("exp", json!(-1), AuthFailure::NoExpiry),
        ("exp", json!(NOW - 5), AuthFailure::Expired),
        ("exp", json!(0), AuthFailure::Expired),
        ("exp", json!(NOW + 31 * 24 * 60 * 60 + 1), AuthFailure::Lifetime),
        ("exp", json!(1e308), AuthFailure::Lifetime),
        ("iat", json!(LATER - 31 * 24 * 60 * 60 - 1), AuthFailure::Lifetime),
        ("iat", json!(NOW + 6), AuthFailure::NotYetValid),
        ("iat", json!("now"), AuthFailure::NotYetValid),
        ("token_use", json!("refresh"), AuthFailure::Kind),
        ("purpose", json!("logout"), AuthFailure::Kind),
        ("nbf", json!(NOW + 6), AuthFailure::NotYetValid),
        ("nbf", json!("now"), AuthFailure::NotYetValid),
        ("aud", Value::Null, AuthFailure::Audience),
        ("aud", json!("mana2"), AuthFailure::Audience),
        ("aud", json!("MANA"), AuthFailure::Audience),
        ("aud", json!(["else", "mana2"]), AuthFailure::Audience),
        ("aud", json!([]), AuthFailure::Audience),
        ("aud", json!(7), AuthFailure::Audience),
        ("aud", json!({ "mana": true }), AuthFailure::Audience),
        ("iss", Value::Null, AuthFailure::Issuer),
        ("iss", json!("http://issuer.test/"), AuthFailure::Issuer),
        ("iss", json!([ISSUER]), AuthFailure::Issuer),
        ("iss", json!(1), AuthFailure::Issuer),
        ("sub", Value::Null, AuthFailure::Subject),
        ("sub", json!(""), AuthFailure::Subject),
        ("sub", json!(42), AuthFailure::Subject),
    ];
    for (name, value, expected) in cases {
        let token = sign(&header(), &claims_but(name, value.clone()));
        assert_eq!(refusal(verify(&verifier, &token).await), Some(expected), "{name}: {value}");
    }
}

#[tokio::test]
async fn claims_at_the_edge_hold() {
    let verifier = verifier(&Identity::new());
    let cases = [
        ("exp", json!(NOW - 4)),
        ("exp", json!(LATER as f64 + 0.5)),
        ("exp", json!(NOW + 31 * 24 * 60 * 60)),
        ("iat", json!(NOW + 5)),
        ("token_use", json!("access")),
        ("nbf", json!(NOW + 5)),
        ("aud", json!(["else", "mana"])),
    ];
    for (name, value) in cases {
        let token = sign(&header(), &claims_but(name, value.clone()));
        assert!(verify(&verifier, &token).await.is_ok(), "{name}: {value}");
    }
}

#[tokio::test]
async fn each_header_that_does_not_hold_is_refused_for_its_own_reason() {
    let identity = Identity::new();
    let verifier = verifier(&identity);
    let cases = [
        (json!({ "alg": "none", "kid": "k1" }), AuthFailure::Algorithm),
        (json!({ "alg": "HS256", "kid": "k1" }), AuthFailure::Algorithm),
        (json!({ "alg": "eddsa", "kid": "k1" }), AuthFailure::Algorithm),
        (json!({ "alg": "EdDSA" }), AuthFailure::KeyId),
        (json!({ "alg": "EdDSA", "kid": "" }), AuthFailure::KeyId),
        (json!({ "alg": "EdDSA", "kid": null }), AuthFailure::KeyId),
        (json!({ "alg": "EdDSA", "kid": "k2" }), AuthFailure::UnknownKey),
        (json!({ "alg": ["EdDSA"], "kid": "k1" }), AuthFailure::Malformed),
        (json!({ "alg": "EdDSA", "kid": "k1", "crit": null }), AuthFailure::Malformed),
        (json!({ "alg": "EdDSA", "kid": "k1", "crit": ["b64"], "b64": false }), AuthFailure::Malformed),
        (json!({ "alg": "EdDSA", "kid": "k1", "b64": false }), AuthFailure::Malformed),
        (json!({ "alg": "EdDSA", "kid": "k1", "typ": "refresh+jwt" }), AuthFailure::Kind),
        (json!({ "alg": "EdDSA", "kid": "k1", "typ": "logout+jwt" }), AuthFailure::Kind),
        (json!({ "alg": "EdDSA", "kid": "k1", "typ": "dpop+jwt" }), AuthFailure::Kind),
        (json!({ "alg": "EdDSA", "kid": "k1", "typ": null }), AuthFailure::Kind),
        (json!(["EdDSA", "k1", null, null, null]), AuthFailure::Malformed),
        (json!({ "kid": "k1" }), AuthFailure::Malformed),
        (json!([]), AuthFailure::Malformed),
    ];
    for (header, expected) in cases {
        let token = sign(&header, &claims("ada", LATER));
        assert_eq!(refusal(verify(&verifier, &token).await), Some(expected), "{header}");
    }
}

#[tokio::test]
async fn null_is_no_absence() {
    let expected = Expectations { audience: "mana".into(), issuer: None, own_issuer: None };
    let verifier = Verifier::new(Identity::new().client(), expected);
    let mut good = claims("ada", LATER);
    let cases = [("nbf", AuthFailure::NotYetValid), ("iss", AuthFailure::Issuer), ("iat", AuthFailure::NotYetValid)];
    for (name, failure) in cases {
        let mut claims = good.clone();
        claims[name] = Value::Null;
        assert_eq!(refusal(verify(&verifier, &sign(&header(), &claims)).await), Some(failure), "{name}");
    }
    good.as_object_mut().unwrap().remove("iss");
    assert!(verify(&verifier, &sign(&header(), &good)).await.is_ok(), "an issuer that nobody asks for");
}

#[tokio::test]
async fn the_kinds_of_access_tokens_are_taken_in_any_case() {
    let verifier = verifier(&Identity::new());
    for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
        let header = json!({ "alg": "EdDSA", "kid": "k1", "typ": typ });
        assert!(verify(&verifier, &sign(&header, &claims("ada", LATER))).await.is_ok(), "{typ}");
    }
    let header = json!({ "alg": "EdDSA", "kid": "k1" });
    assert!(verify(&verifier, &sign(&header, &claims("ada", LATER))).await.is_ok());
}

#[tokio::test]
async fn claims_are_an_object_and_no_list_in_their_order() {
    let verifier = verifier(&Identity::new());
    for claims in [json!(["ada", ISSUER, "mana", LATER, null, null, null, null]), json!("ada"), json!(null)] {
        assert_eq!(refusal(verify(&verifier, &sign(&header(), &claims)).await), Some(AuthFailure::Malformed));
    }
}

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

/// The classic: the public key is used as the secret of a symmetric algorithm.
#[tokio::test]
async fn a_public_key_is_no_secret() {
    let verifier = verifier(&Identity::new());
    let public = signing_key("k1").verifying_key();
    // As what it is, and as if it were a signature.
    for alg in ["HS256", "EdDSA"] {
        let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(json!({ "alg": alg, "kid": "k1" })), part(claims("ada", LATER)));
        let mut mac = Hmac::<Sha256>::new_from_slice(public.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        let token = format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        let expected = if alg == "EdDSA" { AuthFailure::Signature } else { AuthFailure::Algorithm };
        assert_eq!(refusal(verify(&verifier, &token).await), Some(expected));
    }
}

#[tokio::test]
async fn a_signature_counts_for_its_own_content_and_key_alone() {
    let verifier = verifier(&Identity::new());
    let mine = sign(&header(), &claims("ada", LATER));
    let theirs = sign(&header(), &claims("bob", LATER));
    let [head, content, signature]: [&str; 3] = mine.split('.').collect::<Vec<_>>().try_into().unwrap();
    let other_content = theirs.split('.').nth(1).unwrap();
    let forged = [
        format!("{head}.{other_content}.{signature}"),
        format!("{head}.{content}."),
        format!("{head}.{content}.{}", BASE64_URL_SAFE_NO_PAD.encode([0; 64])),
        sign_with(&signing_key("else"), &header(), &claims("ada", LATER)),
    ];
    for token in forged {
        let failure = refusal(verify(&verifier, &token).await);
        assert!(matches!(failure, Some(AuthFailure::Signature | AuthFailure::Malformed)), "{failure:?}");
    }
}

#[tokio::test]
async fn what_is_no_token_is_refused_without_asking_anybody() {
    let identity = Identity::new();
    let verifier = verifier(&identity);
    let long = format!("{}.x.y", "a".repeat(100_000));
    let no_json = format!("{}.x.y", BASE64_URL_SAFE_NO_PAD.encode("{"));
    for token in ["", ".", "..", "abc", "a.b.c", "ä.ö.ü", long.as_str(), no_json.as_str()] {
        assert_eq!(refusal(verify(&verifier, token).await), Some(AuthFailure::Malformed), "{token:.20}");
    }
    assert_eq!(identity.key_fetches(), 0);
}

#[tokio::test]
async fn a_remembered_token_ends_when_it_expires() {
    let identity = Identity::new();
    let verifier = verifier(&identity);
    let token = || BearerToken::new(sign(&header(), &claims("ada", LATER)));
    assert!(verifier.verify_at(token(), NOW, Instant::now()).await.is_ok());
    assert!(verifier.verify_at(token(), LATER + 4, Instant::now()).await.is_ok());
    for _ in 0..2 {
        let verified = verifier.verify_at(token(), LATER + 5, Instant::now()).await;
        assert_eq!(refusal(verified), Some(AuthFailure::Expired));
    }
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
    // Not for ever: whoever stole a key could keep the service away.
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

#[tokio::test]
async fn nothing_prints_a_token() {
    let verifier = verifier(&Identity::new());
    let token = sign(&header(), &claims("ada", LATER));
    let principal = verify(&verifier, &token).await.unwrap();
    let printed = format!("{principal:?} {:?}", principal.token());
    let signature = token.rsplit('.').next().unwrap();
    assert!(!printed.contains(signature) && !printed.contains("ada"), "{printed}");
}

#[test]
fn every_failure_has_a_label_of_its_own() {
    let mut labels: Vec<_> = AuthFailure::ALL.iter().map(|failure| failure.label()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), AuthFailure::ALL.len());
}
