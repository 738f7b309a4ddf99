//! Health, readiness and the end: a call under way is answered, nothing waits for ever.

use std::time::{Duration, Instant};

use mana_mcp_tests::{
    Answer, Gateway, Mcp, http,
    load::{self, Connection},
    services::Services,
};
use serde_json::json;

async fn get(gateway: &Gateway, path: &str) -> Answer {
    Answer::read(http().get(gateway.url(path)).send().await.unwrap()).await
}

#[tokio::test]
async fn health_readiness_and_metrics_need_no_token() {
    let gateway = Gateway::start_shipped().await;
    for path in ["/health", "/ready"] {
        assert_eq!(get(&gateway, path).await.status, 200, "{path}");
    }
    let metrics = get(&gateway, "/metrics").await;
    assert!(metrics.header("content-type").starts_with("text/plain"), "{:?}", metrics.headers);
}

#[tokio::test]
async fn it_tells_at_its_start_which_service_is_missing() {
    let services = Services::start().await;
    let gateway = services.gateway().env("MANA_SYNC_URL", "http://127.0.0.1:9").start_alive().await;
    let log = gateway.printed("a service is missing").await;
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("a service is missing")).collect();
    assert!(lines.len() == 1 && lines[0].contains("sync") && lines[0].contains("unreachable"), "{log}");
}

#[tokio::test]
async fn it_is_alive_but_not_ready_without_its_services() {
    let services = Services::start().await;
    let launch = services.gateway();
    let gateway = launch.start().await;
    let token = services.token("ada");
    Mcp::modern(&gateway, &token).await.call("spaces.list", json!({})).await.structured();
    drop(services);
    assert_eq!(get(&gateway, "/health").await.status, 200);
    // Readiness is looked at every few seconds.
    let deadline = Instant::now() + Duration::from_secs(10);
    while get(&gateway, "/ready").await.status == 200 {
        assert!(Instant::now() < deadline, "still ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(get(&gateway, "/ready").await.message()["services"]["sync"], "unreachable");
    // A tool that needs them says so, in its own words.
    let answer = Mcp::modern(&gateway, &token).await.call("habits.create", json!({ "title": "x" })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = answer.tool_error();
    assert!(!text.contains("127.0.0.1") && !text.contains("Connection refused"), "internals: {text}");
}

#[tokio::test]
async fn services_that_never_answer_are_given_up() {
    let services = Services::held().await;
    let gateway = services.gateway().start().await;
    let mcp = Mcp::modern(&gateway, &services.token("ada")).await;
    let asked = Instant::now();
    let answer = mcp.call("habits.list", json!({})).await;
    assert!(asked.elapsed() < Duration::from_secs(35), "waited {:?}", asked.elapsed());
    assert!(!answer.message()["result"]["structuredContent"].is_object(), "{answer:?}");
    assert_eq!(get(&gateway, "/health").await.status, 200);
}

#[tokio::test]
async fn a_call_under_way_is_answered_before_the_end() {
    let services = Services::held().await;
    let gateway = services.gateway().start().await;
    let token = services.token("ada");
    let mcp = Mcp::modern(&gateway, &token).await;
    let mut idle = Connection::open(gateway.address).await.unwrap();
    let probe = format!("GET /ready HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
    assert_eq!(idle.exchange(probe.as_bytes()).await.unwrap().status(), Some(200));

    let stop = async {
        services.waiting(1).await;
        gateway.terminate();
        // New connections are refused from now on; a connection that is open learns that it is not ready.
        let deadline = Instant::now() + Duration::from_secs(5);
        while Connection::open(gateway.address).await.is_ok() {
            assert!(Instant::now() < deadline, "still accepting");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if let Ok(answer) = idle.exchange(probe.as_bytes()).await {
            assert_eq!(answer.status(), Some(503), "{}", answer.head);
        }
        services.release();
    };
    let (answer, ()) = futures::join!(mcp.call("habits.create", json!({ "title": "x" })), stop);
    assert_eq!(answer.structured()["habit"]["title"], "x");
    drop(mcp);
    let ended = gateway.ended().await;
    assert!(ended.status.success(), "{:?}:\n{}", ended.status, ended.log);
}

#[tokio::test]
async fn a_call_that_never_ends_is_cut_off_at_the_deadline() {
    let services = Services::held().await;
    let gateway = services.gateway().env("MANA_MCP_DRAIN_SECONDS", 1).start().await;
    let token = services.token("ada");
    let mcp = Mcp::modern(&gateway, &token).await;
    let body = mcp.body("tools/call", json!({ "name": "habits.list", "arguments": {} }));
    let call = mcp.builder("tools/call", Some("habits.list")).json(&body).send();
    let stop = async {
        services.waiting(1).await;
        gateway.terminate();
        Instant::now()
    };
    let (answer, asked) = futures::join!(call, stop);
    assert!(answer.is_err() || answer.unwrap().status().is_server_error(), "there was nothing to answer with");
    drop(mcp);
    let ended = gateway.ended().await;
    assert!(asked.elapsed() < Duration::from_secs(4), "the deadline was one second: {:?}", asked.elapsed());
    assert_eq!(ended.status.code(), Some(1), "{}", ended.log);
    let line = ended.log.lines().find(|line| line.contains("requests were cut off")).unwrap_or_default();
    assert!(line.contains("ERROR") && line.contains("requests=1"), "{}", ended.log);
}

#[tokio::test]
async fn what_has_arrived_when_it_is_asked_to_stop_is_answered() {
    const USED: usize = 40;
    const NEW: usize = 10;
    let services = Services::start().await;
    for round in 0..3 {
        let gateway = services.gateway().start().await;
        let mcp = Mcp::modern(&gateway, &services.token("ada")).await;
        let bearer = format!("Bearer {}", mcp.token());
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Accept", "application/json, text/event-stream"),
            ("Content-Type", "application/json"),
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "spaces.list"),
        ];
        let body = mcp.body("tools/call", json!({ "name": "spaces.list", "arguments": {} })).to_string();
        let call = load::request("POST", gateway.address, "/mcp", &headers, &body);
        let open = async || Connection::open(gateway.address).await.unwrap();
        let mut connections = Vec::new();
        for _ in 0..USED {
            let mut used = open().await;
            assert_eq!(used.exchange(&call).await.unwrap().status(), Some(200));
            connections.push(used);
        }
        let idle = [open().await, open().await];

        // All of it is there before the gateway learns of any.
        gateway.signal("-STOP");
        for _ in 0..NEW {
            connections.push(open().await);
        }
        for connection in &mut connections {
            connection.send(&call).await.unwrap();
        }
        gateway.terminate();
        gateway.signal("-CONT");
        let continued = Instant::now();
        for (number, connection) in connections.iter_mut().enumerate() {
            let answer = tokio::time::timeout(Duration::from_secs(10), connection.receive()).await.expect("in time");
            let answer = answer.unwrap_or_else(|error| panic!("round {round}, connection {number}: {error:#}"));
            assert_eq!(answer.status(), Some(200), "{}", answer.head);
        }
        let ended = gateway.ended().await;
        assert!(ended.status.success(), "{:?}:\n{}", ended.status, ended.log);
        assert!(continued.elapsed() < Duration::from_secs(8), "idle connections held it: {:?}", continued.elapsed());
        drop(idle);
    }
}

#[tokio::test]
async fn beyond_its_bound_calls_are_shed_and_operators_still_answered() {
    let services = Services::held().await;
    let gateway = services.gateway().env("MANA_MCP_MAX_IN_FLIGHT", 2).start().await;
    let ada = Mcp::modern(&gateway, &services.token("ada")).await;
    let bob = Mcp::modern(&gateway, &services.token("bob")).await;
    let cyd = Mcp::modern(&gateway, &services.token("cyd")).await;
    let full = async {
        services.waiting(2).await;
        let answer = cyd.request("tools/list", json!({})).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
        assert!(answer.error_code() < 0, "{answer:?}");
        for path in ["/health", "/ready", "/metrics"] {
            assert_eq!(get(&gateway, path).await.status, 200, "{path}");
        }
        services.release();
    };
    let (first, second) = (ada.call("habits.list", json!({})), bob.call("habits.list", json!({})));
    let (first, second, ()) = futures::join!(first, second, full);
    assert_eq!(
        (first.structured(), second.structured()),
        (json!({ "habits": [], "total": 0 }), json!({ "habits": [], "total": 0 }))
    );
}

#[tokio::test]
async fn an_idle_gateway_ends_at_once_for_either_signal() {
    for signal in ["-TERM", "-INT"] {
        let gateway = Gateway::start_shipped().await;
        let mut idle = Connection::open(gateway.address).await.unwrap();
        let probe = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
        idle.exchange(probe.as_bytes()).await.unwrap();
        let _silent = Connection::open(gateway.address).await.unwrap();
        let asked = Instant::now();
        gateway.signal(signal);
        let ended = gateway.ended().await;
        assert!(ended.status.success(), "{signal}: {:?}:\n{}", ended.status, ended.log);
        assert!(
            asked.elapsed() < Duration::from_secs(3),
            "{signal}: idle connections held it for {:?}",
            asked.elapsed()
        );
    }
}

#[tokio::test]
async fn a_slow_or_silent_client_is_let_go() {
    let gateway = Gateway::start_shipped().await;
    let mut slow = Connection::open(gateway.address).await.unwrap();
    let started = Instant::now();
    // Half a head, and then nothing: the answer is a closed connection or a 408, in bounded time.
    let outcome =
        tokio::time::timeout(Duration::from_secs(45), slow.exchange(b"POST /mcp HTTP/1.1\r\nHost: x\r\n")).await;
    let outcome = outcome.unwrap_or_else(|_| panic!("still waiting after {:?}", started.elapsed()));
    if let Ok(answer) = outcome {
        assert_eq!(answer.status(), Some(408), "{}", answer.head);
    }
}
