//! The attacks, each as it was found once, and again and again until it is ended. What they send is made before, so that
//! the attacker takes little of the processors.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use mana_mcp_tests::{
    Backends, Gateway, Mcp,
    load::{self, Connection},
};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    compare::Call,
    fixture::{Owner, id},
};

use super::bystanders::IS_ERROR;

const TIME: &str = "2026-05-01T09:00:00.000Z";
/// Fields of the record that has very many, and updates of one of them that are pushed at once.
const FIELDS: usize = 400_000;
const UPDATES: usize = 250;
/// Four bytes each, as many as a note may have.
const EMOJI: usize = 200_000;
/// Notes that are searched through, and the bytes of each.
const SEARCHED: usize = 200;
const LONG: usize = 400_000;
const PUSHED_AT_ONCE: usize = 10;
/// Strangers have addresses of their own.
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const SILENT: usize = 1024;
const UNREAD: usize = 40;
const HALF: usize = 128;
const PAUSE: Duration = Duration::from_millis(100);

/// What somebody does. The names are those of the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attack {
    /// A record of many fields is updated over and over, and read and written meanwhile.
    Fields,
    /// Large notes fill a shared space.
    Space,
    /// Answers are not read.
    Unread,
    /// Bodies do not come.
    Bodies,
    /// Connections of strangers say nothing.
    Silent,
    /// Searches through 80 MB, side by side.
    Searches,
}

impl Attack {
    pub(crate) const ALL: [Self; 6] =
        [Self::Fields, Self::Space, Self::Unread, Self::Bodies, Self::Silent, Self::Searches];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fields => "R1: a record of 400,000 fields",
            Self::Space => "R3: a shared space is filled",
            Self::Unread => "R4: 40 answers are not read",
            Self::Bodies => "R5: 128 bodies do not come",
            Self::Silent => "R6: 1,024 silent connections",
            Self::Searches => "R7: searches through 80 MB",
        }
    }
}

/// Who attacks, with everything that takes long to make.
pub(crate) struct Attacker {
    sync: SocketAddr,
    tokens: BTreeMap<&'static str, String>,
    space: String,
    /// Requests to the sync service that update the record of many fields.
    updates: Vec<Vec<u8>>,
}

/// Attacks that are under way; dropping it ends them.
pub(crate) struct UnderWay {
    _tasks: JoinSet<()>,
    answers: Answers,
}

/// How often each attack was answered, and how.
type Answers = Arc<Mutex<BTreeMap<String, usize>>>;

impl Attacker {
    /// Stores what the attacks need.
    pub(crate) async fn new(backends: &Backends) -> Result<Self> {
        let mut tokens = BTreeMap::new();
        let mut owner = Owner::new(backends, "searches@example.org").await?;
        let text = json!("the quick brown fox jumps over the lazy dog; ".repeat(LONG / 45));
        for from in (0..SEARCHED).step_by(PUSHED_AT_ONCE) {
            let note = |number: usize| {
                anyhow::Ok(json!({ "id": id(number), "title": owner.vault.seal(&json!("x"))?,
                    "content": owner.vault.seal(&text)?, "color": null, "isPinned": false, "isArchived": false,
                    "createdAt": TIME, "updatedAt": TIME }))
            };
            let notes = (from..from + PUSHED_AT_ONCE).map(note).collect::<Result<_>>()?;
            owner.store("notes", "notes", notes).await;
        }
        tokens.insert("searches", owner.token);
        let mut owner = Owner::new(backends, "unread@example.org").await?;
        let text = json!("😀".repeat(EMOJI));
        let note = json!({ "id": id(0), "title": owner.vault.seal(&json!("x"))?, "content": owner.vault.seal(&text)?,
            "color": null, "isPinned": false, "isArchived": false, "createdAt": TIME, "updatedAt": TIME });
        owner.store("notes", "notes", vec![note]).await;
        tokens.insert("unread", owner.token);
        let owner = Owner::new(backends, "fields@example.org").await?;
        let mut record: Map<String, Value> = (0..FIELDS).map(|number| (number.to_string(), json!(0))).collect();
        record.insert("id".to_owned(), json!(id(0)));
        owner.store("notes", "notes", vec![Value::Object(record)]).await;
        let sync: SocketAddr = backends.sync.trim_start_matches("http://").parse()?;
        let updates = (0..8).map(|batch| update(sync, &owner.token, batch)).collect();
        tokens.insert("fields", owner.token);
        for user in ["space", "bodies"] {
            tokens.insert(user, backends.token(&format!("{user}@example.org")).await);
        }
        let space = backends.space("space@example.org", &["bystander-0@example.org", "bystander-1@example.org"]).await;
        Ok(Self { sync, tokens, space, updates })
    }

    /// Begins to attack that gateway.
    pub(crate) async fn begin(&self, attacks: &[Attack], gateway: &Gateway) -> UnderWay {
        let (mut tasks, answers) = (JoinSet::new(), Answers::default());
        let to = gateway.address;
        for attack in attacks {
            let noted = Noted { answers: Arc::clone(&answers), attack: *attack };
            match attack {
                Attack::Fields => {
                    tasks.spawn(push(self.sync, self.updates.clone(), noted.clone()));
                    let create = json!({ "title": "x" });
                    for (tool, arguments) in
                        [("notes.search", json!({})), ("notes.create", create.clone()), ("notes.create", create)]
                    {
                        let call = self.call(gateway, "fields", tool, arguments).await;
                        tasks.spawn(repeat(to, call.request(to), noted.clone()));
                    }
                }
                Attack::Space => {
                    let arguments = json!({ "title": "x", "content": "😀".repeat(EMOJI) });
                    let call = self.call(gateway, "space", "notes.create", arguments).await;
                    let call = call.with_header("X-Mana-Space", self.space.clone());
                    for _ in 0..4 {
                        tasks.spawn(repeat(to, call.request(to), noted.clone()));
                    }
                }
                Attack::Unread => {
                    let call = self.call(gateway, "unread", "notes.search", json!({})).await;
                    for _ in 0..UNREAD {
                        tasks.spawn(leave_unread(to, call.request(to), noted.clone()));
                    }
                }
                Attack::Bodies => {
                    let token = self.token("bodies");
                    let head = format!(
                        "POST /mcp HTTP/1.1\r\nHost: {to}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
                         Accept: application/json\r\nContent-Length: 100\r\n\r\n{{"
                    );
                    for _ in 0..HALF {
                        tasks.spawn(hold(to, head.clone().into_bytes(), noted.clone()));
                    }
                }
                Attack::Silent => {
                    for _ in 0..SILENT {
                        tasks.spawn(hold(to, Vec::new(), noted.clone()));
                    }
                }
                Attack::Searches => {
                    // Each for something else: equal ones at the same time are one.
                    for number in 0..8 {
                        let arguments = json!({ "query": format!("zz{number}") });
                        let call = self.call(gateway, "searches", "notes.search", arguments).await;
                        tasks.spawn(repeat(to, call.request(to), noted.clone()));
                    }
                }
            }
        }
        UnderWay { _tasks: tasks, answers }
    }

    fn token(&self, user: &str) -> &str {
        self.tokens.get(user).map_or("", String::as_str)
    }

    async fn call(&self, gateway: &Gateway, user: &str, tool: &'static str, arguments: Value) -> Call {
        Call::new(gateway, &Mcp::modern(gateway, self.token(user)).await, tool, arguments)
    }
}

impl UnderWay {
    /// Ends the attacks, and says how they were answered.
    pub(crate) fn end(self) -> String {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let said: Vec<String> = answers.iter().map(|(what, count)| format!("{count} x {what}")).collect();
        said.join(", ")
    }
}

/// Notes how an attack is answered.
#[derive(Clone)]
struct Noted {
    answers: Answers,
    attack: Attack,
}

impl Noted {
    fn note(&self, how: &str) {
        let what = format!("{:?} {how}", self.attack);
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    }
}

/// Updates of one field of the record that has very many.
fn update(sync: SocketAddr, token: &str, batch: usize) -> Vec<u8> {
    let change = |number: usize| {
        let at = format!("2026-05-01T09:{batch:02}:00.{number:03}Z");
        json!({ "table": "notes", "id": id(0), "op": "update", "fields": { "0": { "value": number, "at": at } } })
    };
    let changes: Vec<Value> = (0..UPDATES).map(change).collect();
    let body = json!({ "clientId": "web", "since": "2999-01-01T00:00:00.000Z", "changes": changes }).to_string();
    let authorization = format!("Bearer {token}");
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
    load::request("POST", sync, "/sync/notes", &headers, &body)
}

async fn push(sync: SocketAddr, requests: Vec<Vec<u8>>, noted: Noted) {
    for request in requests.iter().cycle() {
        let pushed = async { Connection::open(sync).await?.exchange(request).await };
        noted.note(if pushed.await.is_ok() { "updates pushed" } else { "updates not pushed" });
        sleep(PAUSE).await;
    }
}

/// Makes a call over and over, each as soon as the one before is answered.
async fn repeat(to: SocketAddr, request: Vec<u8>, noted: Noted) {
    let mut connection = None;
    loop {
        let exchanged = async {
            let mut open = match connection.take() {
                Some(open) => open,
                None => Connection::open(to).await?,
            };
            let answer = open.exchange(&request).await?;
            anyhow::Ok((open, answer))
        };
        match exchanged.await {
            Ok((open, answer)) => {
                let is_refused = answer.body.windows(IS_ERROR.len()).any(|window| window == IS_ERROR);
                let status = answer.status().unwrap_or_default();
                noted.note(&if is_refused { format!("{status} isError") } else { status.to_string() });
                if answer.status() != Some(200) {
                    sleep(PAUSE).await;
                }
                connection = Some(open);
            }
            Err(_) => {
                noted.note("closed");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Asks for an answer and reads its first line alone, until the connection is closed.
async fn leave_unread(to: SocketAddr, request: Vec<u8>, noted: Noted) {
    loop {
        let held = async {
            let socket = TcpSocket::new_v4()?;
            socket.set_recv_buffer_size(4096)?;
            let mut stream = socket.connect(to).await?;
            stream.write_all(&request).await?;
            let mut line = [0; 12];
            stream.read_exact(&mut line).await?;
            let status = String::from_utf8_lossy(&line).split(' ').nth(1).unwrap_or_default().to_owned();
            noted.note(&status);
            if status == "200" {
                // Closed by then.
                sleep(Duration::from_secs(15)).await;
            }
            anyhow::Ok(())
        };
        if held.await.is_err() {
            noted.note("closed");
        }
        sleep(PAUSE).await;
    }
}

/// Sends the beginning of a request, or nothing, and holds the connection until the gateway ends it.
async fn hold(to: SocketAddr, beginning: Vec<u8>, noted: Noted) {
    loop {
        let held = async {
            let mut stream: TcpStream = if beginning.is_empty() {
                let socket = TcpSocket::new_v4()?;
                socket.bind(SocketAddr::new(STRANGER.into(), 0))?;
                socket.connect(to).await?
            } else {
                TcpStream::connect(to).await?
            };
            stream.write_all(&beginning).await?;
            let mut answer = [0; 12];
            let read = timeout(Duration::from_secs(60), stream.read(&mut answer)).await??;
            anyhow::Ok(String::from_utf8_lossy(answer.get(9..read).unwrap_or_default()).into_owned())
        };
        match held.await {
            Ok(status) if !status.is_empty() => noted.note(&status),
            _ => noted.note("closed"),
        }
        sleep(PAUSE).await;
    }
}
