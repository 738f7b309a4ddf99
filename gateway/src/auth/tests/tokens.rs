//! Tokens: what holds, and what does not.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::time::Instant;

use super::{LATER, NOW, refusal, verifier, verify};
use crate::auth::{
    AuthFailure, BearerToken, Expectations, Verifier,
    testing::{ISSUER, Identity, claims, header, sign, sign_with, signing_key},
};

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
