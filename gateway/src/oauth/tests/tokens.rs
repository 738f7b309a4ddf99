//! Codes, refresh tokens and access tokens: what each is good for, and when no more.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::oauth::testing::{ALL, Browser, Gateway, REDIRECT, VERIFIER, answer};

#[tokio::test]
async fn a_code_is_good_once_for_what_it_was_issued_for() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let other = gateway.register().await;
    let browser = Browser::default();
    let code = gateway.allow(&browser, &client, &[], &[]).await["code"].clone();
    let readonly = gateway.url("/mcp/readonly");
    for (client, changed, error) in [
        (&other, vec![], "invalid_grant"),
        (&client, vec![("redirect_uri", "http://127.0.0.1:4445/callback")], "invalid_grant"),
        (&client, vec![("code_verifier", "another-verifier-of-forty-three-characters-x")], "invalid_grant"),
        (&client, vec![("code_verifier", "short")], "invalid_grant"),
        (&client, vec![("code_verifier", "")], "invalid_request"),
        (&client, vec![("redirect_uri", "")], "invalid_request"),
        (&client, vec![("client_id", "")], "invalid_request"),
        (&client, vec![("code", "unknown")], "invalid_grant"),
        (&client, vec![("resource", &*readonly)], "invalid_target"),
        (&client, vec![("resource", "")], "invalid_target"),
        (&client, vec![("grant_type", "password")], "unsupported_grant_type"),
        (&client, vec![("grant_type", "client_credentials")], "unsupported_grant_type"),
        (&client, vec![("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")], "unsupported_grant_type"),
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
async fn requests_for_tokens_have_one_form() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    assert_eq!(gateway.post_json("/token", &json!({ "grant_type": "refresh_token" })).await.error(), "invalid_request");
    let form = [("grant_type", "refresh_token"), ("client_id", &*client), ("refresh_token", "x")];
    assert_eq!(gateway.form("/token?client_secret=x", &form).await.error(), "invalid_request");
    let twice = [&form[..], &[("client_id", &*client)]].concat();
    assert_eq!(gateway.form("/token", &twice).await.error(), "invalid_request");
    let basic = answer(gateway.form_request("/token", &form).header("authorization", "Basic eDp5")).await;
    assert_eq!((basic.status, &*basic.error()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    let long = "x".repeat(1 << 20);
    let long = gateway.form("/token", &[("grant_type", "refresh_token"), ("refresh_token", &long)]).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_refresh_token_is_replaced_and_its_second_use_ends_the_grant() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let other = gateway.register().await;
    let first = gateway.tokens(&client, &[]).await;
    assert_eq!(gateway.refresh(&other, &first.refresh, &[]).await.error(), "invalid_grant");
    let readonly = gateway.url("/mcp/readonly");
    assert_eq!(gateway.refresh(&client, &first.refresh, &[("scope", ALL)]).await.error(), "invalid_scope");
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
    for other in [&*code, &*tokens.refresh, "a state", &*client, VERIFIER] {
        assert!(!gateway.takes(other).await, "{other}");
    }
    assert!(gateway.takes(&tokens.access).await);
}

#[tokio::test]
async fn a_token_is_good_at_its_own_gateway_and_endpoint() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let tokens = gateway.tokens(&client, &[]).await;
    // The same data folder at another port is another resource; another folder has other keys.
    assert!(!gateway.another().await.takes(&tokens.access).await);
    assert!(!Gateway::start().await.takes(&tokens.access).await);

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
        assert_eq!(revoke(&client).await.status, StatusCode::OK);
        assert!(!gateway.takes(&tokens.access).await);
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
