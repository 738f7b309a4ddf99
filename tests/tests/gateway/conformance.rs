//! The official conformance suite, in both revisions, against the fixture program: every scenario
//! that the gateway can satisfy (`conformance.yaml`).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use mana_mcp_tests::{Gateway, Mcp, Program, Revision, clients::program, proxy::Proxy, repository};
use serde::Deserialize;
use serde_json::json;

const SUITE: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";

/// Revision -> scenario -> what is done with it.
type Plan = BTreeMap<String, BTreeMap<String, Scenario>>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// Why the scenario is not run.
    excluded: Option<String>,
    /// Checks of it that fail or cannot be made, each with the reason.
    #[serde(default)]
    except: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Check {
    id: String,
    status: String,
    #[serde(rename = "errorMessage")]
    error: Option<String>,
}

fn plan(revision: Revision) -> BTreeMap<String, Scenario> {
    let text = std::fs::read_to_string(repository().join("tests/conformance.yaml")).unwrap();
    let mut plan: Plan = serde_yaml::from_str(&text).unwrap();
    plan.remove(revision.as_str()).unwrap()
}

fn suite(arguments: &[&str]) -> tokio::process::Command {
    let mut node = program("node", &format!("ts/{SUITE}"));
    node.args(["--import", "./ts/node20.mjs", &format!("ts/{SUITE}")]).args(arguments);
    node
}

/// The suite's own list of server scenarios for a revision.
async fn scenarios(revision: Revision) -> BTreeSet<String> {
    let output = suite(&["list", "--server", "--spec-version", revision.as_str()]).output().await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let names = printed.lines().filter_map(|line| line.trim().strip_prefix("- "));
    names.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Runs one scenario and hands back its checks.
async fn run(name: &str, revision: Revision, url: &str, folder: &Path) -> Vec<Check> {
    let folder = folder.join(name);
    let arguments = ["server", "--url", url, "--scenario", name, "--spec-version", revision.as_str(), "--output-dir"];
    let mut command = suite(&arguments);
    let output = command.arg(&folder).output();
    let output = tokio::time::timeout(Duration::from_secs(60), output).await.expect("the suite ends").unwrap();
    let mut results = std::fs::read_dir(&folder).into_iter().flatten();
    let Some(result) = results.next() else {
        panic!("{name} left no result: {}", String::from_utf8_lossy(&output.stderr))
    };
    let text = std::fs::read_to_string(result.unwrap().path().join("checks.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A gateway with underscored names that asks the user for consent to every destructive tool, and
/// the user's token.
async fn asking() -> (Gateway, String) {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    let listed = Mcp::modern(&gateway, &token).await.call("spaces.list", json!({})).await.structured();
    let space = listed["activeSpaceId"].as_str().unwrap();
    let tools = Program::Fixture.tools().into_iter().filter(|tool| tool["policyHint"] == "destructive");
    let opt_ins: Vec<String> = tools.map(|tool| format!("{space}:{}", tool["name"].as_str().unwrap())).collect();
    let ended = gateway.stop().await;
    let launch = ended.relaunch().env("TOOL_NAMES", "underscored").env("POLICY_MODE", "enforce");
    (launch.env("POLICY_ALLOW_DESTRUCTIVE", opt_ins.join(",")).start().await, token)
}

async fn conforms(revision: Revision) {
    let plan = plan(revision);
    let listed = scenarios(revision).await;
    let planned: BTreeSet<String> = plan.keys().cloned().collect();
    assert_eq!(planned, listed, "conformance.yaml says what is done with each scenario of the suite, and no other");

    let (gateway, token) = asking().await;
    let proxy = Proxy::start(gateway.address, &token).await;
    let folder = tempfile::tempdir().unwrap();
    let mut faults = Vec::new();
    for (name, scenario) in plan.iter().filter(|(_, scenario)| scenario.excluded.is_none()) {
        let checks = run(name, revision, &proxy.url("/mcp"), folder.path()).await;
        assert!(checks.iter().any(|check| check.status == "SUCCESS"), "{name} proves nothing: {checks:?}");
        let mut excused: BTreeSet<&String> = scenario.except.keys().collect();
        for check in &checks {
            let failed = matches!(check.status.as_str(), "FAILURE" | "WARNING");
            if failed && !excused.remove(&check.id) && !scenario.except.contains_key(&check.id) {
                faults.push(format!("{name}: {}: {}: {:?}", check.id, check.status, check.error));
            }
        }
        faults.extend(excused.into_iter().map(|id| format!("{name}: {id} does not fail: take it off the list")));
    }
    assert!(faults.is_empty(), "{}\n{}", revision.as_str(), faults.join("\n"));
}

#[tokio::test]
async fn the_gateway_conforms_to_2025_11_25() {
    conforms(Revision::V2025).await;
}

#[tokio::test]
async fn the_gateway_conforms_to_2026_07_28() {
    conforms(Revision::V2026).await;
}
