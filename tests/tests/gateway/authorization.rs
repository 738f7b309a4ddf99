//! Which tokens are taken. The gateway stands in front of services whose keys the test holds, so that any token can be
//! signed; the standalone identity is held to the same by tampering with what it issues.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use mana_mcp_tests::{
    Answer, Gateway, Mcp, Revision, http, post,
    services::{Services, sign, signing_input},
};
use serde_json::{Value, json};
use sha2::Sha256;

/// The status with which a token is met.
async fn status(gateway: &Gateway, token: &str) -> u16 {
    Mcp::modern(gateway, token).await.call("spaces.list", json!({})).await.status.as_u16()
}

#[tokio::test]
async fn a_good_token_names_the_user_and_goes_on_to_the_services() {
    let services = Services::start().await;
    let gateway = services.gateway().start().await;
    let token = services.token("ada");
    let mcp = Mcp::modern(&gateway, &token).await;
    let listed = mcp.call("spaces.list", json!({})).await.structured();
    let expected = json!({
        "spaces": [
            { "id": "personal-space", "name": "Personal", "type": "personal", "role": "owner" },
            { "id": "team-space", "name": "Team", "slug": "team", "type": "team", "role": "member" },
            { "id": "odd-space", "name": "Odd", "slug": "odd" },
        ],
        "activeSpaceId": "personal-space",
    });
    assert_eq!(listed, expected);
    let in_team = mcp.with_space("team-space").call("spaces.list", json!({})).await.structured();
    assert_eq!(in_team["activeSpaceId"], "team-space");
    assert!(services.authorizations().iter().all(|sent| *sent == format!("Bearer {token}")), "the caller's own token");
    assert!(!gateway.stop().await.log.contains(&token), "a token in the log");
}

#[tokio::test]
async fn claims_that_do_not_fit_are_401() {
    let services = Services::start().await;
    let gateway = services.gateway().start().await;
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k1" });
    let good = services.claims("ada");
    let now = good["iat"].as_u64().unwrap();
    let with = |claim: &str, value: Value| {
        let mut claims = good.clone();
        claims[claim] = value;
        services.sign(&header, &claims)
    };
    let without = |claim: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(claim);
        services.sign(&header, &claims)
    };
    let refused = [
        ("expired", with("exp", json!(now - 120))),
        ("expired long ago", with("exp", json!(0))),
        ("exp no number", with("exp", json!("tomorrow"))),
        ("no exp", without("exp")),
        ("not yet", with("nbf", json!(now + 3600))),
        ("wrong audience", with("aud", json!("other"))),
        ("wrong audiences", with("aud", json!(["other", "manas"]))),
        ("no audience", without("aud")),
        ("audience null", with("aud", Value::Null)),
        ("wrong issuer", with("iss", json!("https://evil.example"))),
        ("issuer with a slash", with("iss", json!(format!("{}/", services.url())))),
        ("no issuer", without("iss")),
        ("no subject", without("sub")),
        ("empty subject", with("sub", json!(""))),
        ("subject no text", with("sub", json!(7))),
    ];
    for (what, token) in refused {
        assert_eq!(status(&gateway, &token).await, 401, "{what}");
    }
    for (what, token) in [
        ("good", services.sign(&header, &good)),
        ("one of several audiences", with("aud", json!(["other", "mana"]))),
        ("begun", with("nbf", json!(now - 10))),
    ] {
        assert_eq!(status(&gateway, &token).await, 200, "{what}");
    }
}

#[tokio::test]
async fn other_algorithms_and_keys_are_401() {
    let services = Services::start().await;
    let gateway = services.gateway().start().await;
    let claims = services.claims("ada");
    let stranger = SigningKey::from_bytes(&[8; 32]);
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT", "kid": "k1" });
    let shared = {
        let signed = signing_input(&header("HS256"), &claims);
        let mut mac = Hmac::<Sha256>::new_from_slice(&services.public_key()).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    };
    let good = services.token("ada");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[0] ^= 1;
    let refused = [
        ("no algorithm", format!("{}.", signing_input(&header("none"), &claims))),
        ("no algorithm, signed", services.sign(&header("none"), &claims)),
        ("another algorithm's name", services.sign(&header("ES256"), &claims)),
        ("a shared secret", shared),
        ("no key id", services.sign(&json!({ "alg": "EdDSA", "typ": "JWT" }), &claims)),
        ("an unknown key id", services.sign(&json!({ "alg": "EdDSA", "kid": "k2" }), &claims)),
        ("a key id that is no text", services.sign(&json!({ "alg": "EdDSA", "kid": 1 }), &claims)),
        ("somebody else's key", sign(&stranger, &header("EdDSA"), &claims)),
        (
            "a key in the token",
            sign(
                &stranger,
                &json!({ "alg": "EdDSA", "kid": "k1", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(stranger.verifying_key().to_bytes()) } }),
                &claims,
            ),
        ),
        (
            "a critical header that nobody understands",
            services.sign(&json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k1", "crit": ["x"] }), &claims),
        ),
        ("a cut signature", format!("{signed}.{}", &signature[..40])),
        ("no signature", format!("{signed}.")),
        ("a changed signature", format!("{signed}.{}", URL_SAFE_NO_PAD.encode(&flipped))),
        ("changed claims", format!("{}.{signature}", signing_input(&header("EdDSA"), &services.claims("bob")))),
    ];
    for (what, token) in refused {
        assert_eq!(status(&gateway, &token).await, 401, "{what}");
    }
    assert_eq!(status(&gateway, &good).await, 200);
}

#[tokio::test]
async fn garbage_is_401_and_no_token_reaches_a_log() {
    let gateway = Gateway::start().await;
    let good = gateway.token("ada@example.org").await;
    let long = "a".repeat(30_000);
    let garbage = ["x", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", &good[1..], &good[..good.len() - 2], &long];
    for token in garbage {
        let answer = Answer::read(post(&gateway, token).body("{}").send().await.unwrap()).await;
        let status = answer.status.as_u16();
        assert!(status == 401 || (token.len() > 8000 && status == 431), "{token:.40}: {answer:?}");
        assert!(token.len() < 8 || !answer.text.contains(token), "{answer:?}");
    }
    for scheme in ["Basic YTpi", "bearer", "Bearer", "Bearer  ", "Token abc"] {
        let request = http().post(gateway.url("/mcp")).header("Authorization", scheme).body("{}");
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert!(matches!(answer.status.as_u16(), 400 | 401), "{scheme}: {answer:?}");
    }
    let lower = http().post(gateway.url("/mcp")).header("Authorization", format!("bearer {good}"));
    let mcp = Mcp::modern(&gateway, &good).await;
    let request = lower
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", "tools/list")
        .json(&mcp.body("tools/list", json!({})));
    assert_eq!(Answer::read(request.send().await.unwrap()).await.status, 200, "the scheme's case does not matter");
    let log = gateway.stop().await.log;
    for token in garbage {
        assert!(token.len() < 8 || !log.contains(token), "{token:.40} in the log");
    }
}

#[tokio::test]
async fn a_token_in_the_query_or_the_body_is_no_token() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    let mut body = mcp.body("tools/list", json!({}));
    body["access_token"] = json!(token);
    for name in ["access_token", "token"] {
        let request = http()
            .post(format!("{}?{name}={token}", gateway.url("/mcp")))
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", "tools/list")
            .json(&body);
        assert_eq!(Answer::read(request.send().await.unwrap()).await.status, 401, "{name}");
    }
    assert!(!gateway.stop().await.log.contains(&token), "a query in the log");
}

#[tokio::test]
async fn two_tokens_at_once_are_refused() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    let request = mcp.builder("tools/list", None).header("Authorization", "Bearer another");
    let answer = Answer::read(request.json(&mcp.body("tools/list", json!({}))).send().await.unwrap()).await;
    assert!(matches!(answer.status.as_u16(), 400 | 401), "{answer:?}");
}

#[tokio::test]
async fn unknown_keys_do_not_make_the_gateway_hammer_the_identity_service() {
    let services = Services::start().await;
    let gateway = services.gateway().start().await;
    assert_eq!(status(&gateway, &services.token("ada")).await, 200);
    let before = services.key_fetches();
    let claims = services.claims("ada");
    let tokens: Vec<String> =
        (0..50).map(|n| services.sign(&json!({ "alg": "EdDSA", "kid": format!("k-{n}") }), &claims)).collect();
    let statuses = futures::future::join_all(tokens.iter().map(|token| status(&gateway, token))).await;
    // Sixteen wait for the keys; the others are asked to come back.
    assert!(statuses.contains(&401) && statuses.iter().all(|status| [401, 503].contains(status)), "{statuses:?}");
    assert!(services.key_fetches() <= before + 1, "{} fetches", services.key_fetches() - before);
    for _ in 0..20 {
        assert_eq!(status(&gateway, &services.token("ada")).await, 200);
    }
    assert!(services.key_fetches() <= before + 1, "good tokens need no more keys");
}

#[tokio::test]
async fn a_user_is_the_subject_of_the_one_issuer() {
    let services = Services::start().await;
    let gateway = services.gateway().start().await;
    let header = json!({ "alg": "EdDSA", "kid": "k1" });
    let mut renamed = services.claims("ada");
    for claim in ["email", "sid", "role"] {
        renamed[claim] = json!("something else");
    }
    let ada = Mcp::connect(&gateway, &services.token("ada"), Revision::V2025).await;
    let session = ada.session().to_owned();
    // The same issuer and subject: the same user, whatever else the token says.
    let again = Mcp::connect(&gateway, &services.sign(&header, &renamed), Revision::V2025).await.with_session(&session);
    assert_eq!(again.request("ping", json!({})).await.status, 200);
    // Another subject with her address: another user.
    let mut impostor = services.claims("bob");
    impostor["email"] = services.claims("ada")["email"].clone();
    let impostor =
        Mcp::connect(&gateway, &services.sign(&header, &impostor), Revision::V2025).await.with_session(&session);
    assert_eq!(impostor.request("ping", json!({})).await.status, 403);
    // Her subject under another issuer: nobody.
    let mut stranger = services.claims("ada");
    stranger["iss"] = json!("https://other.example");
    assert_eq!(status(&gateway, &services.sign(&header, &stranger)).await, 401);
}
