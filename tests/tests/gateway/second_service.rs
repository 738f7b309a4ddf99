//! A second service on the gateway's machinery: the program `mana-mcp-second-service`, which takes the crate of services and
//! nothing else of ours.

use std::{
    fs,
    net::SocketAddr,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use mana_mcp_tests::http;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStderr, Command},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// A running second service.
struct Second {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    address: SocketAddr,
}

fn command(settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mana-mcp-second-service"));
    command.env_clear().envs(settings.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::piped()).kill_on_drop(true);
    command
}

impl Second {
    /// One that listens on any port, and logs JSON.
    async fn start(settings: &[(&str, &str)]) -> Self {
        let own = [("PORT", "0"), ("LOG_FORMAT", "json")];
        let mut child = command(&[&own[..], settings].concat()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut second = Self { child, log, address: SocketAddr::from(([0; 4], 0)) };
        let line = second.line(|line| line["message"] == "mana-second 0.1.0 serves").await;
        second.address = line["address"].as_str().unwrap().parse().unwrap();
        second
    }

    /// The next line of the log that is meant; each is an object with a time and a level.
    async fn line(&mut self, is_meant: impl Fn(&Value) -> bool) -> Value {
        let next = async {
            loop {
                let text = self.log.next_line().await.unwrap().expect("the log has ended");
                let line: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"));
                assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
                if is_meant(&line) {
                    return line;
                }
            }
        };
        timeout(PATIENCE, next).await.expect("such a line")
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = http().get(format!("http://{}{path}", self.address)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    fn terminate(&self) {
        let pid = rustix::process::Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    async fn ended(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap()
    }
}

#[tokio::test]
async fn a_request_has_its_line_with_its_id_and_is_counted() {
    let mut second = Second::start(&[]).await;
    let request = http().get(format!("http://{}/wait/1", second.address)).header("x-request-id", "of-the-test");
    let answer = request.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["x-request-id"]), (200, &"of-the-test".parse().unwrap()));
    let line = second.line(|line| line["message"] == "request").await;
    let expected = json!(["GET", "/wait/{milliseconds}", 200, "of-the-test", "mana_mcp_second_service::access"]);
    assert_eq!(json!(["method", "route", "status", "request_id", "target"].map(|name| &line[name])), expected);

    assert_eq!(second.get("/nowhere").await.0, 404);
    let (status, page) = second.get("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        r#"service_requests_total{service="mana-second",route="/wait/{milliseconds}",status="2xx"} 1"#,
        r#"service_requests_total{service="mana-second",route="/wait/{milliseconds}",status="5xx"} 0"#,
        r#"service_requests_total{service="mana-second",route="unmatched",status="4xx"} 1"#,
        r#"service_request_duration_seconds_count{service="mana-second",route="/wait/{milliseconds}"} 1"#,
        r#"service_log_lines_dropped_total{service="mana-second",kind="access"} 0"#,
        "# TYPE service_process_open_fds gauge",
    ] {
        assert!(page.lines().any(|shown| shown == line), "{line} is missing in\n{page}");
    }
}

#[tokio::test]
async fn it_is_alive_at_once_and_ready_where_its_probes_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("needed");
    let second = Second::start(&[("NEEDED_FILE", file.to_str().unwrap())]).await;
    let ready = async || {
        let (status, text) = second.get("/ready").await;
        (status, serde_json::from_str::<Value>(&text).unwrap())
    };
    assert_eq!(second.get("/health").await.0, 200);
    assert_eq!(ready().await, (503, json!({ "status": "unavailable", "services": { "file": "missing" } })));
    fs::write(&file, "").unwrap();
    // Probes look every other second.
    let deadline = Instant::now() + PATIENCE;
    while ready().await.0 != 200 {
        assert!(Instant::now() < deadline, "it does not become ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ready().await.1, json!({ "status": "ready", "services": { "file": "ok" } }));
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_end_and_nothing_new_begins() {
    let mut second = Second::start(&[]).await;
    let url = format!("http://{}/wait/1500", second.address);
    let under_way = tokio::spawn(async move { http().get(url).send().await.unwrap().text().await.unwrap() });
    let waiting = second.line(|line| line["message"] == "waiting").await;
    assert_eq!(waiting["target"], "mana_mcp_second_service");
    second.terminate();
    second.line(|line| line["message"].as_str().unwrap().starts_with("stopping")).await;
    let refused = async {
        while TcpStream::connect(second.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, refused).await.expect("new connections are refused");
    assert!(!under_way.is_finished(), "the request should still have been under way");
    assert_eq!(under_way.await.unwrap(), "waited 1500 ms\n");
    second.line(|line| line["message"] == "stopped: every request was finished").await;
    assert_eq!(second.ended().await.code(), Some(0));
}

#[tokio::test]
async fn wrong_settings_are_told_together_and_nothing_starts() {
    let output = command(&[("PORT", "many"), ("LOG_FORMAT", "xml")]).output();
    let output = timeout(PATIENCE, output).await.expect("it ends").unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    for problem in ["PORT is `many`: expected a port from 0 to 65535", "LOG_FORMAT is `xml`: expected `text` or `json`"]
    {
        assert!(told.contains(problem), "{told}");
    }
}
