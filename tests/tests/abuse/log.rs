//! The log under attack: a reader that stalls, and refusals that would wash it away.

use std::time::{Duration, Instant};

use mana_mcp_tests::{Answer, Gateway, Launch, Mcp, http, load::Connection, load::request, services::Services};
use serde_json::{Value, json};

use crate::watchdog::Watchdog;

/// Lines that fill every buffer between the gateway and a reader, and the queue beside them.
const MANY: usize = 6_000;

async fn metric(gateway: &Gateway, series: &str) -> u64 {
    let page = Answer::read(http().get(gateway.url("/metrics")).send().await.unwrap()).await.text;
    let line = page.lines().find(|line| line.starts_with(series)).unwrap_or_else(|| panic!("no {series}"));
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

fn dropped(kind: &str) -> String {
    format!("mana_mcp_log_lines_dropped_total{{service=\"mana-mcp\",kind=\"{kind}\"}}")
}

/// Requests of strangers, each with a line of the access log.
async fn strangers(gateway: &Gateway, count: usize) {
    let mut connection = Connection::open(gateway.address).await.unwrap();
    let unknown = request("GET", gateway.address, "/nothing", &[], "");
    for _ in 0..count {
        assert_eq!(connection.exchange(&unknown).await.unwrap().status(), Some(404));
    }
}

#[tokio::test]
async fn a_reader_that_stalls_stops_nothing_and_lines_flow_when_it_returns() {
    let services = Services::start().await;
    let gateway = services.gateway().threads(2).env("LOG_FORMAT", "json").stall_log().start().await;
    let mcp = Mcp::modern(&gateway, &services.token("ada")).await;
    let watchdog = Watchdog::over(&gateway);
    strangers(&gateway, MANY).await;
    mcp.call("spaces.list", json!({})).await.structured();
    assert!(metric(&gateway, &dropped("access")).await > 0, "nothing was dropped: the reader did not stall");
    assert_eq!(metric(&gateway, &dropped("audit")).await, 0, "lines of the audit log are dropped last");

    gateway.read_log();
    let log = gateway.printed("log lines were dropped").await;
    let told = log.lines().find(|line| line.contains("log lines were dropped")).unwrap();
    let told: Value = serde_json::from_str(told).unwrap();
    assert_eq!(told["access"].as_u64(), Some(metric(&gateway, &dropped("access")).await), "{told}");
    assert!(log.contains(r#""tool":"spaces.list""#), "the line of the audit log waited for the reader");
    let lines = log.lines().count();
    mcp.call("habits.list", json!({})).await.structured();
    gateway.printed(r#""tool":"habits.list""#).await;
    assert!(gateway.log().lines().count() > lines);
    watchdog.assert_alive();
    let ended = gateway.stop().await;
    assert!(ended.status.success(), "{:?}", ended.status);
}

#[tokio::test]
async fn a_gateway_whose_log_nobody_reads_ends_on_time() {
    let gateway = Launch::new().threads(2).env("MANA_MCP_DRAIN_SECONDS", 5).stall_log().start().await;
    strangers(&gateway, 2_000).await;
    let asked = Instant::now();
    let ended = gateway.stop().await;
    assert!(ended.status.success(), "{:?}", ended.status);
    assert!(asked.elapsed() < Duration::from_secs(5), "it took {:?} to end", asked.elapsed());
}

#[tokio::test]
async fn refusals_do_not_wash_the_audit_log_away() {
    let services = Services::held().await;
    let gateway = services.gateway().threads(2).env("LOG_FORMAT", "json").env("MANA_MCP_MAX_IN_FLIGHT", 8);
    let gateway = gateway.start().await;
    let mcp = Mcp::modern(&gateway, &services.token("ada")).await;
    let hog = async {
        services.waiting(1).await;
        // The only place that one user has of eight is taken.
        for _ in 0..500 {
            assert_eq!(mcp.request("tools/list", json!({})).await.status, 429);
        }
        services.release();
    };
    let (call, ()) = futures::join!(mcp.call("spaces.list", json!({})), hog);
    call.structured();
    let log = gateway.printed(r#""tool":"spaces.list""#).await;
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let audited = lines.iter().find(|line| line["tool"] == "spaces.list").unwrap();
    let refused: Vec<&Value> = lines.iter().filter(|line| line["status"] == 429).collect();
    assert!(refused.len() < 250, "{} of 500 refusals have lines", refused.len());
    assert!(refused.iter().all(|line| line["user"] == audited["user"]), "{refused:?}");
    let omitted = metric(&gateway, "mana_mcp_log_lines_omitted_total").await;
    assert_eq!(omitted as usize + refused.len(), 500);
}

#[tokio::test]
async fn probes_can_be_left_out_of_the_log() {
    let gateway = Launch::new().threads(2).env("LOG", "info,mana_mcp::access::probes=off").start().await;
    for path in ["/health", "/metrics", "/ready", "/nothing"] {
        http().get(gateway.url(path)).send().await.unwrap();
    }
    let log = gateway.printed("unmatched").await;
    assert!(["/health", "/metrics", "/ready"].iter().all(|path| !log.contains(path)), "{log}");
}
