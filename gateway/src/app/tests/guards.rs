//! Host, origin, CORS, authentication: who gets no further.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::harness::{Call, Gateway, get_request, spaces_list};
use crate::{
    auth::testing::{Mood, claims, header, sign},
    call::testing::CATALOG,
};

const METADATA: &str = "http://localhost:3069/.well-known/oauth-protected-resource/mcp";

fn call() -> Call {
    Call::modern("tools/call", spaces_list())
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_by_whatever_method() {
    let gateway = Gateway::new();
    for path in ["/mcp", "/mcp/readonly", "/mcp/x/todo", "/mcp/x/nothing"] {
        for method in [Method::POST, Method::GET, Method::DELETE, Method::PUT, Method::HEAD] {
            let mut request = call().at(path).raw(method.clone(), "ada", "{}");
            request.headers_mut().remove("authorization");
            let answer = gateway.send(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            // A request without credentials gets no error code (RFC 6750, 3.1).
            let endpoint = if path == "/mcp/x/nothing" { "/mcp" } else { path };
            let metadata = METADATA.replace("/mcp", endpoint);
            assert_eq!(answer.header("www-authenticate"), format!("Bearer resource_metadata=\"{metadata}\""));
        }
    }
}

#[tokio::test]
async fn a_bad_token_is_told_what_is_wrong_with_it() {
    let gateway = Gateway::new();
    let expired = sign(&header(), &claims("ada", 1));
    for value in [format!("Bearer {expired}"), "Bearer not-a-token".to_owned()] {
        let mut request = call().of("ada");
        request.headers_mut().insert("authorization", value.parse().unwrap());
        let answer = gateway.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{value}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Bearer error=\"invalid_token\", error_description=\""), "{challenge}");
        assert!(challenge.contains(&format!("resource_metadata=\"{METADATA}\"")), "{challenge}");
        assert!(!answer.text.is_empty() && answer.json()["error"]["message"].is_string());
    }
}

#[tokio::test]
async fn a_token_counts_in_its_header_alone_and_only_once() {
    let gateway = Gateway::new();
    let token = crate::auth::testing::token("ada");
    let mut in_query = call().at(&format!("/mcp?access_token={token}")).of("ada");
    in_query.headers_mut().remove("authorization");
    assert_eq!(gateway.send(in_query).await.status, StatusCode::UNAUTHORIZED);
    let mut twice = call().of("ada");
    twice.headers_mut().append("authorization", format!("Bearer {token}").parse().unwrap());
    assert_eq!(gateway.send(twice).await.status, StatusCode::BAD_REQUEST);
    let mut odd_case = call().of("ada");
    odd_case.headers_mut().insert("authorization", format!("bEARER  {token} ").parse().unwrap());
    assert_eq!(gateway.send(odd_case).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_identity_service_that_is_away_is_not_the_callers_fault() {
    let gateway = Gateway::new();
    gateway.identity.set_mood(Mood::Failing);
    let answer = gateway.send(call().of("ada")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "1");
    assert!(!answer.headers.contains_key("www-authenticate"));
}

#[tokio::test]
async fn an_identity_service_that_fails_later_is_a_failure_of_the_call() {
    let gateway = Gateway::new();
    // The keys are known by then.
    assert_eq!(gateway.send(Call::modern("tools/list", json!({})).of("ada")).await.status, StatusCode::OK);
    // The model can read it (server/tools, "Error Handling"). A new token would not help: the gateway has verified this one.
    for (mood, text) in [(Mood::Refusing, "takes no bearer token"), (Mood::Failing, "The identity service failed")] {
        gateway.identity.set_mood(mood);
        let failed = gateway.send(call().of("ada")).await;
        assert_eq!((failed.status, failed.json()["result"]["isError"].clone()), (StatusCode::OK, json!(true)));
        assert!(failed.text.contains(text) && failed.header("www-authenticate").is_empty(), "{}", failed.text);
    }
}

#[tokio::test]
async fn the_metadata_says_where_tokens_come_from() {
    let gateway = Gateway::with(&[("AUTHORIZATION_SERVERS", "https://id.example/, https://other.example")]);
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        let answer = gateway.send(get_request(path)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), "application/json");
        let document = answer.json();
        assert_eq!(document["resource"], "http://localhost:3069/mcp");
        assert_eq!(document["authorization_servers"], json!(["https://id.example", "https://other.example"]));
        assert_eq!(document["bearer_methods_supported"], json!(["header"]));
    }
}

#[tokio::test]
async fn where_tokens_are_looked_for_the_answer_is_json_that_says_how_to_get_one() {
    for (settings, origin, hint) in [
        (&[] as &[_], "http://localhost:3069", "from the identity service of Mana"),
        (&[("AUTHORIZATION_SERVERS", "https://id.example")], "https://id.example", "Sign in at https://id.example/"),
    ] {
        let gateway = Gateway::with(settings);
        let document = gateway.send(get_request("/.well-known/oauth-protected-resource/mcp")).await.json();
        assert_eq!(document["authorization_servers"], json!([origin]));
        for path in [
            "/.well-known/oauth-authorization-server",
            "/.well-known/oauth-authorization-server/mcp",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-protected-resource/nothing",
            "/.well-known/x/y/z",
            "/register",
            "/authorize?client_id=a",
            "/token",
        ] {
            for method in ["GET", "POST", "PUT"] {
                let mut request = get_request(path);
                *request.method_mut() = method.parse().unwrap();
                let answer = gateway.send(request).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
                assert_eq!(answer.header("content-type"), "application/json", "{method} {path}");
                assert_eq!(answer.json()["error"], "invalid_request", "{method} {path}");
                assert!(answer.json()["error_description"].as_str().unwrap().contains(hint), "{}", answer.text);
            }
        }
        let mut stranger = call().of("ada");
        stranger.headers_mut().remove("authorization");
        assert!(gateway.send(stranger).await.message().contains(hint));
    }
}

#[tokio::test]
async fn an_error_without_an_id_has_null_in_the_earlier_revisions_alone() {
    let gateway = Gateway::new();
    let stranger = |mut call: Call| {
        call.body["id"] = json!(1);
        let mut request = call.of("ada");
        request.headers_mut().remove("authorization");
        request
    };
    let modern = gateway.send(stranger(Call::modern("tools/list", json!({})))).await;
    let legacy = gateway.send(stranger(Call::legacy("tools/list", json!({})))).await;
    assert_eq!((modern.status, modern.json().get("id").cloned()), (StatusCode::UNAUTHORIZED, None));
    assert_eq!((legacy.status, legacy.json().get("id").cloned()), (StatusCode::UNAUTHORIZED, Some(json!(null))));
    for (call, id) in
        [(Call::modern("tools/list", json!({})), None), (Call::legacy("tools/list", json!({})), Some(json!(null)))]
    {
        let answer = gateway.send(call.raw(http::Method::POST, "ada", "{")).await;
        assert_eq!((answer.status, answer.json().get("id").cloned()), (StatusCode::BAD_REQUEST, id), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_public_address_stands_in_the_metadata_and_in_challenges() {
    let gateway = Gateway::with(&[("PUBLIC_URL", "https://MCP.example/base/")]);
    let mut request = get_request("/.well-known/oauth-protected-resource");
    request.headers_mut().insert("host", "mcp.example".parse().unwrap());
    assert_eq!(gateway.send(request).await.json()["resource"], "https://mcp.example/base/mcp");
    let mut request = call().of("ada");
    request.headers_mut().insert("host", "mcp.example".parse().unwrap());
    request.headers_mut().remove("authorization");
    let answer = gateway.send(request).await;
    // The well-known part stands between host and path (RFC 9728, 3).
    let path = "/.well-known/oauth-protected-resource/base/mcp";
    assert_eq!(answer.header("www-authenticate"), format!("Bearer resource_metadata=\"https://mcp.example{path}\""));
    let mut request = get_request(path);
    request.headers_mut().insert("host", "mcp.example".parse().unwrap());
    assert_eq!(gateway.send(request).await.json()["resource"], "https://mcp.example/base/mcp");
}

#[tokio::test]
async fn a_rebound_name_is_turned_away() {
    let gateway = Gateway::with(&[("ALLOWED_HOSTS", "mcp.example, other.example:8443")]);
    let cases = [
        ("localhost", true),
        ("LOCALHOST:9", true),
        ("127.0.0.1:3069", true),
        ("[::1]:3069", true),
        ("mcp.example", true),
        ("mcp.example:1234", true),
        ("other.example:8443", true),
        ("other.example", false),
        ("evil.example", false),
        ("mcp.example.evil.example", false),
        ("localhost.evil.example", false),
        ("evil.example@localhost", false),
        ("localhost:99999", false),
        ("localhost:+80", false),
        ("localhost:", false),
        ("127.0.0.2", false),
        ("0.0.0.0", false),
        ("", false),
    ];
    for (host, served) in cases {
        for path in ["/mcp", "/.well-known/oauth-protected-resource"] {
            let mut request = call().at(path).of("ada");
            if path != "/mcp" {
                *request.method_mut() = Method::GET;
            }
            request.headers_mut().insert("host", host.parse().unwrap());
            let status = gateway.send(request).await.status;
            assert_eq!(status == StatusCode::FORBIDDEN, !served, "{host} {path}: {status}");
        }
    }
    let mut twice = call().of("ada");
    twice.headers_mut().append("host", "evil.example".parse().unwrap());
    assert_eq!(gateway.send(twice).await.status, StatusCode::FORBIDDEN);
    let mut none = call().of("ada");
    none.headers_mut().remove("host");
    assert_eq!(gateway.send(none).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn probes_may_address_a_machine_by_its_number_and_from_elsewhere_by_any_name() {
    let (at_home, reachable) =
        (Gateway::new(), Gateway::with(&[("BIND", "0.0.0.0"), ("ALLOWED_HOSTS", "mcp.example")]));
    for (host, served_at_home) in [
        ("10.0.0.7:3069", true),
        ("[fd00::7]", true),
        ("localhost", true),
        ("gateway:3069", false),
        ("evil.example", false),
    ] {
        for path in ["/health", "/ready", "/metrics", "/nothing"] {
            let request = || Request::get(path).header("host", host).body(Body::empty()).unwrap();
            let status = at_home.send(request()).await.status;
            assert_eq!(status != StatusCode::FORBIDDEN, served_at_home, "{host} {path}: {status}");
            let status = reachable.send(request()).await.status;
            assert_eq!(status == StatusCode::NOT_FOUND, path == "/nothing", "{host} {path}: {status}");
            assert_ne!(status, StatusCode::FORBIDDEN, "{host} {path}");
        }
    }
    // Probes of HTTP/1.0 name no host; two of them are no probe's.
    let nameless = Request::get("/health").body(Body::empty()).unwrap();
    assert_eq!(at_home.send(nameless).await.status, StatusCode::OK);
    let twice = Request::get("/health").header("host", "localhost").header("host", "localhost");
    assert_eq!(at_home.send(twice.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn web_pages_of_strangers_reach_nothing_but_the_public_metadata() {
    let gateway = Gateway::with(&[("CORS_ORIGINS", "https://app.example")]);
    let cases = [
        ("https://app.example", true),
        ("https://app.example:443", true),
        ("http://localhost:6274", true),
        ("http://127.0.0.1", true),
        ("http://[::1]:8080", true),
        ("http://app.example", false),
        ("https://app.example:444", false),
        ("https://app.example.evil.example", false),
        ("https://evil.example", false),
        ("http://localhost.evil.example", false),
        ("null", false),
        ("", false),
        ("file://", false),
        ("https://app.example/path", false),
        // The parser of URLs would take these for pages of this machine or for the known one.
        (" http://localhost", false),
        ("http://local\thost", false),
        ("http:localhost", false),
        ("http:/localhost", false),
        ("HTTP://localhost", false),
        ("http://LOCALHOST", false),
        ("http://127.1", false),
        ("ws://localhost", false),
        ("ftp://localhost", false),
        ("https://app.example:0443", false),
        ("https://user@app.example", false),
    ];
    for (origin, allowed) in cases {
        for path in ["/mcp", "/health", "/metrics", "/nothing"] {
            let mut request = call().at(path).of("ada");
            if path != "/mcp" {
                *request.method_mut() = Method::GET;
            }
            request.headers_mut().insert("origin", origin.parse().unwrap());
            let status = gateway.send(request).await.status;
            assert_eq!(status == StatusCode::FORBIDDEN, !allowed, "{origin} {path}: {status}");
        }
        let mut public = call().at("/.well-known/oauth-protected-resource").of("ada");
        *public.method_mut() = Method::GET;
        public.headers_mut().insert("origin", origin.parse().unwrap());
        assert_eq!(gateway.send(public).await.status, StatusCode::OK, "{origin}");
        let preflight = Request::options("/.well-known/oauth-protected-resource/mcp")
            .header("host", "localhost")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "mcp-protocol-version");
        let answer = gateway.send(preflight.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (StatusCode::OK, "*"), "{origin}");
        assert_eq!(answer.header("access-control-allow-headers"), "*");
    }
    let mut twice = call().with("origin", "https://app.example").of("ada");
    twice.headers_mut().append("origin", "https://evil.example".parse().unwrap());
    assert_eq!(gateway.send(twice).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_preflight_of_a_known_page_needs_no_token() {
    let gateway = Gateway::with(&[("CORS_ORIGINS", "https://app.example")]);
    let wanted = "authorization,content-type,mcp-method,mcp-name,mcp-param-title,mcp-protocol-version,x-mana-space";
    let preflight = |origin: &str| {
        Request::options("/mcp")
            .header("host", "localhost")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", wanted)
            .body(Body::empty())
            .unwrap()
    };
    let answer = gateway.send(preflight("https://app.example")).await;
    assert!(answer.status.is_success(), "{}", answer.status);
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(answer.header("access-control-allow-headers"), wanted);
    assert!(answer.header("access-control-allow-methods").contains("DELETE"));
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    assert_eq!(gateway.send(preflight("https://evil.example")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_known_page_may_read_what_it_needs() {
    let gateway = Gateway::with(&[("CORS_ORIGINS", "https://app.example")]);
    let mut request = call().with("origin", "https://app.example").of("ada");
    request.headers_mut().remove("authorization");
    let answer = gateway.send(request).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example");
    let exposed = answer.header("access-control-expose-headers");
    for name in ["www-authenticate", "retry-after", "mcp-session-id", "x-request-id"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_no_member_any_more_is_told_no_earlier_answer() {
    let gateway = Gateway::of(&CATALOG, &[]);
    let written = async || {
        let mut call = Call::modern("tools/call", json!({ "name": "user.write" })).with("x-mana-space", "team");
        call.body["params"]["_meta"]["mana/idempotencyKey"] = json!("k");
        gateway.send(call.of("ada")).await
    };
    for is_replayed in [Value::Null, json!(true)] {
        assert_eq!(written().await.result()["_meta"]["mana/replayed"], is_replayed);
    }
    gateway.identity.set_spaces("ada", &[("ada-home", "personal")]);
    tokio::time::advance(Duration::from_secs(15)).await;
    let refused = written().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
}
