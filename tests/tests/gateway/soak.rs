//! `mana-mcp soak` against a real Prometheus that scraped a real gateway, and against servers that are none.

use std::{process::Stdio, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use mana_mcp_tests::{Gateway, Launch, Mcp, Program, Prometheus};
use serde_json::{Value, json};

const ALL: &str = "sum(mana_mcp_policy_decisions_total)";

/// What a command printed, and its exit status.
struct Printed {
    status: i32,
    out: String,
    complaint: String,
}

impl Printed {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.complaint))
    }
}

async fn soak(arguments: &[&str]) -> Printed {
    let mut command = tokio::process::Command::new(Program::Fixture.path());
    command.arg("soak").args(arguments).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(20), command.output()).await.unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Printed { status: output.status.code().unwrap(), out: text(output.stdout), complaint: text(output.stderr) }
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
    assert_eq!((&report["tools"][0]["evaluated"], &report["tools"][1]["evaluated"]), (&json!(8), &json!(3)));
    // As compose shows several containers' logs.
    let prefixed: String = gateway.log().lines().map(|line| format!("gateway-1  | {line}\n")).collect();
    std::fs::write(log.path(), prefixed).unwrap();
    let told = soak(&short(&prometheus, &["--format", "json", "--audit", log.path().to_str().unwrap()])).await;
    assert_eq!(told.json()["tools"], report["tools"], "{}", told.out);
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
async fn what_was_counted_before_the_first_scrape_is_counted() {
    let gateway = limited(Launch::new()).await;
    let ada = Mcp::user(&gateway, "ada@example.org").await;
    for _ in 0..12 {
        ada.call("habits.list", json!({})).await.structured();
    }
    let prometheus = Prometheus::start(&[&gateway]).await;
    prometheus.scraped(ALL, 12.0).await;
    let told = soak(&short(&prometheus, &["--format", "json"])).await;
    let report = told.json();
    assert_eq!((&report["evaluated"], &report["wouldBeDenied"]), (&json!(12), &json!(7)), "{report:#}");
    assert_eq!((told.status, &report["restarts"]), (4, &json!(0)), "{report:#}");
}

#[tokio::test]
async fn a_gateway_that_was_not_in_log_only_is_no_soak() {
    // `off` for most of the time, after a soak of a few calls; the counters are those of two processes.
    let soaked = limited(Launch::new()).await;
    let (port, prometheus) = (soaked.address.port(), Prometheus::start(&[&soaked]).await);
    prometheus.scraped(ALL, 0.0).await;
    let call = async |gateway: &Gateway, count| {
        let ada = Mcp::user(gateway, "ada@example.org").await;
        for _ in 0..count {
            ada.call("todo.list", json!({})).await.structured();
        }
    };
    call(&soaked, 4).await;
    prometheus.scraped(ALL, 4.0).await;
    let arguments = ["--min-calls", "4", "--format", "json", "--min-covered", "1s", "--window", "1m"];
    let arguments = [&arguments[..], &["--prometheus", &prometheus.url]].concat();
    let told = soak(&arguments).await;
    assert_eq!(told.status, 0, "{}", told.out);

    let ended = soaked.stop().await;
    let off = Launch::over(ended.data()).port(port).env("POLICY_MODE", "off").start().await;
    call(&off, 6).await;
    prometheus.scraped("sum(mana_mcp_tool_invocations_total)", 6.0).await;
    let told = soak(&arguments).await;
    let report = told.json();
    assert_eq!((told.status, &report["verdict"]), (3, &json!("wait")), "{report:#}");
    assert_eq!((&report["evaluated"], &report["unevaluated"]), (&json!(4), &json!(6)), "{report:#}");
    assert!(report["because"][0].as_str().unwrap().contains("6 ran without an evaluation"), "{report:#}");
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

/// The counters of a week that ends now, as Prometheus answers with them.
struct Week {
    end: i64,
    series: Vec<Value>,
}

impl Week {
    const HOURS: i64 = 168;

    fn new() -> Self {
        let end = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        Self { end: i64::try_from(end).unwrap(), series: Vec::new() }
    }

    /// A series of one gateway from an hour of the week on; `value` is given the hour and when that is.
    fn series(mut self, gateway: &str, labels: &[(&str, &str)], from: f64, value: impl Fn(f64, i64) -> f64) -> Self {
        let mut metric = json!({ "job": "mana-mcp", "instance": gateway });
        for (name, value) in labels {
            metric[name] = json!(value);
        }
        let step = 240;
        let samples = (0..=Self::HOURS * 3600 / step).map(|index| index * step);
        let values = samples.filter(|seconds| *seconds as f64 / 3600.0 >= from).map(|seconds| {
            let at = self.end - Self::HOURS * 3600 + seconds;
            json!([at, value(seconds as f64 / 3600.0, at).to_string()])
        });
        self.series.push(json!({ "metric": metric, "values": values.collect::<Vec<_>>() }));
        self
    }

    fn decisions(self, gateway: &str, labels: [&str; 3], from: f64, count: impl Fn(f64) -> f64) -> Self {
        let [decision, reason, mode] = labels;
        let name = "mana_mcp_policy_decisions_total";
        let labels = [("__name__", name), ("decision", decision), ("reason", reason), ("mode", mode)];
        self.series(gateway, &labels, from, |hour, _| count(hour).round())
    }

    fn calls(self, gateway: &str, count: impl Fn(f64) -> f64) -> Self {
        let name = "mana_mcp_tool_invocations_total";
        let labels = [("__name__", name), ("tool", "todo.list"), ("outcome", "success")];
        self.series(gateway, &labels, 0.0, |hour, _| count(hour).round())
    }

    /// The hour in which the process began that ran in each hour.
    fn started(self, gateway: &str, from: f64, start: impl Fn(f64) -> f64) -> Self {
        let begin = (self.end - Self::HOURS * 3600) as f64;
        let labels = [("__name__", "mana_mcp_process_start_time_seconds")];
        self.series(gateway, &labels, from, |hour, _| begin + start(hour) * 3600.0)
    }

    async fn judged(self) -> Printed {
        let data = json!({ "resultType": "matrix", "result": self.series });
        let url = server(axum::Json(json!({ "status": "success", "data": data }))).await;
        soak(&["--prometheus", &url, "--format", "json"]).await
    }
}

const CLEAN: [&str; 3] = ["allow", "clean", "log-only"];
const LIMITED: [&str; 3] = ["deny", "rate-limit-exceeded", "log-only"];

#[tokio::test]
async fn an_hour_of_log_only_is_no_soak_of_a_week() {
    // Restarted after an hour, and then 100 000 calls.
    let first = |hour: f64, count: f64| if hour <= 1.0 { (hour - 0.2).max(0.0) / 0.8 * count } else { 0.0 };
    let then = |hour: f64, count: f64| if hour <= 1.0 { 0.0 } else { (hour - 1.0) / 167.0 * count };
    let week = || {
        let week = Week::new().started("a", 0.0, |hour| if hour <= 1.0 { -5.0 } else { 1.01 });
        let week = week.decisions("a", CLEAN, 0.0, |hour| first(hour, 1500.0));
        week.calls("a", |hour| first(hour, 1500.0) + then(hour, 100_000.0))
    };
    let off = week().judged().await;
    let enforced = ["allow", "clean", "enforce"];
    let enforcing = week().decisions("a", enforced, 0.0, |hour| then(hour, 100_000.0)).judged().await;
    for (told, unevaluated, enforced) in [(off, 100_000, 0), (enforcing, 0, 100_000)] {
        let report = told.json();
        assert_eq!((told.status, &report["verdict"]), (3, &json!("wait")), "{report:#}");
        assert_eq!(report["evaluated"], 1500, "{report:#}");
        assert_eq!((&report["unevaluated"], &report["enforced"]), (&json!(unevaluated), &json!(enforced)));
        assert!(report["coveredSeconds"].as_u64().unwrap() < 2 * 3600, "{report:#}");
        let because = report["because"].to_string();
        assert!(because.contains("log-only was looked at for 1 h"), "{because}");
        assert!(because.contains("100000"), "{because}");
    }
}

#[tokio::test]
async fn a_gateway_that_is_scraped_late_is_judged_by_all_that_it_did() {
    let steady = || {
        let week = Week::new().started("a", 0.0, |_| -5.0);
        week.decisions("a", CLEAN, 0.0, |hour| hour / 168.0 * 50_000.0)
    };
    // It began three hours ago, and is scraped since an hour.
    let week = steady().decisions("b", CLEAN, 167.0, |_| 1000.0);
    let late = week.decisions("b", LIMITED, 167.0, |hour| if hour < 167.5 { 900.0 } else { 902.0 });
    // In the answer the counters come before the start.
    let told = late.started("b", 167.0, |_| 165.0).judged().await;
    let report = told.json();
    assert_eq!((told.status, &report["wouldBeDenied"]), (4, &json!(902)), "{report:#}");

    // It began three days ago: too long for anybody to know.
    let late = steady().started("b", 167.0, |_| 96.0).decisions("b", CLEAN, 167.0, |_| 1000.0);
    let told = late.judged().await;
    let report = told.json();
    assert_eq!((told.status, &report["verdict"]), (3, &json!("wait")), "{report:#}");
    let because = report["because"].to_string();
    assert!(because.contains("2 d 22 h without being looked at") && because.contains("instance="), "{because}");
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
