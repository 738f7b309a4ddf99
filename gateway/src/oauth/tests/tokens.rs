//! Codes, refresh tokens and access tokens: what each is good for, and when no more.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    auth::testing::sign,
    oauth::testing::{ALL, Browser, Gateway, REDIRECT, VERIFIER, answer},
};

#[tokio::test]
async fn a_code_is_good_once_for_what_it_was_issued_for() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let other = gateway.register().await;
    let browser = Browser::default();
    let code = gateway.allow(&browser, &client, &[], &[]).await["code"].clone();
    let readonly = gateway.url("/mcp/readonly");
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    for (client, changed, error) in [
        (&other, vec![], "invalid_grant"),
        (&client, vec![("redirect_uri", "http://127.0.0.1:4445/callback")], "invalid_grant"),
        (&client, vec![("code_verifier", "another-verifier-of-forty-three-characters-x")], "invalid_grant"),
        (&client, vec![("code_verifier", "short")], "invalid_grant"),
        (&client, vec![("code_verifier", &*challenge)], "invalid_grant"),
        (&client, vec![("code_verifier", "")], "invalid_request"),
        (&client, vec![("redirect_uri", "")], "invalid_request"),
        (&client, vec![("client_id", "")], "invalid_request"),
        (&client, vec![("code", "unknown")], "invalid_grant"),
        (&client, vec![("resource", &*readonly)], "invalid_target"),
        (&client, vec![("resource", "")], "invalid_target"),
        (&client, vec![("grant_type", "password")], "unsupported_grant_type"),
        (&client, vec![("grant_type", "client_credentials")], "unsupported_grant_type"),
        (&client, vec![("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")], "unsupported_grant_type"),
        (&client, vec![("grant_type", "urn:ietf:params:oauth:grant-type:device_code")], "unsupported_grant_type"),
        (&client, vec![("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")], "unsupported_grant_type"),
        (&client, vec![("grant_type", "implicit")], "unsupported_grant_type"),
        (&client, vec![("grant_type", "")], "invalid_request"),
    ] {
        assert_eq!(gateway.redeem(client, &code, &changed).await.error(), error, "{changed:?}");
    }
    let tokens = gateway.redeem(&client, &code, &[]).await.tokens();
    assert!(gateway.takes(&tokens.access).await);
    // Somebody else has it: what came of it ends.
    assert_eq!(gateway.redeem(&client, &code, &[]).await.error(), "invalid_grant");
    assert!(!gateway.takes(&tokens.access).await);
    assert_eq!(gateway.refresh(&client, &tokens.refresh, &[]).await.error(), "invalid_grant");

    let code = gateway.allow(&browser, &client, &[], &[]).await["code"].clone();
    gateway.grants().advance(Duration::from_secs(61));
    assert_eq!(gateway.redeem(&client, &code, &[]).await.error(), "invalid_grant");
}

#[tokio::test]
async fn of_two_uses_of_a_code_at_once_one_is_the_first() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let code = gateway.allow(&Browser::default(), &client, &[], &[]).await["code"].clone();
    let redeemed = futures::future::join_all((0..4).map(|_| gateway.redeem(&client, &code, &[]))).await;
    let good: Vec<_> = redeemed.iter().filter(|answer| answer.status == StatusCode::OK).collect();
    assert_eq!(good.len(), 1);
    // The others have shown that somebody else has it.
    assert!(!gateway.takes(&good[0].tokens().access).await);
}

#[tokio::test]
async fn two_gateways_over_one_folder_are_one_server() {
    let gateway = Gateway::start().await;
    let another = gateway.another().await;
    let both = [&gateway, &another];
    let client = gateway.register().await;
    let first = gateway.tokens(&client, &[]).await;
    let refreshed = futures::future::join_all(both.map(|at| at.refresh(&client, &first.refresh, &[]))).await;
    assert_eq!(refreshed[0].tokens().refresh, refreshed[1].tokens().refresh);

    let code = gateway.allow(&Browser::default(), &client, &[], &[]).await["code"].clone();
    let uses = both.into_iter().cycle().take(8).map(|at| at.redeem(&client, &code, &[]));
    let redeemed = futures::future::join_all(uses).await;
    let good: Vec<_> = redeemed.iter().filter(|answer| answer.status == StatusCode::OK).collect();
    assert_eq!(good.len(), 1);
    for at in both {
        assert_eq!(at.refresh(&client, &good[0].tokens().refresh, &[]).await.error(), "invalid_grant");
    }
}

#[tokio::test]
async fn a_grant_that_ends_at_one_gateway_ends_at_the_others_soon() {
    let gateway = Gateway::start().await;
    let another = gateway.another().await;
    let client = gateway.register().await;
    let first = gateway.tokens(&client, &[]).await;
    let tokens = another.refresh(&client, &first.refresh, &[]).await.tokens();
    assert!(another.takes(&tokens.access).await);
    let form = [("client_id", &*client), ("token", &*tokens.refresh)];
    assert_eq!(gateway.form("/revoke", &form).await.status, StatusCode::OK);
    let refused = async {
        while another.takes(&tokens.access).await {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), refused).await.unwrap();
}

#[tokio::test]
async fn what_proves_anything_is_stored_as_a_digest() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let browser = Browser::default();
    let redeemed = gateway.allow(&browser, &client, &[], &[]).await["code"].clone();
    let first = gateway.redeem(&client, &redeemed, &[]).await.tokens();
    let second = gateway.refresh(&client, &first.refresh, &[]).await.tokens();
    let waiting = gateway.allow(&browser, &client, &[], &[]).await["code"].clone();
    let entry = gateway.entry_code("me@localhost").await;
    let mut secrets = vec![redeemed, waiting, entry, VERIFIER.to_owned()];
    secrets.extend([first, second].into_iter().flat_map(|tokens| [tokens.access, tokens.refresh]));
    secrets.extend(browser.cookies());
    for file in std::fs::read_dir(gateway.data()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let stored = |secret: &&String| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert_eq!(secrets.iter().find(stored), None, "{}", path.display());
    }
}

#[tokio::test]
async fn requests_for_tokens_have_one_form() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    assert_eq!(gateway.post_json("/token", &json!({ "grant_type": "refresh_token" })).await.error(), "invalid_request");
    let form = [("grant_type", "refresh_token"), ("client_id", &*client), ("refresh_token", "x")];
    for query in ["client_secret=x", "code=x", "refresh_token=x", "code_verifier=x", ""] {
        assert_eq!(gateway.form(&format!("/token?{query}"), &form).await.error(), "invalid_request", "{query}");
    }
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded-not", ""] {
        let body = "grant_type=refresh_token";
        let sent = gateway.http.post(gateway.url("/token")).header("content-type", kind).body(body);
        assert_eq!(answer(sent).await.error(), "invalid_request", "{kind}");
    }
    let twice = [&form[..], &[("client_id", &*client)]].concat();
    assert_eq!(gateway.form("/token", &twice).await.error(), "invalid_request");
    let basic = answer(gateway.form_request("/token", &form).header("authorization", "Basic eDp5")).await;
    assert_eq!((basic.status, &*basic.error()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    for bytes in [64 << 10, 1 << 20] {
        let long = "x".repeat(bytes);
        let long = gateway.form("/token", &[("grant_type", "refresh_token"), ("refresh_token", &long)]).await;
        assert_eq!((long.status, &*long.error()), (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request"), "{bytes}");
    }
}

#[tokio::test]
async fn a_refresh_token_is_replaced_and_its_second_use_ends_the_grant() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let other = gateway.register().await;
    let first = gateway.tokens(&client, &[]).await;
    assert_eq!(gateway.refresh(&other, &first.refresh, &[]).await.error(), "invalid_grant");
    let readonly = gateway.url("/mcp/readonly");
    for wider in [ALL, "mana:read mana:delete", "admin"] {
        assert_eq!(
            gateway.refresh(&client, &first.refresh, &[("scope", wider)]).await.error(),
            "invalid_scope",
            "{wider}"
        );
    }
    assert_eq!(gateway.refresh(&client, &first.refresh, &[("resource", &readonly)]).await.error(), "invalid_target");
    let second = gateway.refresh(&client, &first.refresh, &[("scope", "mana:read")]).await;
    assert_eq!(second.json()["scope"], "mana:read offline_access");
    let second = second.tokens();
    // A client that did not get the answer repeats itself.
    let repeated = gateway.refresh(&client, &first.refresh, &[]).await.tokens();
    assert_eq!(repeated.refresh, second.refresh);
    let third = gateway.refresh(&client, &second.refresh, &[]).await.tokens();
    assert!(gateway.takes(&third.access).await && gateway.takes(&first.access).await);
    // Now the first one is another's.
    assert_eq!(gateway.refresh(&client, &first.refresh, &[]).await.error(), "invalid_grant");
    assert_eq!(gateway.refresh(&client, &third.refresh, &[]).await.error(), "invalid_grant");
    for token in [&first.access, &second.access, &third.access] {
        assert!(!gateway.takes(token).await);
    }
}

#[tokio::test]
async fn a_late_repetition_of_a_refresh_ends_the_grant() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let first = gateway.tokens(&client, &[]).await;
    let (a, b) =
        tokio::join!(gateway.refresh(&client, &first.refresh, &[]), gateway.refresh(&client, &first.refresh, &[]));
    assert_eq!(a.tokens().refresh, b.tokens().refresh);
    gateway.grants().advance(Duration::from_secs(11));
    assert_eq!(gateway.refresh(&client, &first.refresh, &[]).await.error(), "invalid_grant");
    assert_eq!(gateway.refresh(&client, &a.tokens().refresh, &[]).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_grant_that_nobody_uses_ends_after_a_month() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let first = gateway.tokens(&client, &[]).await;
    gateway.grants().advance(Duration::from_secs(29 * 24 * 60 * 60));
    let second = gateway.refresh(&client, &first.refresh, &[]).await.tokens();
    gateway.grants().advance(Duration::from_secs(30 * 24 * 60 * 60));
    assert_eq!(gateway.refresh(&client, &second.refresh, &[]).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_program_without_refresh_tokens_gets_none() {
    let gateway = Gateway::start().await;
    let registered = gateway.post_json("/register", &json!({ "redirect_uris": [REDIRECT] })).await.json();
    let client = registered["client_id"].as_str().unwrap();
    let browser = Browser::default();
    let code = gateway.allow(&browser, client, &[], &[]).await["code"].clone();
    assert!(gateway.redeem(client, &code, &[]).await.json().get("refresh_token").is_none());
    let scope = [("scope", "mana:read offline_access")];
    let code = gateway.allow(&browser, client, &scope, &[]).await["code"].clone();
    assert!(gateway.redeem(client, &code, &[]).await.json().get("refresh_token").is_some());
}

#[tokio::test]
async fn nothing_else_is_an_access_token() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let code = gateway.allow(&Browser::default(), &client, &[], &[]).await["code"].clone();
    let tokens = gateway.tokens(&client, &[]).await;
    let browser = Browser::default();
    let request = browser.get(&gateway, &gateway.authorize_path(&client, &[])).await.hidden("request");
    gateway.allow(&browser, &client, &[], &[]).await;
    let entry = gateway.entry_code("me@localhost").await;
    let (signed, signature) = tokens.access.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let unsigned = format!("{}.{claims}.", BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#));
    let mut others = vec![code, tokens.refresh, client, entry, request, unsigned];
    others.extend(browser.cookies());
    others.extend([claims, signature, header, "a state", VERIFIER].map(str::to_owned));
    for other in others {
        assert!(!gateway.takes(&other).await, "{other}");
    }
    assert!(gateway.takes(&tokens.access).await);
}

#[tokio::test]
async fn an_access_token_says_where_it_is_from_and_what_it_is_for() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let token = gateway.tokens(&client, &[]).await.access;
    let parts: Vec<Value> = token.split('.').take(2).map(part).collect();
    assert_eq!((&parts[0]["typ"], &parts[0]["alg"]), (&json!("at+jwt"), &json!("EdDSA")));
    let claims = &parts[1];
    let issuer = &gateway.get("/.well-known/oauth-authorization-server").await.json()["issuer"];
    assert_eq!((&claims["iss"], &claims["aud"]), (issuer, &json!(["mana", gateway.url("/mcp")])));
    assert_eq!((&claims["client_id"], &claims["scope"]), (&json!(client), &json!("mana:read mana:write")));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 15 * 60);
}

/// A part of a token.
fn part(encoded: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_good_at_its_own_gateway_and_endpoint() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let tokens = gateway.tokens(&client, &[]).await;
    // The same data folder at another port is another resource; another folder has other keys.
    let elsewhere = Gateway::start().await;
    assert!(!gateway.another().await.takes(&tokens.access).await);
    assert!(!elsewhere.takes(&tokens.access).await);
    let of_command =
        |at: &Gateway| at.running.standalone().unwrap().issue_token("me@localhost", Duration::from_secs(60)).unwrap();
    let own = of_command(&gateway);
    assert!(gateway.takes(&own).await && !elsewhere.takes(&own).await && !gateway.takes(&of_command(&elsewhere)).await);
    // Nor does it help to name the gateway's key.
    for token in [&own, &tokens.access] {
        let parts: Vec<Value> = token.split('.').take(2).map(part).collect();
        assert!(!gateway.takes(&sign(&parts[0], &parts[1])).await, "{}", parts[0]);
    }

    let readonly = gateway.url("/mcp/readonly");
    let parameters = gateway.allow(&Browser::default(), &client, &[("resource", &readonly)], &[]).await;
    let narrow = gateway.redeem(&client, &parameters["code"], &[("resource", &readonly)]).await;
    assert_eq!(narrow.json()["scope"], "mana:read offline_access");
    let narrow = narrow.tokens().access;
    assert_eq!(gateway.call("/mcp/readonly", &narrow, "spaces.list", json!({})).await.status, StatusCode::OK);
    let refused = gateway.call("/mcp", &narrow, "spaces.list", json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let challenge = refused.header("www-authenticate");
    assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
    assert!(challenge.contains(&format!("scope=\"{ALL}\"")), "{challenge}");
}

#[tokio::test]
async fn a_revoked_grant_is_refused_at_the_next_call() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let other = gateway.register().await;
    for of_access in [true, false] {
        let tokens = gateway.tokens(&client, &[]).await;
        let token = if of_access { &tokens.access } else { &tokens.refresh };
        let revoke = async |client: &str| gateway.form("/revoke", &[("client_id", client), ("token", token)]).await;
        assert_eq!(revoke(&other).await.status, StatusCode::OK);
        assert!(gateway.takes(&tokens.access).await);
        let list = async || gateway.call("/mcp", &tokens.access, "habits.list", json!({})).await.status;
        assert_eq!(list().await, StatusCode::OK);
        assert_eq!(revoke(&client).await.status, StatusCode::OK);
        assert!(!gateway.takes(&tokens.access).await);
        assert_eq!(list().await, StatusCode::UNAUTHORIZED);
        assert_eq!(gateway.refresh(&client, &tokens.refresh, &[]).await.error(), "invalid_grant");
        assert_eq!(revoke(&client).await.status, StatusCode::OK);
    }
    assert_eq!(gateway.form("/revoke", &[("client_id", &client), ("token", "x")]).await.status, StatusCode::OK);
    assert_eq!(gateway.form("/revoke", &[("client_id", &client)]).await.error(), "invalid_request");
}

#[tokio::test]
async fn grants_outlive_a_restart() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let tokens = gateway.tokens(&client, &[]).await;
    let again = gateway.another().await;
    let renewed = again.refresh(&client, &tokens.refresh, &[]).await.tokens();
    assert!(again.takes(&renewed.access).await);
}
