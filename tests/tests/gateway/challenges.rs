//! What a client without a token learns: the challenge, and the metadata that it points to (RFC 6750, RFC 9728).

use mana_mcp_tests::{Answer, Gateway, Launch, http, post};
use serde_json::Value;

async fn get(url: &str) -> Answer {
    Answer::read(http().get(url).send().await.unwrap()).await
}

/// A parameter of a `WWW-Authenticate` challenge.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

#[tokio::test]
async fn every_method_without_a_token_is_401_with_a_challenge_that_names_no_error() {
    let gateway = Gateway::start().await;
    for method in ["POST", "GET", "DELETE"] {
        let answer =
            Answer::read(http().request(method.parse().unwrap(), gateway.url("/mcp")).send().await.unwrap()).await;
        assert_eq!(answer.status, 401, "{method}: {answer:?}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Bearer "), "{method}: {challenge}");
        assert_eq!(parameter(challenge, "error"), None, "{method}: {challenge}");
        let metadata = parameter(challenge, "resource_metadata").unwrap();
        assert_eq!(metadata, gateway.url("/.well-known/oauth-protected-resource/mcp"), "{challenge}");
        assert_eq!(get(&metadata).await.status, 200);
    }
}

#[tokio::test]
async fn a_bad_token_is_401_with_invalid_token() {
    let gateway = Gateway::start().await;
    let answer = Answer::read(post(&gateway, "a.b.c").body("{}").send().await.unwrap()).await;
    assert_eq!(answer.status, 401);
    let challenge = answer.header("www-authenticate");
    assert_eq!(parameter(challenge, "error").as_deref(), Some("invalid_token"), "{challenge}");
    assert!(parameter(challenge, "resource_metadata").is_some(), "{challenge}");
    assert_eq!(answer.headers.get_all("www-authenticate").iter().count(), 1);
}

#[tokio::test]
async fn the_metadata_names_the_resource_and_its_authorization_server() {
    let gateway = Gateway::start().await;
    for path in ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"] {
        let answer = get(&gateway.url(path)).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
        let metadata: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(metadata["resource"], gateway.url("/mcp"), "{path}");
        assert!(!metadata["authorization_servers"].as_array().unwrap().is_empty(), "{path}: {metadata}");
        assert_eq!(metadata["bearer_methods_supported"], serde_json::json!(["header"]));
        assert!(!metadata["scopes_supported"].to_string().contains("offline_access"), "{metadata}");
        let cross = http().get(gateway.url(path)).header("Origin", "https://client.example");
        let answer = Answer::read(cross.send().await.unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, "*"), "{answer:?}");
    }
}

#[tokio::test]
async fn every_endpoint_is_a_resource_with_a_document_of_its_own() {
    let gateway = Gateway::start().await;
    for path in ["/mcp", "/mcp/readonly", "/mcp/x/todo,notes"] {
        let refused = Answer::read(http().post(gateway.url(path)).send().await.unwrap()).await;
        let metadata = parameter(refused.header("www-authenticate"), "resource_metadata").unwrap();
        let answer = get(&metadata).await;
        assert_eq!(answer.status, 200, "{metadata}");
        let document: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(document["resource"], gateway.url(path));
    }
    for path in ["/other", "/mcp/x/nothing"] {
        assert_eq!(
            get(&gateway.url(&format!("/.well-known/oauth-protected-resource{path}"))).await.status,
            404,
            "{path}"
        );
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_read_are_a_bad_request() {
    let gateway = Gateway::start().await;
    let refused = async |values: &[&str]| {
        let mut request = http().post(gateway.url("/mcp")).body("{}");
        for value in values {
            request = request.header("Authorization", *value);
        }
        Answer::read(request.send().await.unwrap()).await
    };
    for values in [&["Bearer"][..], &["Bearer "], &["Bearer a.b.c", "Bearer a.b.c"], &["Bearer \u{e4}"]] {
        let answer = refused(values).await;
        assert_eq!(answer.status, 400, "{values:?}: {answer:?}");
        assert_eq!(parameter(answer.header("www-authenticate"), "error").as_deref(), Some("invalid_request"));
    }
    // Credentials of another kind are none here.
    let answer = refused(&["Basic dXNlcjpwYXNz"]).await;
    assert_eq!(answer.status, 401);
    assert_eq!(parameter(answer.header("www-authenticate"), "error"), None);
}

#[tokio::test]
async fn the_public_url_is_what_clients_are_told() {
    for given in ["https://mcp.example.org", "https://mcp.example.org/"] {
        let gateway = Launch::new().env("PUBLIC_URL", given).start().await;
        let answer = get(&gateway.url("/.well-known/oauth-protected-resource/mcp")).await;
        let metadata: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(metadata["resource"], "https://mcp.example.org/mcp");
        let unnamed = Answer::read(http().post(gateway.url("/mcp")).send().await.unwrap()).await;
        assert_eq!(
            parameter(unnamed.header("www-authenticate"), "resource_metadata").as_deref(),
            Some("https://mcp.example.org/.well-known/oauth-protected-resource/mcp")
        );
    }
}
