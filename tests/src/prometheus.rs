//! A Prometheus as Debian ships it, over a data folder of its own, that scrapes what a test tells it to.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{
    Gateway, http,
    process::{PATIENCE, free_port},
};

/// A running server; dropping it kills it.
#[derive(Debug)]
pub struct Prometheus {
    _child: Child,
    /// Its base address.
    pub url: String,
    _data: TempDir,
}

impl Prometheus {
    /// Starts one that scrapes the gateways every second, as the job `mana-mcp`, and waits until it is ready.
    pub async fn start(gateways: &[&Gateway]) -> Self {
        let data = TempDir::new().expect("a temporary folder can be made");
        let targets: Vec<String> = gateways.iter().map(|gateway| format!("\"{}\"", gateway.address)).collect();
        let config = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\n\
             scrape_configs:\n  - job_name: mana-mcp\n    static_configs: [{{ targets: [{}] }}]\n",
            targets.join(", ")
        );
        let file = data.path().join("prometheus.yaml");
        std::fs::write(&file, config).expect("the configuration can be written");
        let address = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", data.path().join("tsdb").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let child = command.spawn().expect("prometheus is installed (`cargo xtask ci servers`)");
        let prometheus = Self { _child: child, url: format!("http://{address}"), _data: data };
        prometheus
            .wait_until("ready", async |this| {
                let answer = http().get(format!("{}/-/ready", this.url)).send().await;
                answer.is_ok_and(|answer| answer.status().is_success())
            })
            .await;
        prometheus
    }

    /// The one value that a query has at this moment.
    pub async fn value(&self, query: &str) -> Option<f64> {
        let url = format!("{}/api/v1/query", self.url);
        let url = reqwest::Url::parse_with_params(&url, [("query", query)]).expect("an address");
        let answer: Value = http().get(url).send().await.ok()?.json().await.ok()?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    }

    /// Waits until a query has this value, that is, until it has been scraped.
    pub async fn scraped(&self, query: &str, value: f64) {
        self.wait_until(query, async |this| this.value(query).await == Some(value)).await;
    }

    async fn wait_until(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self).await {
            assert!(Instant::now() < deadline, "Prometheus: {what} did not come to pass");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
