//! The standalone services as a process of their own, which fails on demand: what gateways in the remote mode speak to.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{
    Launch, Program,
    gateway::{PATIENCE, clean, collect},
    http,
};

/// Both services; dropping it kills them.
#[derive(Debug)]
pub struct Backends {
    program: Program,
    child: Child,
    /// Base URL of the identity service.
    pub auth: String,
    /// Base URL of the sync service.
    pub sync: String,
    data: TempDir,
    log: Arc<Mutex<String>>,
}

impl Backends {
    /// Starts them for gateways of the fixture program.
    pub async fn start() -> Self {
        Self::of(Program::Fixture).await
    }

    /// Starts them on free ports, over a new data folder, for gateways of that program.
    pub async fn of(program: Program) -> Self {
        let data = TempDir::new().expect("a temporary folder can be made");
        let mut command = Command::new(path());
        clean(command.as_std_mut(), data.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the binary starts");
        let log = Arc::new(Mutex::new(String::new()));
        tokio::spawn(collect(child.stdout.take().expect("piped"), log.clone()));
        tokio::spawn(collect(child.stderr.take().expect("piped"), log.clone()));
        let told = |name: &str| {
            let log = log.lock().expect("no reader panics");
            let (_, rest) = log.split_once(&format!("{name}="))?;
            rest.split_once('\n').map(|(address, _)| address.to_owned())
        };
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let (Some(auth), Some(sync)) = (told("MANA_AUTH_URL"), told("MANA_SYNC_URL")) {
                return Self { program, child, auth, sync, data, log };
            }
            let ended = child.try_wait().expect("the child can be asked");
            assert!(ended.is_none() && tokio::time::Instant::now() < deadline, "no addresses: {log:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// A gateway in front of them.
    pub fn gateway(&self) -> Launch {
        self.gateway_through(&self.auth, &self.sync)
    }

    /// A gateway that reaches them at other addresses.
    pub fn gateway_through(&self, auth: &str, sync: &str) -> Launch {
        let launch = Launch::of(self.program).env("POLICY_MODE", "off");
        launch.env("MANA_AUTH_URL", auth).env("MANA_SYNC_URL", sync)
    }

    /// A token for a user, who is created if they are new.
    pub async fn token(&self, email: &str) -> String {
        let mut command = Command::new(self.program.path());
        command.args(["token", "--user", email]).kill_on_drop(true);
        clean(command.as_std_mut(), self.data.path());
        let output = tokio::time::timeout(PATIENCE, command.output()).await.expect("in time").expect("it runs");
        assert!(output.status.success(), "no token: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("a token is ASCII").trim_end().to_owned()
    }

    /// A team's space. Returns its id.
    pub async fn space(&self, owner: &str, members: &[&str]) -> String {
        self.space_of("team", owner, members).await
    }

    /// A space of that kind, which the owner may give to others. Returns its id.
    pub async fn space_of(&self, kind: &str, owner: &str, members: &[&str]) -> String {
        let space = json!({ "owner": owner, "name": kind, "kind": kind, "members": members });
        let answer = http().post(format!("{}/test/spaces", self.auth)).json(&space).send().await.expect("an answer");
        let made: Value = answer.json().await.expect("a space is made");
        made["id"].as_str().expect("a space has an id").to_owned()
    }

    /// Makes a user a member of a space.
    pub async fn join(&self, space: &str, user: &str) {
        let member = json!({ "space": space, "user": user });
        let answer = http().post(format!("{}/test/members", self.auth)).json(&member).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// How strictly both services behave from now on: `manner` ("lenient", "strict"), `spacesPath`, `serviceKey`.
    pub async fn strictness(&self, strictness: Value) {
        self.put("/test/strictness", &strictness).await;
    }

    /// What an owner writes into the metadata of a space.
    pub async fn metadata(&self, space: &str, metadata: Value) {
        self.put("/test/metadata", &json!({ "space": space, "metadata": metadata })).await;
    }

    /// Moves the clock by which the sync service keeps memberships.
    pub async fn advance(&self, seconds: u64) {
        let advance = json!({ "advanceSeconds": seconds });
        let answer = http().post(format!("{}/test/clock", self.sync)).json(&advance).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    async fn put(&self, path: &str, body: &Value) {
        let answer = http().put(format!("{}{path}", self.auth)).json(body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// A token for that user that lives so long, signed with the present key. No process starts for it.
    pub async fn short_token(&self, email: &str, seconds: u64) -> String {
        let token = json!({ "user": email, "seconds": seconds });
        let answer = http().post(format!("{}/test/tokens", self.auth)).json(&token).send().await.expect("an answer");
        let made: Value = answer.json().await.expect("a token is made");
        made["token"].as_str().expect("a token").to_owned()
    }

    /// Changes a key: `"signingKey"`, `"onlySigningKey"`, which withdraws the former ones, or `{"masterKey": <e-mail>}`.
    pub async fn rotate(&self, key: Value) {
        let answer = http().post(format!("{}/test/rotations", self.auth)).json(&key).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// Stores changes under a client id, as other clients of the user do.
    pub async fn push(&self, token: &str, app: &str, changes: Vec<Value>) {
        let push = json!({ "clientId": "web", "since": "2999-01-01T00:00:00.000Z", "changes": changes });
        let url = format!("{}/sync/{app}", self.sync);
        let answer = http().post(url).bearer_auth(token).json(&push).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// What the sync service does to the next requests, each fault once or `times`.
    pub async fn sync_faults(&self, faults: Value) {
        set_faults(&self.sync, &faults).await;
    }

    /// What the identity service does to the next requests.
    pub async fn auth_faults(&self, faults: Value) {
        set_faults(&self.auth, &faults).await;
    }

    /// The rows of a user's log of one app, as the sync service hands them out.
    pub async fn rows(&self, token: &str, app: &str, collection: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut since = "1970-01-01T00:00:00.000Z".to_owned();
        loop {
            let url = format!("{}/sync/{app}/pull?collection={collection}&since={since}", self.sync);
            let answer = http().get(url).bearer_auth(token).header("X-Client-Id", "tests").send().await;
            let page: Value = answer.expect("an answer").json().await.expect("a page");
            rows.extend(page["serverChanges"].as_array().expect("rows").iter().cloned());
            if page["hasMore"] != true {
                return rows;
            }
            since = page["syncedUntil"].as_str().expect("a cursor").to_owned();
        }
    }

    /// The folder with their files.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// What they have printed so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no reader panics").clone()
    }

    /// Their process id.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the services run")
    }
}

/// The program `mana-mcp-test-services`: where `cargo test` says, or beside the benchmarks.
fn path() -> PathBuf {
    env::var_os("CARGO_BIN_EXE_mana-mcp-test-services").map_or_else(
        || env::current_exe().expect("a process knows its program").with_file_name("mana-mcp-test-services"),
        PathBuf::from,
    )
}

async fn set_faults(service: &str, faults: &Value) {
    let answer = http().put(format!("{service}/test/faults")).json(faults).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{answer:?}");
}
