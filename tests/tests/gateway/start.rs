//! Starting the shipped program: what is printed, and what refuses to start, with a message that
//! says what to do.

use std::{net::TcpListener, process::Stdio, time::Duration};

use mana_mcp_tests::{Gateway, Launch, Mcp, Program, http};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

/// A tool of the real catalog that only reads and can be called without arguments.
pub(super) fn reading_tool() -> String {
    let tools = Program::Shipped.tools();
    let needs_nothing = |tool: &&serde_json::Value| {
        let required = tool["inputSchema"]["required"].as_array();
        tool["policyHint"] == "read" && required.is_none_or(Vec::is_empty)
    };
    tools.iter().find(needs_nothing).expect("there is one")["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_first_start_prints_snippets_with_a_working_token() {
    let gateway = Gateway::start_shipped().await;
    for client in ["Claude Code", "Claude Desktop", "Cursor", "VS Code"] {
        gateway.printed(client).await;
    }
    let log = gateway.log();
    assert!(log.contains(&gateway.url("/mcp")), "no address in:\n{log}");
    let token = log
        .split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
        .find(|word| word.starts_with("ey") && word.split('.').count() == 3);
    let mcp = Mcp::modern(&gateway, token.expect("a token is printed")).await;
    mcp.call(&reading_tool(), json!({})).await.structured();
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ended = Launch::shipped().port(port).refused().await;
    assert!(ended.log.contains(&port.to_string()), "{}", ended.log);
    assert!(ended.log.contains("in use"), "{}", ended.log);
    assert!(ended.log.contains("PORT"), "what to do: {}", ended.log);
}

#[tokio::test]
async fn all_wrong_settings_are_named_in_one_message() {
    let ended = Launch::shipped()
        .env("PORT", "seventy")
        .env("POLICY_MODE", "enforced")
        .env("RATE_LIMIT_PER_MINUTE", "0")
        .env("CORS_ORIGINS", "not a url")
        .env("MANA_MCP_TYPO", "1")
        .refused()
        .await;
    for name in ["PORT", "POLICY_MODE", "RATE_LIMIT_PER_MINUTE", "CORS_ORIGINS", "MANA_MCP_TYPO"] {
        assert!(ended.log.contains(name), "{name} is not named in:\n{}", ended.log);
    }
    assert!(ended.log.contains("log-only"), "what POLICY_MODE may be: {}", ended.log);
}

#[tokio::test]
async fn standalone_listens_on_the_loopback_interface_alone() {
    for bind in ["0.0.0.0", "::", "192.0.2.1"] {
        let ended = Launch::shipped().env("BIND", bind).refused().await;
        assert!(ended.log.contains("BIND") && ended.log.contains("127.0.0.1"), "{bind}: {}", ended.log);
    }
    let gateway = Gateway::start_shipped().await;
    let sockets = std::fs::read_to_string(format!("/proc/{}/net/tcp", gateway.pid())).unwrap();
    let port = format!(":{:04X}", gateway.address.port());
    let listening: Vec<&str> = sockets
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .filter(|local| local.ends_with(&port) && !local.starts_with("0100007F"))
        .collect();
    assert!(listening.is_empty(), "listens elsewhere too: {listening:?}");
}

#[tokio::test]
async fn half_of_the_services_is_a_contradiction() {
    for name in ["MANA_AUTH_URL", "MANA_SYNC_URL"] {
        let ended = Launch::shipped().env(name, "http://127.0.0.1:9").refused().await;
        assert!(ended.log.contains("MANA_AUTH_URL") && ended.log.contains("MANA_SYNC_URL"), "{}", ended.log);
    }
}

#[tokio::test]
async fn the_commands_say_what_they_do_and_refuse_what_they_cannot() {
    let run = async |arguments: &[&str]| {
        let data = tempfile::tempdir().unwrap();
        let mut command = Command::new(Program::Shipped.path());
        command.args(arguments).env_clear().env("DATA_DIR", data.path());
        let output = command.output().await.unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!text.contains("panic"), "{arguments:?}: {text}");
        (output.status.success(), text)
    };
    let (ok, help) = run(&["--help"]).await;
    assert!(ok && ["serve", "token", "call", "tools"].iter().all(|command| help.contains(command)), "{help}");
    let (ok, version) = run(&["--version"]).await;
    assert!(ok && version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    let (ok, tools) = run(&["tools"]).await;
    let table = tools.lines().skip(1).take_while(|line| !line.is_empty());
    let printed: Vec<&str> = table.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(ok && !printed.is_empty(), "{tools}");
    assert_eq!(printed, Program::Shipped.tool_names(), "one line each, in the same order as in JSON");
    let tool = reading_tool();
    for arguments in
        [&["sevre"][..], &["token"], &["token", "--user", "not an address"], &["call"], &["call", &tool, "{"]]
    {
        let (ok, text) = run(arguments).await;
        assert!(!ok && !text.is_empty(), "{arguments:?}: {text}");
    }
    let (ok, text) = run(&["call", &tool, "--token", "t", "--user", "ada@example.org"]).await;
    assert!(!ok && text.contains("cannot be used with"), "{text}");
    // A secret that is wrong is not repeated.
    let soak = ["soak", "--prometheus", "http://127.0.0.1:9"];
    for (flag, secret) in
        [("--token", "a-secret\n"), ("--header", "Authorization a-secret"), ("--header", "X: a-secret\u{1}")]
    {
        let (ok, text) = run(&[&soak[..], &[flag, secret]].concat()).await;
        assert!(!ok && text.contains(flag) && !text.contains("a-secret"), "{text}");
    }
}

#[tokio::test]
async fn the_shipped_services_have_no_test_mode() {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(Program::Shipped.path());
    command.args(["standalone-backends", "--port-auth", "0", "--port-sync", "0"]);
    command.env_clear().env("DATA_DIR", data.path()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
    for name in ["MANA_AUTH_URL", "MANA_SYNC_URL"] {
        let line = tokio::time::timeout(Duration::from_secs(20), printed.next_line()).await.unwrap().unwrap();
        let line = line.expect("the services print their addresses");
        let address = line.strip_prefix(&format!("{name}=")).unwrap_or_else(|| panic!("no {name} in {line:?}"));
        assert_eq!(http().get(format!("{address}/health")).send().await.unwrap().status(), 200);
        for route in ["faults", "spaces", "members", "tokens", "rotations", "strictness", "metadata", "clock"] {
            let route = format!("{address}/test/{route}");
            for request in [http().put(&route), http().post(&route), http().get(&route)] {
                assert_eq!(request.json(&json!([])).send().await.unwrap().status(), 404, "{route}");
            }
        }
    }
    command.arg("--test-mode").stderr(Stdio::piped());
    let refused = tokio::time::timeout(Duration::from_secs(20), command.output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && text.contains("unexpected argument '--test-mode'"), "{text}");
}

#[tokio::test]
async fn an_exit_status_does_not_depend_on_who_reads_the_output() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut doctor = Command::new(Program::Shipped.path());
    doctor
        .arg("doctor")
        .env_clear()
        .env("MANA_AUTH_URL", "http://127.0.0.1:9")
        .env("MANA_SYNC_URL", "http://127.0.0.1:9");
    let output = doctor.stdout(writer).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_call_from_the_command_line_works_on_the_running_gateway() {
    let gateway = Gateway::start().await;
    let token = gateway.token("ada@example.org").await;
    Mcp::modern(&gateway, &token).await.call("habits.create", json!({ "title": "Ada's" })).await.structured();
    let run = async |tool: &str, arguments: &str| {
        let mut command = Command::new(Program::Fixture.path());
        command.args(["call", tool, arguments]).env_clear().env("DATA_DIR", gateway.data());
        command.env("PORT", gateway.address.port().to_string()).env("MANA_TOKEN", &token);
        command.output().await.unwrap()
    };
    let listed = run("habits.list", "{}").await;
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let printed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(printed["habits"][0]["title"], "Ada's", "{printed}");
    let refused = run("habits.create", r#"{"titel":"x"}"#).await;
    assert!(!refused.status.success());
    let text = format!("{}{}", String::from_utf8_lossy(&refused.stdout), String::from_utf8_lossy(&refused.stderr));
    assert!(text.contains("titel"), "{text}");
}
