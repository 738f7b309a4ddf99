//! What programs find before a person is asked: metadata and registration.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::oauth::testing::{Gateway, REDIRECT, answer};

#[tokio::test]
async fn discovery_leads_from_the_endpoint_to_the_server() {
    let gateway = Gateway::start().await;
    let refused = gateway.post_json("/mcp", &json!({})).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let metadata = format!("resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"", gateway.base);
    assert!(refused.header("www-authenticate").contains(&metadata), "{:?}", refused.headers);

    for path in ["/mcp", "/mcp/readonly", "/mcp/x/habits"] {
        let resource = gateway.get(&format!("/.well-known/oauth-protected-resource{path}")).await;
        assert_eq!(resource.header("access-control-allow-origin"), "*");
        let resource = resource.json();
        assert_eq!(resource["resource"], gateway.url(path));
        assert_eq!(resource["authorization_servers"], json!([gateway.base]));
        let scopes = resource["scopes_supported"].as_array().unwrap().len();
        assert_eq!(scopes, if path == "/mcp/readonly" { 1 } else { 3 });
    }
    let server = gateway.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(server.header("access-control-allow-origin"), "*");
    let server = server.json();
    assert_eq!(server["issuer"], gateway.base);
    assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
    for endpoint in ["authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint"] {
        assert!(server[endpoint].as_str().unwrap().starts_with(&gateway.base), "{endpoint}");
    }
    // Whatever name of this machine a program uses, the issuer is the same.
    let port = gateway.running.address().port();
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let named = async |path: &str| {
            answer(gateway.http.get(gateway.url(path)).header("host", format!("{host}:{port}"))).await.json()
        };
        let (server, resource) = tokio::join!(
            named("/.well-known/oauth-authorization-server"),
            named("/.well-known/oauth-protected-resource/mcp")
        );
        assert_eq!(
            (&server["issuer"], &resource["authorization_servers"][0]),
            (&json!(gateway.base), &server["issuer"])
        );
    }
}

#[tokio::test]
async fn names_that_were_bound_to_this_machine_get_nothing() {
    let gateway = Gateway::start().await;
    let port = gateway.running.address().port();
    for host in [format!("evil.example:{port}"), "evil.example".to_owned(), format!("127.0.0.1.evil.example:{port}")] {
        for path in [
            "/.well-known/oauth-authorization-server",
            "/.well-known/oauth-protected-resource/mcp",
            "/authorize",
            "/authorize/consent",
            "/connections",
        ] {
            let answer = answer(gateway.http.get(gateway.url(path)).header("host", &host)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{host} {path}");
        }
        for path in [
            "/register",
            "/token",
            "/revoke",
            "/introspect",
            "/authorize/code",
            "/authorize/decision",
            "/connections/code",
            "/connections/end",
        ] {
            let answer = answer(gateway.http.post(gateway.url(path)).header("host", &host)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{host} {path}");
        }
    }
}

#[tokio::test]
async fn pages_of_strangers_can_neither_register_nor_get_tokens() {
    let gateway = Gateway::start().await;
    for path in ["/register", "/token", "/revoke"] {
        for origin in ["http://evil.example", "https://evil.example", "null", "http://127.0.0.1.evil.example"] {
            let sent = gateway.http.post(gateway.url(path)).header("origin", origin).json(&json!({}));
            let preflight = gateway.http.request(http::Method::OPTIONS, gateway.url(path)).header("origin", origin);
            let preflight = preflight.header("access-control-request-method", "POST");
            for request in [sent, preflight] {
                let answer = answer(request).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin} {path}");
                assert_eq!(answer.header("access-control-allow-origin"), "", "{origin} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_registration_is_checked_and_none_is_believed() {
    let gateway = Gateway::start().await;
    let good = json!({
        "client_name": "  Evil\u{202e}\u{0} <b>name</b>  ",
        "redirect_uris": [REDIRECT, "cursor://anysphere.cursor-mcp/oauth/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_post",
        "unknown": true,
    });
    let registered = gateway.post_json("/register", &good).await;
    assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.text);
    let registered = registered.json();
    assert_eq!(registered["token_endpoint_auth_method"], "none");
    assert_eq!(registered["client_name"], "Evil <b>name</b>");
    assert!(registered.get("client_secret").is_none());

    let uris = |uris: Value| json!({ "redirect_uris": uris });
    let many: Vec<_> = (0..11).map(|n| format!("http://127.0.0.1/{n}")).collect();
    assert_eq!(gateway.post_json("/register", &uris(json!(many[..10]))).await.status, StatusCode::CREATED);
    let long = format!("http://127.0.0.1/{}", "x".repeat(2048));
    for (body, error) in [
        (json!({}), "invalid_redirect_uri"),
        (uris(json!([])), "invalid_redirect_uri"),
        (uris(json!(many)), "invalid_redirect_uri"),
        (uris(json!([REDIRECT, "javascript:alert(1)"])), "invalid_redirect_uri"),
        (uris(json!(["http://evil.example/cb"])), "invalid_redirect_uri"),
        (uris(json!([long])), "invalid_redirect_uri"),
        (uris(json!("http://127.0.0.1/")), "invalid_client_metadata"),
        (json!([]), "invalid_client_metadata"),
        (json!({ "redirect_uris": [REDIRECT], "grant_types": ["password"] }), "invalid_client_metadata"),
        (json!({ "redirect_uris": [REDIRECT], "response_types": ["token"] }), "invalid_client_metadata"),
    ] {
        assert_eq!(gateway.post_json("/register", &body).await.error(), error, "{body}");
    }
    assert_eq!(gateway.form("/register", &[("client_name", "x")]).await.error(), "invalid_request");
    for bytes in [64 << 10, 1 << 20] {
        let long = json!({ "client_name": "x".repeat(bytes), "redirect_uris": [REDIRECT] });
        assert_eq!(gateway.post_json("/register", &long).await.status, StatusCode::PAYLOAD_TOO_LARGE, "{bytes}");
    }
}

#[tokio::test]
async fn registrations_are_bounded_and_programs_with_a_grant_stay() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let tokens = gateway.tokens(&client, &[]).await;
    let forgotten = gateway.register().await;
    gateway.grants().advance(Duration::from_secs(1));
    let register = async |_| {
        let uris = vec![REDIRECT.to_owned()];
        gateway.grants().register("x".to_owned(), uris, false).await.unwrap().unwrap().id
    };
    let many = futures::future::join_all((0..1200).map(register)).await;
    let is_registered = async |id: &String| gateway.grants().client(id).await.unwrap().is_some();
    let left =
        async || futures::future::join_all(many.iter().map(&is_registered)).await.into_iter().filter(|it| *it).count();
    assert_eq!((left().await, is_registered(&client).await, is_registered(&forgotten).await), (999, true, false));
    assert!(gateway.takes(&tokens.access).await);
    // Those that nobody used for a month go too.
    gateway.grants().advance(Duration::from_secs(30 * 24 * 60 * 60 + 1));
    gateway.register().await;
    assert_eq!((left().await, is_registered(&client).await), (0, true));
}

#[tokio::test]
async fn what_is_not_there_is_refused_in_json() {
    let gateway = Gateway::start().await;
    for path in ["openid-configuration", "openid-configuration/mcp", "oauth-protected-resource/nothing", "nothing"] {
        let answer = gateway.get(&format!("/.well-known/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json()["error"], "invalid_request", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    for path in ["/introspect", "/token", "/register", "/revoke"] {
        let answer = gateway.get(path).await;
        assert_eq!((answer.status, &*answer.error()), (StatusCode::NOT_FOUND, "invalid_request"), "{path}");
    }
}
