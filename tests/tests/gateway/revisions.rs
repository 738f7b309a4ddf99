//! What differs between the two revisions, and what each demands.

use mana_mcp_tests::{Answer, Gateway, Mcp, Revision, post};
use serde_json::{Value, json};

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

async fn modern(gateway: &Gateway) -> Mcp<'_> {
    Mcp::user(gateway, "ada@example.org").await
}

async fn legacy(gateway: &Gateway) -> Mcp<'_> {
    Mcp::connect(gateway, &gateway.token("ada@example.org").await, Revision::V2025).await
}

#[tokio::test]
async fn initialize_agrees_on_the_asked_revision_or_offers_the_latest() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for (asked, offered) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("1999-01-01", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
    ] {
        let params =
            json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "x", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        let answer = Answer::read(post(&gateway, &token).json(&body).send().await.unwrap()).await;
        let result = answer.result();
        assert_eq!(result["protocolVersion"], offered, "asked for {asked}: {answer:?}");
        assert_eq!(result["serverInfo"]["name"], "mana-mcp");
        let capabilities: Vec<&String> = result["capabilities"].as_object().unwrap().keys().collect();
        assert_eq!(capabilities, ["tools"], "nothing is declared that is not served");
        assert_ne!(result["capabilities"]["tools"]["listChanged"], true);
        assert!(!answer.header("mcp-session-id").is_empty());
    }
}

#[tokio::test]
async fn the_older_revision_answers_ping_and_says_nothing_of_the_newer() {
    let gateway = Gateway::start().await;
    let mcp = legacy(&gateway).await;
    assert_eq!(mcp.request("ping", json!({})).await.result(), json!({}));
    let listed = mcp.request("tools/list", json!({})).await.result();
    for field in ["resultType", "ttlMs", "cacheScope"] {
        assert!(listed.get(field).is_none(), "{field}");
    }
    let unknown = mcp.request("no/such/method", json!({})).await;
    assert_eq!(unknown.error_code(), -32601, "{unknown:?}");
}

#[tokio::test]
async fn tasks_metadata_is_ignored_where_tasks_are_not_declared() {
    let gateway = Gateway::start().await;
    let mcp = legacy(&gateway).await;
    let params = json!({ "name": "habits.list", "arguments": {}, "task": { "ttl": 60000 } });
    assert_eq!(mcp.request("tools/call", params).await.structured(), json!({ "habits": [], "total": 0 }));
}

#[tokio::test]
async fn an_unsupported_version_header_is_400() {
    let gateway = Gateway::start().await;
    let mcp = legacy(&gateway).await;
    for version in ["1999-01-01", "latest", "2025-11-25, 2026-07-28", ""] {
        let request = post(&gateway, mcp.token()).header("Mcp-Session-Id", mcp.session());
        let request = request.header("MCP-Protocol-Version", version).json(&mcp.body("ping", json!({})));
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 400, "{version:?}: {answer:?}");
    }
    let without = post(&gateway, mcp.token()).header("Mcp-Session-Id", mcp.session());
    let answer = Answer::read(without.json(&mcp.body("ping", json!({}))).send().await.unwrap()).await;
    assert_eq!(answer.status, 200, "without a header it is an older client: {answer:?}");
}

#[tokio::test]
async fn discover_tells_revisions_capabilities_and_who_serves() {
    let gateway = Gateway::start().await;
    let result = modern(&gateway).await.request("server/discover", json!({})).await.result();
    let supported: Vec<&str> =
        result["supportedVersions"].as_array().unwrap().iter().map(|version| version.as_str().unwrap()).collect();
    assert!(supported.contains(&"2026-07-28"), "{supported:?}");
    assert!(!supported.contains(&"2024-11-05"), "what is not served is not offered: {supported:?}");
    assert_eq!(result["capabilities"].as_object().unwrap().keys().collect::<Vec<_>>(), ["tools"]);
    assert!(result["ttlMs"].as_u64().is_some());
    assert!(result["instructions"].as_str().is_some_and(|text| !text.is_empty()));
}

#[tokio::test]
async fn every_result_is_complete_and_names_the_server() {
    let gateway = Gateway::start().await;
    let mcp = modern(&gateway).await;
    for (method, params) in [
        ("server/discover", json!({})),
        ("tools/list", json!({})),
        ("tools/call", json!({ "name": "habits.list", "arguments": {} })),
        ("tools/call", json!({ "name": "habits.create", "arguments": {} })),
    ] {
        let answer = mcp.request(method, params).await;
        let result = answer.result();
        assert_eq!(result["resultType"], "complete", "{method}: {answer:?}");
        assert_eq!(result["_meta"][SERVER_INFO]["name"], "mana-mcp", "{method}: {answer:?}");
        assert!(result["_meta"][SERVER_INFO]["version"].is_string());
    }
}

#[tokio::test]
async fn lists_may_be_cached_for_the_caller_alone() {
    let gateway = Gateway::start().await;
    let mcp = modern(&gateway).await;
    for method in ["tools/list", "server/discover"] {
        let result = mcp.request(method, json!({})).await.result();
        assert_eq!(result["cacheScope"], "private", "{method}");
        assert!(result["ttlMs"].as_u64().is_some(), "{method}: {result}");
    }
    let called = mcp.call("habits.list", json!({})).await.result();
    assert!(called.get("ttlMs").is_none(), "a call's result is not to be cached");
}

#[tokio::test]
async fn a_cursor_that_nobody_issued_is_invalid() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        let answer = mcp.request("tools/list", json!({ "cursor": "eyJwYWdlIjoyfQ" })).await;
        assert_eq!(answer.error_code(), -32602, "{revision:?}: {answer:?}");
        assert!(mcp.request("tools/list", json!({})).await.result().get("nextCursor").is_none());
    }
}

#[tokio::test]
async fn removed_and_unknown_methods_are_404_in_the_newer_revision() {
    let gateway = Gateway::start().await;
    let mcp = modern(&gateway).await;
    for method in [
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "completion/complete",
        "subscriptions/listen",
        "tasks/get",
        "no/such/method",
        "",
    ] {
        let answer = mcp.request(method, json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.error_code()), (404, -32601), "{method}: {answer:?}");
    }
}

#[tokio::test]
async fn headers_that_miss_or_contradict_the_body_are_400() {
    let gateway = Gateway::start().await;
    let mcp = modern(&gateway).await;
    let body = mcp.body("tools/call", json!({ "name": "habits.list", "arguments": {} }));
    let cases: [(&str, &[(&str, &str)]); 8] = [
        ("no method", &[("Mcp-Name", "habits.list")]),
        ("another method", &[("Mcp-Method", "tools/list"), ("Mcp-Name", "habits.list")]),
        ("another case", &[("Mcp-Method", "Tools/Call"), ("Mcp-Name", "habits.list")]),
        ("no name", &[("Mcp-Method", "tools/call")]),
        ("another name", &[("Mcp-Method", "tools/call"), ("Mcp-Name", "habits.create")]),
        ("another name, encoded", &[("Mcp-Method", "tools/call"), ("Mcp-Name", "=?base64?aGFiaXRz?=")]),
        ("a broken encoding", &[("Mcp-Method", "tools/call"), ("Mcp-Name", "=?base64?%%%?=")]),
        ("two names", &[("Mcp-Method", "tools/call"), ("Mcp-Name", "habits.list"), ("Mcp-Name", "habits.create")]),
    ];
    for (what, headers) in cases {
        let mut request = post(&gateway, mcp.token()).header("MCP-Protocol-Version", "2026-07-28").json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.error_code()), (400, -32020), "{what}: {answer:?}");
    }
    // "habits.list", encoded; and header names in any case.
    for headers in [
        [("mcp-method", "tools/call"), ("mcp-name", "=?base64?aGFiaXRzLmxpc3Q=?=")],
        [("MCP-METHOD", "tools/call"), ("MCP-NAME", " habits.list ")],
    ] {
        let mut request = post(&gateway, mcp.token()).header("MCP-Protocol-Version", "2026-07-28").json(&body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{headers:?}: {answer:?}");
    }
    // A parameter header that no tool asks for is ignored.
    let extra = mcp.builder("tools/call", Some("habits.list")).header("Mcp-Param-Region", "eu").json(&body);
    assert_eq!(Answer::read(extra.send().await.unwrap()).await.status, 200);
}

#[tokio::test]
async fn the_version_stands_in_header_and_body_alike() {
    let gateway = Gateway::start().await;
    let mcp = modern(&gateway).await;
    let meta = |version: &str| {
        let mut body = mcp.body("tools/list", json!({}));
        body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(version);
        body
    };
    let send = async |version: Option<&str>, body: Value| {
        let mut request = post(&gateway, mcp.token()).header("Mcp-Method", "tools/list").json(&body);
        if let Some(version) = version {
            request = request.header("MCP-Protocol-Version", version);
        }
        Answer::read(request.send().await.unwrap()).await
    };
    for (header, body) in [(Some("2025-11-25"), "2026-07-28"), (Some("2026-07-28"), "2025-11-25"), (None, "2026-07-28")]
    {
        let answer = send(header, meta(body)).await;
        assert_eq!((answer.status.as_u16(), answer.error_code()), (400, -32020), "{header:?} {body}: {answer:?}");
    }
    let answer = send(Some("2099-01-01"), meta("2099-01-01")).await;
    assert_eq!((answer.status.as_u16(), answer.error_code()), (400, -32022), "{answer:?}");
    let data = answer.message()["error"]["data"].clone();
    assert_eq!(data["requested"], "2099-01-01");
    assert!(data["supported"].as_array().unwrap().contains(&json!("2026-07-28")), "{data}");
}

#[tokio::test]
async fn required_metadata_is_required_and_the_rest_is_not() {
    let gateway = Gateway::start().await;
    let mcp = modern(&gateway).await;
    let send = async |change: &dyn Fn(&mut Value)| {
        let mut body = mcp.body("tools/list", json!({}));
        change(&mut body["params"]);
        Answer::read(mcp.builder("tools/list", None).json(&body).send().await.unwrap()).await
    };
    let remove = |key: &'static str| {
        move |params: &mut Value| {
            params["_meta"].as_object_mut().unwrap().remove(key);
        }
    };
    let answer = send(&|params| params["_meta"] = json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.error_code()), (400, -32602), "{answer:?}");
    let answer = send(&remove("io.modelcontextprotocol/clientCapabilities")).await;
    assert_eq!((answer.status.as_u16(), answer.error_code()), (400, -32602), "{answer:?}");
    let answer = send(&remove("io.modelcontextprotocol/clientInfo")).await;
    assert_eq!(answer.status, 200, "a client need not name itself: {answer:?}");
    let answer = send(&|params| params["_meta"]["traceparent"] = json!("not a trace")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn what_a_client_says_of_itself_changes_nothing() {
    let gateway = Gateway::start().await;
    let mcp = modern(&gateway).await;
    let mut body = mcp.body("tools/list", json!({}));
    let usual = Answer::read(mcp.builder("tools/list", None).json(&body).send().await.unwrap()).await.result();
    body["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] = json!({ "name": "admin", "version": "9" });
    let other = Answer::read(mcp.builder("tools/list", None).json(&body).send().await.unwrap()).await.result();
    assert_eq!(usual, other);
}

#[tokio::test]
async fn nothing_is_remembered_between_requests_of_one_connection() {
    let gateway = Gateway::start().await;
    let (ada, bob) = (gateway.token("ada@example.org").await, gateway.token("bob@example.org").await);
    Mcp::modern(&gateway, &ada).await.call("habits.create", json!({ "title": "Ada's" })).await.structured();
    let mut connection = mana_mcp_tests::load::Connection::open(gateway.address).await.unwrap();
    for (token, habits) in [(&ada, 1), (&bob, 0), (&ada, 1)] {
        let body =
            Mcp::modern(&gateway, token).await.body("tools/call", json!({ "name": "habits.list", "arguments": {} }));
        let authorization = format!("Bearer {token}");
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Accept", "application/json, text/event-stream"),
            ("Content-Type", "application/json"),
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "habits.list"),
        ];
        let request = mana_mcp_tests::load::request("POST", gateway.address, "/mcp", &headers, &body.to_string());
        let answer = connection.exchange(&request).await.unwrap();
        let message: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(message["result"]["structuredContent"]["habits"].as_array().unwrap().len(), habits);
    }
}

#[tokio::test]
async fn a_stray_log_level_is_taken_or_refused_as_parameters() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let mcp = Mcp::connect(&gateway, &token, Revision::V2025).await;
    assert_eq!(mcp.request("logging/setLevel", json!({ "level": "debug" })).await.result(), json!({}));
    for params in [json!({ "level": "loudest" }), json!({})] {
        assert_eq!(mcp.request("logging/setLevel", params).await.error_code(), -32602);
    }
    let modern = Mcp::modern(&gateway, &token).await;
    let answer = modern.request("logging/setLevel", json!({ "level": "loudest" })).await;
    assert_eq!((answer.status.as_u16(), answer.error_code()), (404, -32601), "{answer:?}");
}

#[tokio::test]
async fn answers_are_single_json_objects() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        for answer in [mcp.request("tools/list", json!({})).await, mcp.call("habits.list", json!({})).await] {
            assert!(answer.header("content-type").starts_with("application/json"), "{revision:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn error_codes_are_the_protocols_own() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let defined = [-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022];
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        for (method, params) in [
            ("no/such/method", json!({})),
            ("tools/call", json!({ "name": "no.such.tool", "arguments": {} })),
            ("tools/call", json!({ "arguments": {} })),
            ("tools/call", json!({ "name": 7 })),
            ("tools/list", json!({ "cursor": "x" })),
            ("tools/list", json!({ "cursor": 7 })),
        ] {
            let answer = mcp.request(method, params).await;
            let error = answer.message()["error"].clone();
            assert!(defined.contains(&answer.error_code()), "{revision:?} {method}: {answer:?}");
            let message = error["message"].as_str().unwrap();
            assert!(!message.is_empty() && !message.contains('\n') && message.len() < 300, "one sentence: {message}");
            assert!(!answer.status.is_server_error(), "{answer:?}");
        }
    }
}
