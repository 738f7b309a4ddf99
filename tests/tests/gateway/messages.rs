//! Bodies, methods, paths and headers that are no MCP: each has its status, and a JSON-RPC error where one can be sent.

use std::io::{Read, Write};

use mana_mcp_tests::{Answer, Gateway, Mcp, Revision, http, load, post};
use serde_json::{Value, json};

#[tokio::test]
async fn bodies_that_are_no_message_are_400_with_a_json_rpc_error() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let cases: Vec<(Vec<u8>, i64)> = vec![
        (b"".to_vec(), -32700),
        (b"{".to_vec(), -32700),
        (b"not json".to_vec(), -32700),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}".to_vec(), -32700),
        (b"{\"jsonrpc\":\"2.0\"} trailing".to_vec(), -32700),
        (json!([request]).to_string().into_bytes(), -32600),
        (b"[]".to_vec(), -32600),
        (b"3".to_vec(), -32600),
        (b"null".to_vec(), -32600),
        (b"{}".to_vec(), -32600),
        (json!({ "jsonrpc": "1.0", "id": 1, "method": "ping" }).to_string().into_bytes(), -32600),
        (json!({ "id": 1, "method": "ping" }).to_string().into_bytes(), -32600),
        (json!({ "jsonrpc": "2.0", "id": null, "method": "ping" }).to_string().into_bytes(), -32600),
        (json!({ "jsonrpc": "2.0", "id": [1], "method": "ping" }).to_string().into_bytes(), -32600),
        (json!({ "jsonrpc": "2.0", "id": 1.5, "method": "ping" }).to_string().into_bytes(), -32600),
        (json!({ "jsonrpc": "2.0", "id": 1, "method": 7 }).to_string().into_bytes(), -32600),
        (json!({ "jsonrpc": "2.0", "id": 1 }).to_string().into_bytes(), -32600),
    ];
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        for (body, code) in &cases {
            let shown = String::from_utf8_lossy(body).into_owned();
            let answer = Answer::read(mcp.builder("ping", None).body(body.clone()).send().await.unwrap()).await;
            assert_eq!(answer.status, 400, "{revision:?} {shown}: {answer:?}");
            assert!(answer.header("content-type").starts_with("application/json"), "{shown}: {answer:?}");
            assert_eq!(answer.error_code(), *code, "{revision:?} {shown}: {answer:?}");
            assert_eq!(answer.message()["jsonrpc"], "2.0");
        }
    }
}

#[tokio::test]
async fn wrong_media_types_are_415_and_406() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let mcp = Mcp::modern(&gateway, &token).await;
    let body = mcp.body("tools/list", json!({})).to_string();
    let base = || {
        http()
            .post(gateway.url("/mcp"))
            .bearer_auth(&token)
            .header("MCP-Protocol-Version", "2026-07-28")
            .header("Mcp-Method", "tools/list")
            .body(body.clone())
    };
    let accepts = "application/json, text/event-stream";
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
        let answer =
            Answer::read(base().header("Accept", accepts).header("Content-Type", media).send().await.unwrap()).await;
        assert_eq!(answer.status, 415, "{media}: {answer:?}");
    }
    let json = base().header("Content-Type", "application/json; charset=utf-8").header("Accept", accepts);
    assert_eq!(Answer::read(json.send().await.unwrap()).await.status, 200);
    let html = base().header("Content-Type", "application/json").header("Accept", "text/html");
    assert_eq!(Answer::read(html.send().await.unwrap()).await.status, 406);
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_413_whether_announced_or_not() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let big = vec![b' '; 16 << 20];
    let answer = Answer::read(post(&gateway, &token).body(big.clone()).send().await.unwrap()).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    let chunks = futures::stream::iter(
        big.chunks(1 << 16).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>(),
    );
    let streamed = post(&gateway, &token).body(reqwest::Body::wrap_stream(chunks)).send().await;
    // The server may close before it has read everything; an answer that arrives says 413.
    if let Ok(response) = streamed {
        assert_eq!(response.status(), 413);
    }
    // Before the token is looked at, nothing is read either.
    let answer = Answer::read(post(&gateway, "x.y.z").body("{}").send().await.unwrap()).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(http().get(gateway.url("/health")).send().await.unwrap().status(), 200);
}

/// Sends all of a request before it reads anything, as many clients do, and reads the status.
async fn status_for_who_sends_all_first(gateway: &Gateway, token: &str, content_type: &str, bytes: usize) -> u16 {
    let authorization = format!("Bearer {token}");
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", content_type)];
    let request = load::request("POST", gateway.address, "/mcp", &headers, &"x".repeat(bytes));
    let sent = tokio::task::spawn_blocking({
        let address = gateway.address;
        move || {
            let mut stream = std::net::TcpStream::connect(address)?;
            stream.write_all(&request)?;
            let mut start = [0; 12];
            stream.read_exact(&mut start)?;
            std::io::Result::Ok(String::from_utf8_lossy(&start).into_owned())
        }
    });
    let start = sent.await.unwrap().expect("the answer is not lost");
    start.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_refusal_reaches_a_client_that_sends_its_whole_body_first() {
    const TEN_MIB: usize = 10 << 20;
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for _ in 0..10 {
        let json = "application/json";
        assert_eq!(status_for_who_sends_all_first(&gateway, &token, json, TEN_MIB).await, 413);
        assert_eq!(status_for_who_sends_all_first(&gateway, "not.a.token", json, TEN_MIB).await, 401);
        // What is not too long is read before its type is looked at.
        assert_eq!(status_for_who_sends_all_first(&gateway, &token, "text/plain", TEN_MIB / 4).await, 415);
    }
}

#[tokio::test]
async fn a_small_body_that_would_fill_the_memory_is_413() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for shape in ["[],", "{},", "0,", "\"\","] {
        let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"x\":[{}0]}}", shape.repeat(200_000));
        let answer = Answer::read(post(&gateway, &token).body(body).send().await.unwrap()).await;
        assert_eq!(answer.status, 413, "{shape} {answer:?}");
        assert!(answer.message()["error"]["message"].as_str().unwrap().contains("100000 values"), "{answer:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_told_with_what_to_do() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for (body, words) in [
        ("{\"a\": \"\\ud800\"}", "`\\u` escapes must give whole characters"),
        ("{\"a\": 1e400}", "Numbers must fit a 64-bit float"),
        (deep.as_str(), "nested more deeply than 100 levels"),
    ] {
        let answer = Answer::read(post(&gateway, &token).body(body.to_owned()).send().await.unwrap()).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.message()["error"]["message"].as_str().unwrap().contains(words), "{answer:?}");
    }
}

#[tokio::test]
async fn other_methods_and_paths_are_405_and_404() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for method in ["GET", "PUT", "PATCH", "HEAD"] {
        let request = http().request(method.parse().unwrap(), gateway.url("/mcp")).bearer_auth(&token);
        let answer = Answer::read(request.header("Accept", "text/event-stream").send().await.unwrap()).await;
        assert_eq!(answer.status, 405, "{method}: {answer:?}");
        assert!(answer.header("allow").contains("POST"), "{method}: {answer:?}");
    }
    for path in ["/", "/mcp/nothing", "/sse", "/.env", "/mcp%2f", "/health/x"] {
        let answer = Answer::read(http().get(gateway.url(path)).bearer_auth(&token).send().await.unwrap()).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn notifications_are_202_without_a_body() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        for method in ["notifications/initialized", "notifications/cancelled", "notifications/unheard-of"] {
            let answer = mcp.notify(method).await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""), "{revision:?} {method}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn what_is_neither_request_nor_notification_is_400() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        for method in ["tools/call", "tools/list", "ping"] {
            let body = json!({ "jsonrpc": "2.0", "method": method, "params": mcp.body(method, json!({}))["params"] });
            let answer = Answer::read(mcp.builder(method, None).json(&body).send().await.unwrap()).await;
            assert_eq!(
                (answer.status.as_u16(), answer.error_code()),
                (400, -32600),
                "{revision:?} {method}: {answer:?}"
            );
        }
    }
    let later = post(&gateway, &token)
        .header("MCP-Protocol-Version", "2099-01-01")
        .json(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let answer = Answer::read(later.send().await.unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.error_code()), (400, -32022), "{answer:?}");
}

#[tokio::test]
async fn ids_come_back_as_they_were_sent() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        for id in [json!(0), json!(-7), json!("abc"), json!(""), json!(9_007_199_254_740_991_i64)] {
            for method in ["tools/list", "no/such/method"] {
                let mut body = mcp.body(method, json!({}));
                body["id"] = id.clone();
                let answer = Answer::read(mcp.builder(method, None).json(&body).send().await.unwrap()).await;
                assert_eq!(answer.message()["id"], id, "{revision:?} {method}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn foreign_origins_and_hosts_are_403_and_the_local_ones_are_not() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    for revision in Revision::ALL {
        let mcp = Mcp::connect(&gateway, &token, revision).await;
        let body = mcp.body("tools/list", json!({}));
        for origin in [
            "https://evil.example",
            "null",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example:3069",
            "file://",
        ] {
            let request = mcp.builder("tools/list", None).header("Origin", origin).json(&body);
            let answer = Answer::read(request.send().await.unwrap()).await;
            assert_eq!(answer.status, 403, "{revision:?} Origin: {origin}: {answer:?}");
        }
        for host in ["evil.example", "evil.example:3069"] {
            let request = mcp.builder("tools/list", None).header("Host", host).json(&body);
            let answer = Answer::read(request.send().await.unwrap()).await;
            assert_eq!(answer.status, 403, "{revision:?} Host: {host}: {answer:?}");
        }
        for origin in [gateway.url(""), format!("http://localhost:{}", gateway.address.port())] {
            let request = mcp.builder("tools/list", None).header("Origin", &origin).json(&body);
            let answer = Answer::read(request.send().await.unwrap()).await;
            assert_eq!(answer.status, 200, "{revision:?} Origin: {origin}: {answer:?}");
        }
    }
    for method in ["GET", "DELETE", "OPTIONS"] {
        let request =
            http().request(method.parse().unwrap(), gateway.url("/mcp")).header("Origin", "https://evil.example");
        let answer = Answer::read(request.bearer_auth(&token).send().await.unwrap()).await;
        assert_eq!(answer.status, 403, "{method}: {answer:?}");
    }
}

#[tokio::test]
async fn configured_origins_may_read_answers_in_a_browser() {
    let gateway = mana_mcp_tests::Launch::new().env("CORS_ORIGINS", "https://app.example.org").start().await;
    let preflight = http()
        .request(http::Method::OPTIONS, gateway.url("/mcp"))
        .header("Origin", "https://app.example.org")
        .header("Access-Control-Request-Method", "POST")
        .header(
            "Access-Control-Request-Headers",
            "authorization,mcp-method,mcp-name,mcp-protocol-version,mcp-session-id,x-mana-space",
        );
    let answer = Answer::read(preflight.send().await.unwrap()).await;
    assert!(answer.status.is_success(), "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example.org");
    assert!(answer.headers.get("access-control-allow-credentials").is_none(), "{answer:?}");
    let allowed = answer.header("access-control-allow-headers").to_lowercase();
    for name in ["authorization", "mcp-protocol-version", "mcp-method", "mcp-name"] {
        assert!(allowed.contains(name), "{name}: {answer:?}");
    }
    let unnamed = http().post(gateway.url("/mcp")).header("Origin", "https://app.example.org").body("{}");
    let answer = Answer::read(unnamed.send().await.unwrap()).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example.org");
    let exposed = answer.header("access-control-expose-headers").to_lowercase();
    for name in ["www-authenticate", "mcp-session-id"] {
        assert!(exposed.contains(name), "{name}: {answer:?}");
    }
    let stranger = http().post(gateway.url("/mcp")).header("Origin", "https://evil.example").body("{}");
    assert_eq!(Answer::read(stranger.send().await.unwrap()).await.status, 403);
}

#[tokio::test]
async fn oversized_and_broken_heads_do_not_disturb_the_gateway() {
    let gateway = Gateway::start().await;
    let long = "x".repeat(1 << 20);
    let heads = [
        format!("GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X-Many: 1\r\n".repeat(5000)),
        "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Bad: a\0b\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}not http at all\r\n\r\n".to_owned(),
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n".to_owned(),
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            .to_owned(),
    ];
    for head in heads {
        let mut connection = load::Connection::open(gateway.address).await.unwrap();
        // Closing without an answer is an answer too; a success is not.
        if let Ok(answer) = connection.exchange(head.as_bytes()).await {
            let status = answer.status().unwrap();
            assert!((400..500).contains(&status), "{head:.60}: {}", answer.head);
        }
        assert_eq!(http().get(gateway.url("/health")).send().await.unwrap().status(), 200, "after {head:.60}");
    }
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let gateway = Gateway::start().await;
    let first = Answer::read(http().get(gateway.url("/health")).send().await.unwrap()).await;
    let second = Answer::read(http().get(gateway.url("/health")).send().await.unwrap()).await;
    assert!(!first.header("x-request-id").is_empty(), "{first:?}");
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
    let refused = Answer::read(http().post(gateway.url("/mcp")).body("{}").send().await.unwrap()).await;
    assert!(!refused.header("x-request-id").is_empty(), "{refused:?}");
}

#[tokio::test]
async fn invented_names_cost_no_memory() {
    let gateway = Gateway::start().await;
    let mcp = Mcp::user(&gateway, "ada@example.org").await;
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let call = async |index: usize| {
        let name = format!("{}{index}", "n".repeat(4000));
        let body: Value = mcp.body("tools/call", json!({ "name": name, "arguments": {} }));
        let answer = mcp.builder("tools/call", Some(&name)).json(&body).send().await.unwrap();
        assert!(!answer.status().is_server_error(), "{}", answer.status());
    };
    for index in 0..200 {
        call(index).await;
    }
    let before = resident();
    for index in 200..2200 {
        call(index).await;
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 4000, "2000 invented names of 4 KB cost {grown} KiB");
    let page = http().get(gateway.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("nnnn"), "an unknown tool's name is never a label");
}
