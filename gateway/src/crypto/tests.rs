//! What the wire format and the key ring promise.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{FieldCipher, KeyRing, MasterKey, enc1::OpenError, json as ecma};
use crate::{
    auth::BearerToken,
    backend::{FailureKind, IdentityClient, Transport, VaultError},
};

fn cipher() -> FieldCipher {
    FieldCipher::new(&MasterKey::new([7; 32]))
}

fn text(value: &Value) -> String {
    let mut out = Vec::new();
    ecma::write(value, &mut out).unwrap();
    assert_eq!(ecma::length(value).unwrap(), out.len());
    String::from_utf8(out).unwrap()
}

/// Sealing with a given IV is no part of the public interface, so this direction of the vectors is tested here;
/// `tests/enc1_vectors.rs` opens them.
#[test]
fn every_vector_is_sealed_byte_for_byte() {
    let file: Value = serde_json::from_str(include_str!("../../tests/vectors/enc1.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 49);
    for vector in vectors {
        let part = |name: &str| vector[name].as_str().unwrap();
        let cipher = FieldCipher::new(&MasterKey::from_base64(part("key")).unwrap());
        let iv: [u8; 12] = STANDARD.decode(part("iv")).unwrap().try_into().unwrap();
        assert_eq!(text(&vector["value"]), part("json"));
        assert_eq!(cipher.seal_with(&vector["value"], &iv).unwrap(), part("wire"));
        assert_eq!(cipher.open(part("wire")).unwrap().expose(), &vector["value"]);
    }
}

#[test]
fn numbers_are_written_as_doubles() {
    for (source, written) in [
        ("1.0", "1"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("9007199254740993", "9007199254740992"),
        ("18446744073709551615", "18446744073709552000"),
        ("-9223372036854775808", "-9223372036854776000"),
        ("1e21", "1e+21"),
        ("123456789012345680000", "123456789012345680000"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("122.416294033786585", "122.41629403378658"),
    ] {
        assert_eq!(text(&serde_json::from_str(source).unwrap()), written, "{source}");
    }
}

#[test]
fn array_indices_come_first_and_other_keys_keep_their_order() {
    let value =
        json!({ "b": 1, "10": 2, "9": 3, "a": 4, "01": 5, "4294967294": 6, "4294967295": 7, "-1": 8, "": 9, "0": 10 });
    assert_eq!(text(&value), r#"{"0":10,"9":3,"10":2,"4294967294":6,"b":1,"a":4,"01":5,"4294967295":7,"-1":8,"":9}"#);
}

#[test]
fn strings_are_escaped_as_ecmascript_does() {
    assert_eq!(
        text(&json!("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f}\"\\/\u{7f}\u{2028}é😀")),
        "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\\"\\\\/\u{7f}\u{2028}é😀\""
    );
}

#[test]
fn what_is_sealed_opens_and_never_looks_the_same_twice() {
    let cipher = cipher();
    for value in [json!("Spazieren"), json!(""), json!([1, "two", null]), json!({ "z": 1, "a": [true] }), json!(-1.5)] {
        let wire = cipher.seal(&value).unwrap();
        assert!(wire.starts_with("enc:1:"));
        assert_ne!(wire, cipher.seal(&value).unwrap());
        assert_eq!(cipher.open(&wire).unwrap().expose(), &value);
        assert_eq!(cipher.open(&wire.replace('=', "")).unwrap().expose(), &value);
    }
}

#[test]
fn plain_text_of_old_is_read_as_it_is() {
    for old in ["", "Milch", "enc:", "enc:1", "enc: 1:", "enc:x:abc", "Enc:1:abc", " enc:1:abc", "{\"a\":1}"] {
        assert_eq!(cipher().open(old).unwrap().expose(), &json!(old));
    }
}

#[test]
fn values_that_do_not_open_say_why_and_never_what() {
    let wire = cipher().seal(&json!("geheim")).unwrap();
    let (iv, sealed) = wire["enc:1:".len()..].split_once('.').unwrap();
    let flipped = if sealed.starts_with('A') { "B" } else { "A" };
    for (stored, error) in [
        ("enc:2:AAAA.BBBB".to_owned(), OpenError::UnknownVersion),
        ("enc:01:AAAA.BBBB".to_owned(), OpenError::UnknownVersion),
        ("enc:99999999999999999999:".to_owned(), OpenError::UnknownVersion),
        ("enc:1:".to_owned(), OpenError::Malformed),
        ("enc:1:.".to_owned(), OpenError::Malformed),
        (format!("enc:1:{iv}"), OpenError::Malformed),
        (format!("enc:1:{iv}."), OpenError::Malformed),
        (format!("enc:1:{iv}.!!!!"), OpenError::Malformed),
        (format!("enc:1:{iv}.{sealed}.{sealed}"), OpenError::Malformed),
        (format!("enc:1:{}.{sealed}", &iv[..8]), OpenError::Malformed),
        (format!("enc:1:{iv}AAAA.{sealed}"), OpenError::Malformed),
        (format!("enc:1:{iv}.AAAA"), OpenError::Malformed),
        (format!("enc:1:{}.{sealed}", "A".repeat(100_000)), OpenError::Malformed),
        (format!("enc:1:{iv}.{flipped}{}", &sealed[1..]), OpenError::WrongKeyOrDamaged),
        (format!("enc:1:{iv}.{}", &sealed[4..]), OpenError::WrongKeyOrDamaged),
        (FieldCipher::new(&MasterKey::new([8; 32])).seal(&json!("geheim")).unwrap(), OpenError::WrongKeyOrDamaged),
    ] {
        let met = cipher().open(&stored).unwrap_err();
        assert_eq!(met, error, "{}", &stored[..stored.len().min(60)]);
        assert!(!met.to_string().contains("geheim"));
    }
}

#[test]
fn secrets_are_not_printed() {
    let key = MasterKey::new([65; 32]);
    let opened = cipher().open("geheim").unwrap();
    let printed = format!("{key:?} {:?} {opened:?} {:?}", cipher(), BearerToken::new("geheim"));
    assert_eq!(printed, "[redacted] [redacted] [redacted] [redacted]");
}

#[test]
fn a_master_key_is_32_bytes_in_base64() {
    let text = STANDARD.encode([9; 32]);
    assert_eq!(MasterKey::from_base64(&text).unwrap().expose(), &[9; 32]);
    assert_eq!(MasterKey::from_base64(text.trim_end_matches('=')).unwrap().expose(), &[9; 32]);
    for bad in ["", "?", &STANDARD.encode([9; 31]), &STANDARD.encode([9; 33]), &STANDARD.encode([9; 400])] {
        assert!(MasterKey::from_base64(bad).is_err());
    }
}

/// A vault whose answer depends on the token, and that counts what it is asked.
fn vault(asked: Arc<AtomicUsize>) -> KeyRing {
    let counter = Arc::clone(&asked);
    let key = async move |headers: HeaderMap| -> Response {
        counter.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        match headers["authorization"].to_str().unwrap() {
            "Bearer good" => Json(json!({ "masterKey": STANDARD.encode([1; 32]), "formatVersion": 1 })).into_response(),
            "Bearer new" => {
                let body = json!({ "error": "geheim", "code": "VAULT_NOT_INITIALISED" });
                (StatusCode::NOT_FOUND, Json(body)).into_response()
            }
            "Bearer recovery" => {
                Json(json!({ "requiresRecoveryCode": true, "recoveryWrappedMk": "x" })).into_response()
            }
            "Bearer zero" => {
                Json(json!({ "zeroKnowledge": true, "masterKey": STANDARD.encode([1; 32]) })).into_response()
            }
            "Bearer keyless" => Json(json!({ "formatVersion": 1 })).into_response(),
            "Bearer short" => Json(json!({ "masterKey": "AAAA" })).into_response(),
            "Bearer cut" => "{\"masterKey\":\"AA".into_response(),
            "Bearer missing" => (StatusCode::NOT_FOUND, "no such route").into_response(),
            _ => (StatusCode::UNAUTHORIZED, "geheim").into_response(),
        }
    };
    let init = async || Json(json!({ "masterKey": STANDARD.encode([2; 32]) }));
    let router = Router::new()
        .route("/api/v1/me/encryption-vault/key", get(key))
        .route("/api/v1/me/encryption-vault/init", post(init));
    KeyRing::new(IdentityClient::new(Transport::InProcess(router)))
}

#[tokio::test]
async fn a_key_is_fetched_once_and_kept() {
    let asked = Arc::new(AtomicUsize::new(0));
    let ring = vault(Arc::clone(&asked));
    let token = BearerToken::new("good");
    let (first, second) = tokio::join!(ring.cipher("ada", &token), ring.cipher("ada", &token));
    assert!(Arc::ptr_eq(&first.unwrap(), &second.unwrap()));
    ring.cipher("ada", &BearerToken::new("expired")).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    ring.cipher("bob", &token).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_key_that_does_not_open_is_fetched_again_and_not_at_every_failure() {
    let asked = Arc::new(AtomicUsize::new(0));
    let ring = vault(Arc::clone(&asked));
    let (token, now) = (BearerToken::new("good"), Instant::now());
    let first = ring.cipher("ada", &token).await.unwrap();
    // Those that fail together share the fetch, and all get what came of it.
    let renewed = |at| ring.renewed("ada", &token, &first, "t1", at);
    let (one, other) = tokio::join!(renewed(now), renewed(now));
    let second = one.unwrap();
    assert!(Arc::ptr_eq(&second, &other.unwrap()) && !Arc::ptr_eq(&second, &first));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(Arc::ptr_eq(&ring.cipher("ada", &token).await.unwrap(), &second));
    for seconds in [1, 30, 59] {
        assert!(ring.renewed("ada", &token, &second, "t1", now + Duration::from_secs(seconds)).await.is_none());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // A key that cannot be fetched leaves the one that is held, and says nothing to a request with a good token.
    let minute = now + Duration::from_secs(60);
    assert!(ring.renewed("ada", &BearerToken::new("expired"), &second, "t1", minute).await.is_none());
    assert!(Arc::ptr_eq(&ring.cipher("ada", &token).await.unwrap(), &second));
    let third = ring.renewed("ada", &token, &second, "t1", minute).await.unwrap();
    // What was written since may be under a key of its own: that is looked at sooner, and once.
    let at = |seconds| minute + Duration::from_secs(seconds);
    assert!(ring.renewed("ada", &token, &third, "t2", at(4)).await.is_none());
    let fourth = ring.renewed("ada", &token, &third, "t2", at(5)).await.unwrap();
    assert!(ring.renewed("ada", &token, &fourth, "t2", at(59)).await.is_none());
}

#[tokio::test]
async fn a_vault_that_was_never_opened_is_made() {
    let ring = vault(Arc::default());
    let cipher = ring.cipher("new", &BearerToken::new("new")).await.unwrap();
    let wire = FieldCipher::new(&MasterKey::new([2; 32])).seal(&json!("x")).unwrap();
    assert_eq!(cipher.open(&wire).unwrap().expose(), &json!("x"));
}

#[tokio::test]
async fn a_zero_knowledge_user_is_an_error_of_its_own() {
    let ring = vault(Arc::default());
    for token in ["recovery", "zero", "keyless"] {
        let error = ring.cipher(token, &BearerToken::new(token)).await.unwrap_err();
        assert_eq!(error, VaultError::ZeroKnowledgeUser, "{token}");
    }
    // It is not remembered: the user may switch the mode off.
    ring.cipher("zero", &BearerToken::new("good")).await.unwrap();
}

#[tokio::test]
async fn a_vault_that_does_not_answer_as_it_should_is_told_by_kind() {
    let ring = vault(Arc::default());
    for (token, kind) in [
        ("short", FailureKind::Malformed),
        ("cut", FailureKind::Malformed),
        ("missing", FailureKind::Rejected { status: 404 }),
        ("expired", FailureKind::Unauthorized),
        ("bad\nheader", FailureKind::Unauthorized),
    ] {
        let error = ring.cipher("ada", &BearerToken::new(token)).await.unwrap_err();
        assert!(matches!(error, VaultError::Backend(error) if error.kind == kind), "{token}: {error:?}");
        assert!(!error.to_string().contains("geheim"));
    }
}

#[tokio::test]
async fn a_bad_token_does_not_fail_the_requests_that_waited_for_its_fetch() {
    let ring = vault(Arc::default());
    let (bad, good) = (BearerToken::new("expired"), BearerToken::new("good"));
    let (refused, served) = tokio::time::timeout(Duration::from_secs(10), async {
        tokio::join!(ring.cipher("ada", &bad), ring.cipher("ada", &good))
    })
    .await
    .unwrap();
    refused.unwrap_err();
    served.unwrap();
}
