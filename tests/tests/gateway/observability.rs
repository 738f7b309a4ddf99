//! What operators are given to watch a gateway with: rules and dashboards that name what it really shows, and files that the
//! tools which read them accept.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use mana_mcp_tests::{Gateway, Launch, Mcp, Program, http, repository};
use serde_json::{Value, json};

use super::start::reading_tool;

fn operations() -> PathBuf {
    repository().join("docs/operations")
}

fn yaml(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The YAML files of a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(!files.is_empty(), "{}", folder.display());
    files
}

/// `promtool`, from the package that `cargo xtask ci servers` installs.
fn promtool(arguments: &[&str], files: &[PathBuf], input: Option<&str>) {
    use std::io::Write;
    let mut command = Command::new("promtool");
    command.args(arguments).args(files).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool is installed (`cargo xtask ci servers`)");
    child.stdin.take().unwrap().write_all(input.unwrap_or_default().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "promtool {arguments:?}:\n{said}");
}

/// A gateway's page after a call: a tool's durations begin with its first one.
async fn page() -> String {
    let gateway = Gateway::start_shipped().await;
    Mcp::user(&gateway, "ada@example.org").await.call(&reading_tool(), json!({})).await.structured();
    http().get(gateway.url("/metrics")).send().await.unwrap().text().await.unwrap()
}

/// The names in a PromQL expression that are ours: families, and what rules record.
fn names(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|char: char| !(char.is_ascii_alphanumeric() || "_:".contains(char)));
    words.filter(|word| word.contains("mana_mcp_")).collect()
}

/// The texts that an expression compares labels with, alternatives apart.
fn compared(expression: &str) -> BTreeSet<&str> {
    let quoted = expression.split('"').skip(1).step_by(2);
    quoted.flat_map(|text| text.split('|')).filter(|text| !text.is_empty() && !text.starts_with('$')).collect()
}

/// The families on a gateway's page, with the suffixes of histograms.
fn families(page: &str) -> BTreeSet<String> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types
        .flat_map(|(name, kind)| match kind {
            "histogram" => ["_bucket", "_sum", "_count"].map(|suffix| format!("{name}{suffix}")).to_vec(),
            _ => vec![name.to_owned()],
        })
        .collect()
}

fn rules() -> Vec<Value> {
    let files = files(&operations().join("rules"));
    let groups = files.iter().flat_map(|file| yaml(file)["groups"].as_array().unwrap().clone());
    groups.flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

/// Every expression of the dashboard.
fn queries(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn promtool_finds_nothing_to_mend_in_the_metrics() {
    promtool(&["check", "metrics"], &[], Some(&page().await));
}

#[test]
fn promtool_accepts_the_rules_and_their_tests_pass() {
    let folder = operations().join("rules");
    promtool(&["check", "rules"], &files(&folder), None);
    promtool(&["test", "rules"], &files(&folder.join("tests")), None);
    promtool(&["check", "config", "--syntax-only"], &[operations().join("prometheus.yaml")], None);
}

#[test]
fn every_rule_has_a_test() {
    let tests: String =
        files(&operations().join("rules/tests")).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for rule in rules() {
        let name = rule["alert"].as_str().or(rule["record"].as_str()).unwrap();
        assert!(tests.contains(name), "{name} has no test");
    }
}

#[tokio::test]
async fn rules_and_dashboard_name_only_what_a_gateway_shows() {
    let page = page().await;
    let rules = rules();
    let recorded = rules.iter().filter_map(|rule| rule["record"].as_str().map(str::to_owned));
    let known: BTreeSet<String> = families(&page).into_iter().chain(recorded).collect();
    let dashboard = fs::read_to_string(operations().join("grafana/dashboard.json")).unwrap();
    let of_dashboard = queries(&serde_json::from_str(&dashboard).unwrap());
    let expressions = rules.iter().map(|rule| rule["expr"].as_str().unwrap().to_owned()).chain(of_dashboard);
    let mut count = 0;
    for expression in expressions {
        for name in names(&expression) {
            assert!(known.contains(name), "{name} is no metric: {expression}");
            count += 1;
        }
        // These are Prometheus' own.
        for text in compared(&expression).into_iter().filter(|text| !["mana-mcp", "firing"].contains(text)) {
            assert!(page.contains(&format!("=\"{text}\"")), "no label has the value {text}: {expression}");
        }
    }
    assert!(count > 50, "{count} names were looked at");
}

#[tokio::test]
async fn the_dashboard_shows_every_family() {
    let dashboard: Value =
        serde_json::from_str(&fs::read_to_string(operations().join("grafana/dashboard.json")).unwrap()).unwrap();
    let queries = queries(&dashboard).concat();
    let page = page().await;
    for name in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
        let is_shown = queries.contains(name) || name == "mana_mcp_process_virtual_memory_max_bytes";
        assert!(is_shown, "{name} is on no panel");
    }
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
}

/// `mana-mcp health`, as a supervisor runs it.
fn health(port: u16, arguments: &[&str]) -> std::process::Output {
    Command::new(Program::Shipped.path())
        .arg("health")
        .args(arguments)
        .env_clear()
        .env("PORT", port.to_string())
        .env("BIND", "0.0.0.0")
        .output()
        .unwrap()
}

#[tokio::test]
async fn the_health_check_succeeds_where_a_gateway_is_alive() {
    let gateway = Gateway::start_shipped().await;
    let port = gateway.address.port();
    for arguments in [&[][..], &["--ready"]] {
        let asked = health(port, arguments);
        assert!(asked.status.success() && asked.stdout.is_empty(), "{asked:?}");
    }
    gateway.stop().await;
    let asked = health(port, &[]);
    assert_eq!(asked.status.code(), Some(1), "{asked:?}");
    assert!(String::from_utf8_lossy(&asked.stderr).contains("no gateway answers"), "{asked:?}");
}

#[tokio::test]
async fn where_a_service_fails_a_gateway_is_alive_and_not_ready() {
    let nobody = "http://127.0.0.1:9";
    let gateway = Launch::shipped().env("MANA_AUTH_URL", nobody).env("MANA_SYNC_URL", nobody).start_alive().await;
    let port = gateway.address.port();
    let alive = health(port, &[]);
    assert!(alive.status.success(), "{alive:?}");
    let ready = health(port, &["--ready"]);
    assert_eq!(ready.status.code(), Some(1), "{ready:?}");
    assert!(String::from_utf8_lossy(&ready.stderr).contains("is not ready (503"), "{ready:?}");
}

#[test]
fn the_compose_file_names_files_that_are_there() {
    let compose = yaml(&operations().join("compose.yaml"));
    let services = compose["services"].as_object().unwrap();
    for service in ["proxy", "gateway", "redis", "prometheus", "alertmanager", "grafana"] {
        assert!(services.contains_key(service), "{service}");
    }
    let mut mounted = 0;
    for (name, service) in services {
        let kept = &service["logging"];
        assert_eq!(kept["driver"], "json-file", "`docker compose logs` reads them, also for a soak: {name}");
        assert!(kept["options"]["max-size"].is_string() && kept["options"]["max-file"].is_string(), "{name}: no bound");
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let (host, _) = volume.as_str().unwrap().split_once(':').unwrap();
            if host.starts_with('.') {
                assert!(operations().join(host).exists(), "{name}: {host}");
                mounted += 1;
            }
        }
        if let Some(build) = service["build"].as_object() {
            let context = operations().join(build["context"].as_str().unwrap());
            assert!(context.join(build["dockerfile"].as_str().unwrap()).is_file(), "{name}: {build:?}");
        }
    }
    assert!(mounted >= 6, "{mounted}");
    for file in ["datasources/prometheus.yaml", "dashboards/mana-mcp.yaml"] {
        let provisioned = yaml(&operations().join("grafana/provisioning").join(file));
        assert_eq!(provisioned["apiVersion"], 1, "{file}");
    }
}

#[test]
fn the_compose_file_takes_any_number_of_gateways_and_any_setting() {
    let text = fs::read_to_string(operations().join("compose.yaml")).unwrap();
    let compose = yaml(&operations().join("compose.yaml"));
    let gateway = &compose["services"]["gateway"];
    assert!(gateway["ports"].is_null(), "only one of several gateways could have a port of the host");
    assert_eq!(gateway["env_file"], json!([{ "path": ".env", "required": false }]));
    let port = &gateway["environment"]["PORT"];
    assert_eq!(gateway["expose"], json!([port.to_string()]), "what is in the file does not move it");
    let proxy = fs::read_to_string(operations().join("haproxy.cfg")).unwrap();
    assert!(proxy.contains(&format!("gateway:{port}")) && proxy.contains("uri /health"), "{proxy}");
    // Variables are settings, or what this file says of them.
    let documented = fs::read_to_string(repository().join("docs/operations.md")).unwrap();
    let variables = text.split("${").skip(1).map(|rest| rest.split([':', '}']).next().unwrap());
    for name in variables.filter(|name| !name.ends_with("_IMAGE") && *name != "GRAFANA_PASSWORD") {
        assert!(documented.contains(&format!("`{name}`")), "{name}");
    }
    for image in compose["services"].as_object().unwrap().values().filter_map(|service| service["image"].as_str()) {
        let (variable, name) = image.strip_prefix("${").unwrap().split_once(":-").unwrap();
        assert!(text.matches(variable).count() > 1, "the head of the file does not say that {variable} pins an image");
        assert!(name.contains(':') && !name.contains("latest"), "{name} has no tag");
    }
}

#[test]
fn alerts_reach_the_alertmanager_and_somebody_is_named_for_each() {
    let prometheus = yaml(&operations().join("prometheus.yaml"));
    let target = prometheus["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"][0].as_str().unwrap();
    let compose = yaml(&operations().join("compose.yaml"));
    assert!(!compose["services"][target.split(':').next().unwrap()].is_null(), "{target} is no service");
    let config = yaml(&operations().join("alertmanager.yaml"));
    let receivers: Vec<_> = config["receivers"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    let routes = config["route"]["routes"].as_array().unwrap();
    for route in routes.iter().chain([&config["route"]]) {
        assert!(receivers.contains(&&route["receiver"]), "{route}");
    }
    let rules = rules();
    let alerts: BTreeSet<_> = rules.iter().filter_map(|rule| rule["alert"].as_str()).collect();
    let severities: BTreeSet<_> = rules.iter().filter_map(|rule| rule["labels"]["severity"].as_str()).collect();
    let quiet = config["inhibit_rules"].as_array().unwrap().iter();
    let matchers = quiet.flat_map(|rule| [&rule["source_matchers"], &rule["target_matchers"]]);
    for matcher in matchers.chain(routes.iter().map(|route| &route["matchers"])) {
        for text in compared(matcher[0].as_str().unwrap()) {
            assert!(alerts.contains(text) || severities.contains(text), "no alert is {text}");
        }
    }
}

#[test]
fn the_image_is_made_of_files_that_are_there() {
    let text = fs::read_to_string(repository().join("gateway/Dockerfile")).unwrap();
    let mut copied = 0;
    for line in text.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from=")) {
        let words: Vec<_> = line.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        for source in &words[1..words.len() - 1] {
            assert!(repository().join(source).exists(), "{line}");
            copied += 1;
        }
    }
    assert!(copied > 0);
    assert!(text.lines().any(|line| line.starts_with("USER ")), "it does not run as root");
    assert!(text.contains("HEALTHCHECK") && !text.contains("CMD curl"), "there is no curl in it");
}

/// The settings that a deployment's file names: words in capital letters before `=` or `:`.
fn settings(text: &str) -> Vec<&str> {
    let is_name = |word: &&str| {
        word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    let words = lines.filter_map(|line| line.strip_prefix("Environment=").unwrap_or(line).split([':', '=']).next());
    words.filter(is_name).collect()
}

#[test]
fn deployments_name_settings_that_are_documented() {
    let documented = fs::read_to_string(repository().join("docs/operations.md")).unwrap();
    for (file, least) in [("compose.yaml", 8), ("kubernetes.yaml", 8), ("mana-mcp.service", 2)] {
        let text = fs::read_to_string(operations().join(file)).unwrap();
        let named = settings(&text);
        assert!(named.len() >= least, "{file}: {named:?}");
        for name in named.into_iter().filter(|name| !name.starts_with("GF_")) {
            assert!(
                documented.contains(&format!("`{name}`")),
                "{file} names {name}, which docs/operations.md does not"
            );
        }
    }
}

#[test]
fn the_manifests_for_kubernetes_belong_together() {
    let text = fs::read_to_string(operations().join("kubernetes.yaml")).unwrap();
    let manifests: Vec<Value> = text.split("\n---\n").map(|part| serde_yaml::from_str(part).unwrap()).collect();
    let of_kind = |kind: &str| manifests.iter().filter(|manifest| manifest["kind"] == kind).collect::<Vec<_>>();
    for service in of_kind("Service") {
        let selected = |deployment: &&&Value| {
            deployment["spec"]["template"]["metadata"]["labels"]["app"] == service["spec"]["selector"]["app"]
        };
        let deployments = of_kind("Deployment");
        let deployment = deployments.iter().find(selected).expect("a Service has a Deployment");
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(service["spec"]["ports"][0]["targetPort"], container["ports"][0]["name"]);
        assert!(container["resources"]["limits"]["memory"].is_string(), "no bound on memory");
        let (name, links) = (
            service["metadata"]["name"].as_str().unwrap(),
            &deployment["spec"]["template"]["spec"]["enableServiceLinks"],
        );
        assert!(name != "mana-mcp" || links == false, "MANA_MCP_PORT would be set, which is no setting");
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    }
    let paths = of_kind("Ingress")[0]["spec"]["rules"][0]["http"]["paths"].as_array().unwrap().clone();
    let paths: Vec<_> = paths.iter().map(|path| path["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/mcp", "/.well-known"], "what is for operators stays inside");
}
