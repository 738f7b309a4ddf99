//! The protocol as a client meets it: each duty where the library in front of which the gateway stands fell short, and
//! each behaviour that flips between the eras.

use axum::body::Body;
use http::{Method, StatusCode};
use mana_mcp_runtime::tool::{PolicyHint, ToolId};
use serde_json::{Value, json};

use super::harness::{Answer, Call, Gateway, REVISION, spaces_list};

const SERVER_INFO: &str = "/_meta/io.modelcontextprotocol~1serverInfo";

/// A request in both eras, and its answers: within a session, then stateless.
async fn in_both(gateway: &Gateway, method: &str, params: Value) -> [Answer; 2] {
    let id = gateway.open_session("ada").await;
    let legacy = gateway.send(Call::legacy(method, params.clone()).in_session(&id).of("ada")).await;
    let modern = gateway.send(Call::modern(method, params).of("ada")).await;
    [legacy, modern]
}

async fn post(gateway: &Gateway, body: &str) -> Answer {
    let call = Call::modern("tools/list", json!({}));
    gateway.send(call.raw(Method::POST, "ada", body.to_owned())).await
}

#[tokio::test]
async fn what_is_no_single_message_is_a_bad_request() {
    let gateway = Gateway::new();
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        ("[[[[", -32700),
        ("[]", -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#, -32600),
        ("\"tools/list\"", -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":[1],"method":"tools/list"}"#, -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":{}}"#, -32600),
    ] {
        let answer = post(&gateway, body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, code), "{body}: {}", answer.text);
        assert!(answer.json().get("id").is_none_or(|id| !id.is_null()), "{}", answer.text);
    }
    // Nested more deeply than any message: refused, and the stack stands.
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(post(&gateway, &deep).await.code(), -32600);
    let invalid_utf8 = Call::modern("tools/list", json!({})).raw(Method::POST, "ada", b"{\"a\":\"\xff\"}".to_vec());
    assert_eq!(gateway.send(invalid_utf8).await.code(), -32700);
}

#[tokio::test]
async fn ids_come_back_as_they_were() {
    let gateway = Gateway::new();
    for id in [json!(0), json!(-3), json!(9_007_199_254_740_991_i64), json!(""), json!("ä \" \u{1}")] {
        let mut call = Call::modern("tools/call", spaces_list());
        call.body["id"] = id.clone();
        assert_eq!(gateway.send(call.of("ada")).await.json()["id"], id);
    }
}

#[tokio::test]
async fn media_types_are_read_liberally_but_read() {
    let gateway = Gateway::new();
    let call = Call::modern("tools/call", spaces_list());
    for accept in
        ["*/*", "application/json", "text/event-stream, application/json;q=0.5", "application/*", "text/html, */*"]
    {
        let answer = gateway.send(call.clone().with("accept", accept).of("ada")).await;
        assert_eq!(answer.status, StatusCode::OK, "{accept}");
        assert_eq!(answer.header("content-type"), "application/json");
    }
    assert_eq!(gateway.send(call.clone().without("accept").of("ada")).await.status, StatusCode::OK);
    let none = gateway.send(call.clone().with("accept", "text/html").of("ada")).await;
    assert_eq!(none.status, StatusCode::NOT_ACCEPTABLE);
    for (content, status) in [
        ("application/json; charset=utf-8", StatusCode::OK),
        ("Application/JSON", StatusCode::OK),
        ("text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/jsonp", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        assert_eq!(
            gateway.send(call.clone().with("content-type", content).of("ada")).await.status,
            status,
            "{content}"
        );
    }
    let none = gateway.send(call.without("content-type").of("ada")).await;
    assert_eq!((none.status, none.code()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, -32600));
}

#[tokio::test]
async fn there_is_no_stream_to_open_and_nothing_to_end_without_sessions() {
    let gateway = Gateway::new();
    let call = Call::modern("tools/list", json!({}));
    let get = gateway.send(call.clone().raw(Method::GET, "ada", Body::empty())).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(get.header("allow").contains("POST"), "{}", get.header("allow"));
    let delete = gateway.send(call.raw(Method::DELETE, "ada", Body::empty())).await;
    assert_eq!((delete.status, delete.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
}

#[tokio::test]
async fn a_call_answers_with_structure_and_the_same_as_text() {
    for (answer, is_modern) in in_both(&Gateway::new(), "tools/call", spaces_list()).await.iter().zip([false, true]) {
        assert_eq!(answer.status, StatusCode::OK);
        let result = answer.result();
        assert_eq!(result["structuredContent"]["activeSpaceId"], "ada-home");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(text, result["structuredContent"].to_string());
        assert_eq!(result.get("resultType").is_some(), is_modern);
        assert_eq!(result.pointer(SERVER_INFO).is_some(), is_modern);
    }
}

#[tokio::test]
async fn a_failed_call_is_a_result_that_the_model_can_read() {
    let params = json!({ "name": "habits.create", "arguments": { "titel": "x" } });
    for answer in in_both(&Gateway::new(), "tools/call", params).await {
        assert_eq!(answer.status, StatusCode::OK);
        let result = answer.result();
        assert_eq!(result["isError"], true);
        // Clients hold structured content against the output schema, of errors too.
        assert!(result.get("structuredContent").is_none());
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("titel") && text.contains("title"), "{text}");
    }
}

#[tokio::test]
async fn the_list_of_tools_is_ordered_complete_and_private() {
    for (answer, is_modern) in in_both(&Gateway::new(), "tools/list", json!({})).await.iter().zip([false, true]) {
        let result = answer.result();
        let names: Vec<_> =
            result["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert!(names.contains(&"habits_create") && names.contains(&"spaces_list"), "{names:?}");
        for tool in result["tools"].as_array().unwrap() {
            assert_eq!(tool["inputSchema"]["type"], "object");
            assert_eq!(tool["outputSchema"]["type"], "object");
            assert_eq!(tool["title"], tool["annotations"]["title"]);
            let calls_any = ["catalog_call", "catalog_read"].contains(&tool["name"].as_str().unwrap());
            assert_eq!(tool["annotations"]["openWorldHint"], calls_any);
            assert!(
                tool["annotations"]["readOnlyHint"].is_boolean() && tool["annotations"]["destructiveHint"].is_boolean()
            );
        }
        if is_modern {
            assert_eq!(result["cacheScope"], "private");
            assert!(result["ttlMs"].as_u64().unwrap() > 0);
            assert_eq!(result.pointer(SERVER_INFO).unwrap()["name"], "mana-mcp");
        } else {
            assert!(result.get("cacheScope").is_none() && result.get("ttlMs").is_none());
        }
    }
}

#[tokio::test]
async fn a_cursor_that_we_did_not_give_is_refused() {
    for answer in in_both(&Gateway::new(), "tools/list", json!({ "cursor": "eyJwYWdlIjoyfQ==" })).await {
        assert_eq!(answer.code(), -32602);
    }
}

#[tokio::test]
async fn an_unknown_tool_is_told_the_nearest_one() {
    let gateway = Gateway::new();
    for answer in in_both(&gateway, "tools/call", json!({ "name": "habit.create", "arguments": {} })).await {
        assert_eq!(answer.code(), -32602);
        assert!(answer.message().contains("`habits_create`"), "{}", answer.message());
    }
    let long = "x".repeat(4000);
    for answer in in_both(&gateway, "tools/call", json!({ "name": long })).await {
        assert_eq!(answer.code(), -32602);
        assert!(answer.text.len() < 500, "a stranger's text is not echoed at length");
    }
}

#[tokio::test]
async fn wrong_parameters_are_not_an_unknown_method() {
    let gateway = Gateway::new();
    for (method, params) in [
        ("tools/call", json!({ "name": "spaces.list", "arguments": [1] })),
        ("tools/call", json!({ "name": "spaces.list", "arguments": "{" })),
        ("tools/call", json!({ "arguments": {} })),
        ("tools/list", json!({ "cursor": 7 })),
    ] {
        for answer in in_both(&gateway, method, params.clone()).await {
            // A name that is no string cannot be mirrored in a header either.
            assert!(matches!(answer.code(), -32602 | -32020), "{method} {params}: {}", answer.text);
            assert_ne!(answer.status, StatusCode::NOT_FOUND, "{method} {params}");
        }
    }
    let null = json!({ "name": "spaces.list", "arguments": null });
    for answer in in_both(&gateway, "tools/call", null).await {
        assert_eq!(answer.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn methods_that_are_not_there_are_told_by_the_era() {
    let gateway = Gateway::new();
    for method in
        ["nonsense", "resources/read", "prompts/get", "completion/complete", "subscriptions/listen", "tasks/get"]
    {
        let [legacy, modern] = in_both(&gateway, method, json!({})).await;
        assert_eq!((legacy.status, legacy.code()), (StatusCode::OK, -32601), "{method}");
        assert_eq!((modern.status, modern.code()), (StatusCode::NOT_FOUND, -32601), "{method}");
    }
    for (method, params) in [("ping", json!({})), ("logging/setLevel", json!({ "level": "info" }))] {
        let [legacy, modern] = in_both(&gateway, method, params).await;
        assert_eq!(legacy.result(), json!({}), "{method}");
        assert_eq!((modern.status, modern.code()), (StatusCode::NOT_FOUND, -32601), "{method}");
    }
}

#[tokio::test]
async fn discovery_names_versions_and_capabilities() {
    let answer = Gateway::new().send(Call::modern("server/discover", json!({})).of("ada")).await;
    let result = answer.result();
    assert_eq!(result["supportedVersions"], json!(["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]));
    assert!(result["capabilities"]["tools"].is_object());
    assert_eq!(result["cacheScope"], "private");
    assert!(result["ttlMs"].is_u64());
    assert_eq!(result.pointer(SERVER_INFO).unwrap()["name"], "mana-mcp");
}

#[tokio::test]
async fn a_version_that_is_not_served_is_refused_with_those_that_are() {
    let gateway = Gateway::new();
    let mut call = Call::modern("tools/list", json!({})).with("mcp-protocol-version", "2099-01-01");
    call.body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let answer = gateway.send(call.of("ada")).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, -32022));
    assert_eq!(answer.json()["error"]["data"]["requested"], "2099-01-01");
    assert_eq!(answer.json()["error"]["data"]["supported"][3], REVISION);
    let id = gateway.open_session("ada").await;
    for version in ["2024-11-05", "1999-01-01", "nonsense"] {
        let call = Call::legacy("ping", json!({})).in_session(&id).with("mcp-protocol-version", version);
        assert_eq!(gateway.send(call.of("ada")).await.status, StatusCode::BAD_REQUEST, "{version}");
    }
}

#[tokio::test]
async fn mirrored_headers_must_match_the_body() {
    let gateway = Gateway::new();
    let call = Call::modern("tools/call", spaces_list());
    for broken in [
        call.clone().with("mcp-protocol-version", "2025-11-25"),
        call.clone().without("mcp-protocol-version"),
        call.clone().without("mcp-method"),
        call.clone().with("mcp-method", "tools/list"),
        call.clone().with("mcp-method", "Tools/Call"),
        call.clone().without("mcp-name"),
        call.clone().with("mcp-name", "todo.list"),
        call.clone().with("mcp-name", "=?base64?!!?="),
    ] {
        let answer = gateway.send(broken.of("ada")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, -32020), "{}", answer.text);
        assert_eq!(answer.json()["id"], 7);
    }
    let mut twice = call.clone().of("ada");
    twice.headers_mut().append("mcp-name", "todo.list".parse().unwrap());
    assert_eq!(gateway.send(twice).await.code(), -32020);
    let encoded = call.clone().with("mcp-name", "=?base64?c3BhY2VzLmxpc3Q=?=");
    assert_eq!(gateway.send(encoded.of("ada")).await.status, StatusCode::OK);
    // No tool mirrors a parameter: such a header means nothing, and is let pass as the protocol asks.
    assert_eq!(gateway.send(call.with("mcp-param-title", "x").of("ada")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stateless_request_says_what_it_must() {
    let gateway = Gateway::new();
    for missing in ["io.modelcontextprotocol/clientCapabilities", "io.modelcontextprotocol/protocolVersion"] {
        let mut call = Call::modern("tools/list", json!({}));
        call.body["params"]["_meta"].as_object_mut().unwrap().remove(missing);
        let answer = gateway.send(call.of("ada")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, -32602), "{missing}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_client_does_not_answer_and_gets_no_answer_to_a_notification() {
    let gateway = Gateway::new();
    let mut notification = Call::modern("notifications/cancelled", json!({ "requestId": 1 }));
    notification.body.as_object_mut().unwrap().remove("id");
    let answer = gateway.send(notification.of("ada")).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::ACCEPTED, ""));
    let response = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let modern = post(&gateway, response).await;
    assert_eq!((modern.status, modern.code()), (StatusCode::BAD_REQUEST, -32600));
    let id = gateway.open_session("ada").await;
    let legacy = Call::legacy("ping", json!({})).in_session(&id).raw(Method::POST, "ada", response);
    assert_eq!(gateway.send(legacy).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_foreign_space_is_refused_before_the_tool() {
    let gateway = Gateway::new();
    for space in ["bob-home", "nowhere", "", "ädä"] {
        let id = gateway.open_session("ada").await;
        let legacy = Call::legacy("tools/call", spaces_list()).in_session(&id);
        for call in [legacy, Call::modern("tools/call", spaces_list())] {
            let answer = gateway.send(call.with("x-mana-space", space).of("ada")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{space}");
            assert_eq!(answer.json()["id"], 7);
            assert!(!answer.text.contains("bob"), "{}", answer.text);
        }
    }
    let team = gateway.send(Call::modern("tools/call", spaces_list()).with("x-mana-space", "team").of("ada")).await;
    assert_eq!(team.result()["structuredContent"]["activeSpaceId"], "team");
}

#[tokio::test]
async fn two_spaces_in_one_request_are_none() {
    let gateway = Gateway::new();
    let mut request = Call::modern("tools/call", spaces_list()).with("x-mana-space", "team").of("ada");
    request.headers_mut().append("x-mana-space", "ada-home".parse().unwrap());
    let answer = gateway.send(request).await;
    assert!(answer.status.is_client_error(), "{}: {}", answer.status, answer.text);
}

#[tokio::test]
async fn smaller_endpoints_serve_less() {
    let gateway = Gateway::new();
    let names = async |path: &str| {
        let answer = gateway.send(Call::modern("tools/list", json!({})).at(path).of("ada")).await;
        let tools = answer.result()["tools"].take();
        tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let served = || mana_mcp_fixture::CATALOG.served();
    let reads = |tool: &ToolId| tool.spec().policy_hint == PolicyHint::Read;
    let mut reading: Vec<_> = served().filter(reads).map(|tool| tool.listed_name().into_owned()).collect();
    reading.sort_unstable();
    assert_eq!(names("/mcp/readonly").await, reading);
    let doors = ["catalog_call", "catalog_find", "catalog_read"];
    assert_eq!(names("/mcp/x/journal,spaces").await, [&doors[..], &["journal_add", "spaces_list"]].concat());
    let write = json!({ "name": "habits.create", "arguments": { "title": "x" } });
    for path in ["/mcp/readonly", "/mcp/x/todo"] {
        let answer = gateway.send(Call::modern("tools/call", write.clone()).at(path).of("ada")).await;
        assert_eq!(answer.code(), -32602, "{path}");
    }
    for path in ["/mcp/x/nothing", "/mcp/x/todo,nothing", "/mcp/x/,"] {
        let answer = gateway.send(Call::modern("tools/list", json!({})).at(path).of("ada")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn names_are_listed_as_set_and_accepted_either_way() {
    for (setting, listed, other) in
        [("underscored", "habits_list", "habits.list"), ("dotted", "habits.list", "habits_list")]
    {
        let gateway = Gateway::with(&[("TOOL_NAMES", setting)]);
        let list = gateway.send(Call::modern("tools/list", json!({})).of("ada")).await.result();
        let tools = list["tools"].as_array().unwrap();
        assert!(tools.iter().any(|tool| tool["name"] == listed), "{tools:?}");
        // Descriptions name the tools as they are listed, too.
        assert!(list.to_string().contains(&format!("Find its id with {listed}.")), "{list}");
        assert!(!list.to_string().contains(other), "{list}");
        for name in ["spaces.list", "spaces_list", "spaces-list", "mcp__mana__spaces_list", "mana-spaces-list"] {
            let answer = gateway.send(Call::modern("tools/call", json!({ "name": name })).of("ada")).await;
            assert_eq!(answer.result()["isError"], false, "{name}");
        }
    }
}
