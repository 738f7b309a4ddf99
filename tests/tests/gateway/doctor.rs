//! `mana-mcp doctor`: what it finds in a deployment, and what it says of that.

use std::{path::PathBuf, process::Stdio, time::Duration};

use mana_mcp_tests::{
    Backends, Program, Redis,
    policies::{KEY, Policies, Says},
};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

const ADA: &str = "ada@example.org";

async fn doctor(backends: &Backends, auth: &str, sync: &str, more: &[&str]) -> (bool, String) {
    doctor_in(backends, &[("MANA_AUTH_URL", auth), ("MANA_SYNC_URL", sync)], more).await
}

async fn doctor_in(backends: &Backends, environment: &[(&str, &str)], more: &[&str]) -> (bool, String) {
    let mut command = Command::new(Program::Fixture.path());
    command.arg("doctor").args(more).env_clear().envs(environment.iter().copied());
    command.env("JWT_ISSUER", "http://localhost:3069").kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(20), command.output()).await.unwrap().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{text}\n{}", backends.log());
    (output.status.success(), text)
}

#[tokio::test]
async fn the_doctor_finds_what_is_wrong() {
    let backends = Backends::start().await;
    let token = backends.token(ADA).await;
    let (auth, sync) = (backends.auth.as_str(), backends.sync.as_str());
    let (is_well, text) = doctor(&backends, auth, sync, &["--token", &token]).await;
    assert!(is_well && !text.contains("WRONG") && !text.contains(&token), "{text}");
    assert!(text.contains("spaces: the user has 1"), "{text}");

    let nobody = "http://127.0.0.1:9";
    let (is_well, text) = doctor(&backends, auth, nobody, &[]).await;
    assert!(!is_well && text.contains("WRONG sync service") && text.contains("MANA_SYNC_URL"), "{text}");
    let (is_well, text) = doctor(&backends, nobody, sync, &["--token", &token]).await;
    assert!(!is_well && text.contains("WRONG identity service") && text.contains("WRONG keys"), "{text}");
    // The services changed for each other: the sync service has no keys.
    let (is_well, text) = doctor(&backends, sync, auth, &[]).await;
    assert!(!is_well && text.contains("WRONG keys") && text.contains("Does MANA_AUTH_URL name"), "{text}");
    assert!(text.contains("WRONG identity service") && text.contains("(status 404)"), "{text}");
    // Nor has the identity service rows.
    let (is_well, text) = doctor(&backends, auth, auth, &["--token", ""]).await;
    assert!(!is_well && text.contains("WRONG sync") && text.contains("Does MANA_SYNC_URL name"), "{text}");
    let (is_well, text) = doctor(&backends, auth, sync, &[]).await;
    assert!(is_well && text.contains("sync: the service refuses an invalid token"), "{text}");

    let (is_well, text) = doctor(&backends, auth, sync, &["--token", "abc"]).await;
    assert!(!is_well && text.contains("WRONG token"), "{text}");
    backends
        .sync_faults(json!([{ "times": 2, "path": "/sync/habits/pull", "instead": { "answer": { "status": 402, "text": "x" } } }]))
        .await;
    let (is_well, text) = doctor(&backends, auth, sync, &["--token", &token]).await;
    assert!(!is_well && text.matches("WRONG sync: Sync is not active").count() == 2, "{text}");
    // A web page is not a page of the log, no matter who asks.
    backends
        .sync_faults(json!([{ "times": 2, "path": "/sync/habits/pull", "instead": { "answer": { "status": 200, "text": "x" } } }]))
        .await;
    let (is_well, text) = doctor(&backends, auth, sync, &["--token", &token]).await;
    assert!(!is_well && text.matches("WRONG sync").count() == 2, "{text}");
    backends.sync_faults(json!([{ "times": 9, "instead": "hang" }])).await;
    let (is_well, text) = doctor(&backends, auth, sync, &[]).await;
    assert!(!is_well && text.contains("no answer in time"), "{text}");
}

#[tokio::test]
async fn the_doctor_looks_at_redis_and_the_policy_service_where_they_are_set() {
    let (backends, redis) = (Backends::start().await, Redis::start().await);
    let look = async |policies: &Policies, key: &str, redis: &str| {
        let services = [("MANA_AUTH_URL", backends.auth.as_str()), ("MANA_SYNC_URL", backends.sync.as_str())];
        let url = policies.url();
        let more = [("MANA_API_URL", url.as_str()), ("MANA_SERVICE_KEY", key), ("REDIS_URL", redis)];
        let (is_well, text) = doctor_in(&backends, &[services.as_slice(), &more].concat(), &[]).await;
        assert!(!text.contains(key) && !text.contains("hunter2"), "{text}");
        (is_well, text)
    };
    let policies = Policies::start(Says::Allows { space: "s".to_owned(), tools: Vec::new() }).await;
    let (is_well, text) = look(&policies, KEY, &redis.url()).await;
    assert!(is_well && text.contains("takes MANA_SERVICE_KEY") && text.contains("ok    Redis"), "{text}");
    let (is_well, text) = look(&policies, "another key", "redis://:hunter2@127.0.0.1:9").await;
    assert!(!is_well && text.contains("refuses MANA_SERVICE_KEY") && text.contains("WRONG Redis"), "{text}");
    for (says, told) in [
        (Says::Status(404), "note  policy service"),
        (Says::Status(301), "status 301"),
        (Says::Status(500), "it answers that it fails"),
        (Says::Text("x".to_owned()), "does not answer as such a service does"),
        (Says::Nothing, "no answer in time"),
    ] {
        let (is_well, text) = look(&Policies::start(says.clone()).await, KEY, &redis.url()).await;
        assert!(is_well == (says == Says::Status(404)) && text.contains(told), "{text}");
    }
}

#[tokio::test]
async fn the_doctor_tries_both_ways_to_spaces() {
    const LIST: &str = "/api/v1/me/spaces";
    let backends = Backends::start().await;
    let token = backends.token(ADA).await;
    let look = async |more: &[(&str, &str)], arguments: &[&str]| {
        let services = [("MANA_AUTH_URL", backends.auth.as_str()), ("MANA_SYNC_URL", backends.sync.as_str())];
        let (is_well, text) = doctor_in(&backends, &[services.as_slice(), more].concat(), arguments).await;
        assert!(!text.contains(KEY), "{text}");
        (is_well, text)
    };
    let (with_token, key) = (["--token", token.as_str()], [("MANA_AUTH_SERVICE_KEY", KEY)]);
    backends.strictness(json!({ "manner": "strict", "serviceKey": KEY })).await;

    let (is_well, text) = look(&[], &with_token).await;
    let parts =
        ["WRONG spaces: the spaces route takes no bearer token and MANA_AUTH_SERVICE_KEY is not set", "ok    token"];
    assert!(!is_well && parts.iter().all(|part| text.contains(part)), "{text}");
    let (is_well, text) = look(&key, &with_token).await;
    let parts = [
        "note  spaces: the list takes no bearer token (unauthorized)",
        "ok    spaces: the identity service takes MANA_AUTH_SERVICE_KEY for memberships",
        "ok    spaces: the user has 1, a personal one among them",
    ];
    assert!(is_well && parts.iter().all(|part| text.contains(part)), "{text}");
    let (is_well, text) = look(&[("MANA_SERVICE_KEY", KEY)], &with_token).await;
    let both = "ok    spaces: the identity service takes MANA_SERVICE_KEY for memberships";
    assert!(is_well && text.contains(both), "one key may serve for both: {text}");
    let (is_well, text) = look(&[("MANA_AUTH_SERVICE_KEY", "wrong")], &with_token).await;
    assert!(!is_well && text.contains("WRONG spaces: the identity service refuses MANA_AUTH_SERVICE_KEY"), "{text}");

    // Without a user's token only the key can be tried.
    let (is_well, text) = look(&key, &[]).await;
    assert!(is_well && text.contains(parts[1]), "{text}");
    let (is_well, text) = look(&[("MANA_AUTH_SERVICE_KEY", "wrong")], &[]).await;
    assert!(!is_well && text.contains("WRONG spaces: the identity service refuses MANA_AUTH_SERVICE_KEY"), "{text}");
    let (is_well, text) = look(&[], &[]).await;
    assert!(is_well && text.contains("note  spaces: MANA_AUTH_SERVICE_KEY is not set"), "{text}");

    backends.strictness(json!({ "manner": "strict", "spacesPath": LIST })).await;
    let (is_well, text) = look(&[("MANA_SPACES_PATH", LIST)], &with_token).await;
    assert!(is_well && text.contains("ok    spaces: the list takes the token"), "{text}");
    backends.space_of("personal", "mallory@example.org", &[ADA]).await;
    let (is_well, text) = look(&[("MANA_SPACES_PATH", LIST)], &with_token).await;
    let part = "WRONG spaces: the user has 2, and several could be the personal one";
    assert!(!is_well && text.contains(part), "{text}");
}

/// A TLS server with a certificate for a name, of an authority of its own. Both end with the value.
struct Tls {
    address: String,
    authority: PathBuf,
    _server: Child,
    _folder: TempDir,
}

impl Tls {
    async fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let openssl = || {
            let mut command = Command::new("openssl");
            command.current_dir(&folder).stderr(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
            command
        };
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
        let request = async |more: &[&str]| {
            let made = openssl().args(["req", "-x509"]).args(key).args(more).status().await.unwrap();
            assert!(made.success(), "{more:?}");
        };
        request(&["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority"]).await;
        let names = format!("subjectAltName=DNS:{name}");
        let of_authority =
            ["-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=server", "-addext", "basicConstraints=CA:FALSE"];
        request(&[&of_authority[..], &["-addext", &names, "-keyout", "key.pem", "-out", "cert.pem"]].concat()).await;
        let server = ["s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem", "-key", "key.pem", "-www"];
        let mut server = openssl().args(server).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("the server says where it listens");
            if let Some(port) = line.strip_prefix("ACCEPT 127.0.0.1:") {
                break format!("https://localhost:{port}");
            }
        };
        Self { address, authority: folder.path().join("ca.pem"), _server: server, _folder: folder }
    }
}

#[tokio::test]
async fn a_certificate_of_another_name_is_no_service() {
    const NOT_REACHED: &str = "no connection can be made";
    let backends = Backends::start().await;
    for (name, is_reached) in [("localhost", true), ("other.example.org", false)] {
        let tls = Tls::of(name).await;
        let authority = tls.authority.display().to_string();
        let services = [("MANA_AUTH_URL", backends.auth.as_str()), ("MANA_SYNC_URL", tls.address.as_str())];
        let (is_well, text) =
            doctor_in(&backends, &[&services[..], &[("SSL_CERT_FILE", &authority)]].concat(), &[]).await;
        // A page of HTML is no sync service either, but it was asked for.
        assert!(!is_well && text.contains(NOT_REACHED) != is_reached, "{name}: {text}");
    }
}
