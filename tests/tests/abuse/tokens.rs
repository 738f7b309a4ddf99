//! Tokens that the identity service's own key has signed for something else, and strangers who make others wait.

use std::time::{Duration, Instant};

use futures::future::join_all;
use mana_mcp_tests::{Gateway, Mcp, post, services::Services};
use serde_json::{Value, json};

use crate::watchdog::Watchdog;

async fn status(gateway: &Gateway, token: &str) -> u16 {
    post(gateway, token).body("{}").send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn other_tokens_of_the_same_key_are_401() {
    let services = Services::start().await;
    let gateway = services.gateway().threads(2).start().await;
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "k1" });
    let with = |value: &Value, name: &str, member: Value| {
        let mut value = value.clone();
        value[name] = member;
        value
    };
    let claims = services.claims("ada");
    let now = claims["iat"].as_u64().unwrap();
    // The body is no message; that is found after the token is accepted.
    for (what, header) in
        [("at+jwt", with(&header, "typ", json!("at+jwt"))), ("no typ", json!({ "alg": "EdDSA", "kid": "k1" }))]
    {
        assert_eq!(status(&gateway, &services.sign(&header, &claims)).await, 400, "{what}");
    }
    let headers = [
        ("typ", json!("refresh+jwt")),
        ("typ", json!("logout+jwt")),
        ("typ", json!("dpop+jwt")),
        ("crit", Value::Null),
        ("b64", json!(false)),
    ];
    for (name, value) in headers {
        let token = services.sign(&with(&header, name, value.clone()), &claims);
        assert_eq!(status(&gateway, &token).await, 401, "{name}: {value}");
    }
    let members = [
        ("exp", json!(1e308)),
        ("exp", json!(now + 32 * 24 * 60 * 60)),
        ("nbf", Value::Null),
        ("iss", Value::Null),
        ("iat", json!(now + 365 * 24 * 60 * 60)),
        ("token_use", json!("refresh")),
        ("purpose", json!("email-verification")),
    ];
    for (name, value) in members {
        let token = services.sign(&header, &with(&claims, name, value.clone()));
        assert_eq!(status(&gateway, &token).await, 401, "{name}: {value}");
    }
    let list = json!(["ada", claims["iss"], "mana", now + 900, null, null, null, null]);
    assert_eq!(status(&gateway, &services.sign(&header, &list)).await, 401);
}

#[tokio::test]
async fn unknown_keys_of_strangers_keep_no_user_waiting() {
    let services = Services::start().await;
    let gateway = services.gateway().threads(2).env("LOG", "warn").start().await;
    let ada = Mcp::modern(&gateway, &services.token("ada")).await;
    ada.request("tools/list", json!({})).await.result();
    let watchdog = Watchdog::over(&gateway);
    let unknown = (0..256).map(|number| {
        let header = json!({ "alg": "EdDSA", "kid": format!("stranger-{number}") });
        services.sign(&header, &services.claims("eve"))
    });
    let unknown: Vec<String> = unknown.collect();
    let strangers = join_all(unknown.iter().map(|token| status(&gateway, token)));
    let user = async {
        for _ in 0..20 {
            let asked = Instant::now();
            ada.request("tools/list", json!({})).await.result();
            assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        }
    };
    let (strangers, ()) = futures::join!(strangers, user);
    assert!(strangers.iter().all(|status| [401, 503].contains(status)), "{strangers:?}");
    watchdog.assert_alive();
}
