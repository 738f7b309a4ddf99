//! `mana-mcp soak` against a real Prometheus that scraped a real gateway, and against servers that are none.

use std::{process::Stdio, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use mana_mcp_tests::{Gateway, Launch, Mcp, Prometheus, binary};
use serde_json::{Value, json};

const ALL: &str = "sum(mana_mcp_policy_decisions_total)";

/// What a command printed, and its exit status.
struct Told {
    status: i32,
    out: String,
    complaint: String,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.complaint))
    }
}

async fn soak(arguments: &[&str]) -> Told {
    let mut command = tokio::process::Command::new(binary());
    command.arg("soak").args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(20), command.output()).await.unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told { status: output.status.code().unwrap(), out: text(output.stdout), complaint: text(output.stderr) }
}

/// What is common to soaks of a few seconds.
fn short<'a>(prometheus: &'a Prometheus, more: &[&'a str]) -> Vec<&'a str> {
    let short = ["--window", "1m", "--min-calls", "10", "--min-covered", "1s", "--prometheus", &prometheus.url];
    [&short, more].concat()
}

async fn limited(launch: Launch) -> Gateway {
    launch.env("POLICY_MODE", "log-only").env("RATE_LIMIT_PER_MINUTE", 5).env("LOG_FORMAT", "json").start().await
}

#[tokio::test]
async fn the_verdict_follows_what_prometheus_saw_of_a_gateway() {
    let gateway = limited(Launch::new()).await;
    let prometheus = Prometheus::start(&[&gateway]).await;
    prometheus.scraped(ALL, 0.0).await;

    let ada = Mcp::user(&gateway, "ada@example.org").await;
    let bob = Mcp::user(&gateway, "bob@example.org").await;
    for _ in 0..8 {
        ada.call("habits.list", json!({})).await.structured();
    }
    for _ in 0..3 {
        bob.call("todo.list", json!({})).await.structured();
    }
    bob.call("todo.list", json!({ "nope": 1 })).await.tool_error();
    prometheus.scraped(ALL, 11.0).await;

    // 3 of 11 over a budget of 1 %.
    let told = soak(&short(&prometheus, &["--format", "json"])).await;
    assert_eq!(told.status, 4, "{}{}", told.out, told.complaint);
    let report = told.json();
    assert_eq!(report["verdict"], "do-not");
    assert_eq!((&report["evaluated"], &report["wouldBeDenied"]), (&json!(11), &json!(3)), "{report:#}");
    assert_eq!((&report["instances"], &report["restarts"]), (&json!(1), &json!(0)));
    let reasons = report["reasons"].as_array().unwrap();
    let denied = reasons.iter().find(|line| line["reason"] == "rate-limit-exceeded").unwrap();
    assert_eq!(
        (&denied["decision"], &denied["calls"], &denied["isCharged"]),
        (&json!("deny"), &json!(3), &json!(true))
    );
    let tools: Vec<_> = report["tools"].as_array().unwrap().iter().collect();
    assert_eq!((&tools[0]["tool"], &tools[0]["succeeded"]), (&json!("habits.list"), &json!(8)), "{report:#}");
    assert_eq!(
        (&tools[1]["tool"], &tools[1]["succeeded"], &tools[1]["invalid"]),
        (&json!("todo.list"), &json!(3), &json!(1))
    );

    let told = soak(&short(&prometheus, &[])).await;
    assert_eq!(told.status, 4);
    assert!(told.out.contains("Verdict: do not enforce") && told.out.contains("3 of 11 calls"), "{}", told.out);

    // With the audit log: which tool, and that it was one user.
    let log = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(log.path(), gateway.log()).unwrap();
    let told = soak(&short(&prometheus, &["--format", "json", "--audit", log.path().to_str().unwrap()])).await;
    let report = told.json();
    assert_eq!((told.status, &report["users"]), (4, &json!(2)), "{report:#}");
    assert_eq!(report["tools"][0]["reasons"], json!({ "rate-limit-exceeded": 3 }), "{report:#}");
    assert_eq!((&report["tools"][0]["wouldBeDenied"], &report["tools"][1]["wouldBeDenied"]), (&json!(3), &json!(0)));
    // An hour may end in between; it is still one user.
    let worst = report["worst"].as_array().unwrap();
    assert_eq!(worst.iter().map(|hour| hour["wouldBeDenied"].as_u64().unwrap()).sum::<u64>(), 3, "{report:#}");
    assert!(worst.iter().all(|hour| hour["user"] == worst[0]["user"] && hour["tool"] == "habits.list"), "{report:#}");

    let told = soak(&short(&prometheus, &["--budget", "50%"])).await;
    assert_eq!(told.status, 0, "{}", told.out);
    assert!(told.out.contains("Verdict: enforce"), "{}", told.out);
    let told = soak(&short(&prometheus, &["--accept", "rate-limit-exceeded"])).await;
    assert_eq!(told.status, 0, "the operator wants those denials: {}", told.out);
    let told = soak(&["--prometheus", &prometheus.url]).await;
    assert_eq!(told.status, 3, "eleven calls are no soak of a week: {}", told.out);
    assert!(told.out.contains("11 calls were evaluated, and 1000 are wanted"), "{}", told.out);

    // A restart: every counter begins anew, and the soak goes on.
    let port = gateway.address.port();
    let ended = gateway.stop().await;
    let again = limited(Launch::over(ended.data()).port(port)).await;
    let ada = Mcp::user(&again, "ada@example.org").await;
    for _ in 0..2 {
        ada.call("habits.list", json!({})).await.structured();
    }
    prometheus.scraped(ALL, 2.0).await;
    let told = soak(&short(&prometheus, &["--format", "json"])).await;
    let report = told.json();
    assert_eq!((told.status, &report["verdict"]), (4, &json!("do-not")), "the same verdict: {report:#}");
    assert_eq!((&report["evaluated"], &report["wouldBeDenied"]), (&json!(13), &json!(3)), "{report:#}");
    assert_eq!(report["restarts"], 1, "{report:#}");

    // What Prometheus does not have, and what it does not understand.
    let told = soak(&short(&prometheus, &["--match", "job=\"another\""])).await;
    assert_eq!(told.status, 1);
    assert!(told.complaint.contains("has no mana_mcp_policy_decisions_total"), "{}", told.complaint);
    let told = soak(&short(&prometheus, &["--match", "job=another"])).await;
    assert_eq!(told.status, 1);
    assert!(
        told.complaint.contains("Prometheus refuses the query") && told.complaint.contains("parse error"),
        "{}",
        told.complaint
    );
    // A gateway answers too, but is no Prometheus.
    let told = soak(&["--prometheus", &again.url("")]).await;
    assert_eq!(told.status, 1);
    assert!(told.complaint.contains("not as Prometheus does"), "{}", told.complaint);
}

#[tokio::test]
async fn saved_scrapes_do_without_a_prometheus() {
    let gateway = limited(Launch::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let scrape = async |name: &str, time: &str| {
        let page = mana_mcp_tests::http().get(gateway.url("/metrics")).send().await.unwrap().text().await.unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, format!("# at {time}\n{page}")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let monday = scrape("monday.txt", "2026-05-04T09:00:00Z").await;
    let ada = Mcp::user(&gateway, "ada@example.org").await;
    for _ in 0..6 {
        ada.call("habits.list", json!({})).await.structured();
    }
    let next = scrape("next.txt", "2026-05-11T09:00:00Z").await;
    let told = soak(&["--metrics", &monday, &next, "--min-calls", "6", "--format", "json"]).await;
    let report = told.json();
    assert_eq!((told.status, &report["verdict"]), (4, &json!("do-not")), "{report:#}");
    assert_eq!((&report["evaluated"], &report["wouldBeDenied"]), (&json!(6), &json!(1)));
    assert_eq!((&report["counters"], &report["coveredSeconds"]), (&json!("scrapes"), &json!(7 * 86_400)));

    let told = soak(&["--metrics", &monday]).await;
    assert_eq!(told.status, 1);
    assert!(told.complaint.contains("two or more"), "{}", told.complaint);
    let told = soak(&[]).await;
    assert_eq!(told.status, 2, "{}", told.complaint);
}

/// A server that answers every query in the same way.
async fn server(answer: impl IntoResponse + Clone + Send + Sync + 'static) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/prom/api/v1/query", get(move || std::future::ready(answer.clone())));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/prom/")
}

#[tokio::test]
async fn servers_that_are_no_prometheus_are_told_apart() {
    let json = [(header::CONTENT_TYPE, "application/json")];
    let cases = [
        (server(StatusCode::UNAUTHORIZED).await, "--header or PROMETHEUS_TOKEN"),
        (server((StatusCode::BAD_GATEWAY, "<html>")).await, "not as Prometheus does"),
        (server((json.clone(), "{}")).await, "not as Prometheus does"),
        (server((json.clone(), "[1,2")).await, "not as Prometheus does"),
        (
            server((json.clone(), r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#)).await,
            "not as Prometheus does",
        ),
        (
            server((json.clone(), r#"{"status":"error","error":"\u001b[31mno\nway"}"#)).await,
            "refuses the query:  [31mno way",
        ),
        (
            server((json, r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#)).await,
            "does it scrape the gateway?",
        ),
        ("http://127.0.0.1:9".to_owned(), "no Prometheus answers at http://127.0.0.1:9"),
    ];
    for (url, words) in cases {
        let told = soak(&["--prometheus", &url]).await;
        assert_eq!((told.status, told.out.as_str()), (1, ""), "{words}");
        assert!(told.complaint.contains(words), "{words:?} is missing in {}", told.complaint);
        assert!(!told.complaint.contains('\x1b'), "{}", told.complaint);
    }
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let endless = || async {
        let chunks = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 1 << 20]));
        Body::from_stream(chunks)
    };
    let router = Router::new().route("/api/v1/query", get(endless));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let told = soak(&["--prometheus", &url, "--window", "2m"]).await;
    assert_eq!(told.status, 1);
    assert!(told.complaint.contains("too large"), "{}", told.complaint);
}

#[tokio::test]
async fn samples_that_are_no_counts_are_left_out() {
    let answer = json!({ "status": "success", "data": { "resultType": "matrix", "result": [{
        "metric": { "__name__": "mana_mcp_policy_decisions_total", "decision": "deny", "mode": "log-only" },
        "values": [[0, "1"], [1e300, "2"], [-1e300, "x"], [4e9, "NaN"]],
    }] } });
    let url = server(axum::Json(answer)).await;
    let told = soak(&["--prometheus", &url, "--format", "json"]).await;
    assert_eq!((told.status, &told.json()["verdict"]), (3, &json!("wait")), "{}", told.out);
}
