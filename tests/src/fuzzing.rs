//! Fuzz targets: readers of what strangers, other users and other services send. Each takes any bytes, and panics where what
//! it promises does not hold. They run under libFuzzer (`fuzz/`, a nightly compiler, guided by coverage) and in a bounded
//! run on any compiler (`cargo xtask fuzz`).

use std::{net::SocketAddr, sync::LazyLock, time::Duration};

use mana_mcp::{
    app,
    config::Config,
    fuzzing::{self, SessionIds},
};
use mana_mcp_replica::read_page;
use mana_mcp_runtime::crypto::{FieldCipher, MasterKey};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
};

/// A target, by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 6] =
    [("message", message), ("page", page), ("enc1", enc1), ("session", session), ("token", token), ("http", http)];

/// A JSON-RPC message.
pub fn message(bytes: &[u8]) {
    fuzzing::message(bytes);
}

/// A page of the sync log, in one piece and in many: both are read alike.
pub fn page(bytes: &[u8]) {
    let read = |size: usize| {
        let mut rows = 0_usize;
        let end = read_page(bytes.chunks(size.max(1)), |_| rows += 1);
        (end, rows)
    };
    assert_eq!(read(bytes.len()), read(7));
}

/// An encrypted field. What was not sealed under the key does not open, and what was comes back.
pub fn enc1(bytes: &[u8]) {
    static CIPHER: LazyLock<FieldCipher> = LazyLock::new(|| FieldCipher::new(&MasterKey::new([7; 32])));
    let text = String::from_utf8_lossy(bytes);
    assert!(CIPHER.open(&format!("enc:1:{text}")).is_err());
    drop(CIPHER.open(&text));
    let value = serde_json::from_slice(bytes).unwrap_or_else(|_| text.into_owned().into());
    if let Ok(sealed) = CIPHER.seal(&value) {
        assert_eq!(CIPHER.open(&sealed).expect("what was sealed opens").expose(), &value);
    }
}

/// A session id.
pub fn session(bytes: &[u8]) {
    static SESSIONS: LazyLock<SessionIds> = LazyLock::new(SessionIds::default);
    SESSIONS.open(&String::from_utf8_lossy(bytes));
}

/// A bearer token.
pub fn token(bytes: &[u8]) {
    fuzzing::token(&String::from_utf8_lossy(bytes));
}

/// Bytes on a connection to a gateway in this process. `{token}` in them stands for a good token, and `{host}` for its
/// address. The gateway answers in time, never with 500, and is alive afterwards.
pub fn http(bytes: &[u8]) {
    static SURFACE: LazyLock<Surface> = LazyLock::new(Surface::start);
    SURFACE.exchange(bytes);
}

/// A gateway in this process.
struct Surface {
    runtime: Runtime,
    address: SocketAddr,
    token: String,
    _data: TempDir,
}

/// A connection on which nothing happens any more ends after 30 s at the latest.
const LONGEST: Duration = Duration::from_secs(40);

impl Surface {
    fn start() -> Self {
        let data = TempDir::new().expect("a temporary folder can be made");
        let folder = data.path().join("data").to_str().expect("its name is Unicode").to_owned();
        let environment =
            std::collections::BTreeMap::from([("DATA_DIR", folder.as_str()), ("PORT", "0"), ("LOG", "off")]);
        let config = Config::read(&environment, &mana_mcp_fixture::CATALOG).expect("the settings are good");
        let runtime = Runtime::new().expect("a runtime can be started");
        let running = runtime.block_on(app::start(config, &mana_mcp_fixture::CATALOG)).expect("the gateway starts");
        let standalone = running.standalone().expect("the services are in this process");
        let token = standalone.issue_token("ada@example.org", Duration::from_secs(86_400)).expect("a token");
        let address = running.address();
        // It serves until the process ends.
        runtime.spawn(running.until(std::future::pending()));
        Self { runtime, address, token, _data: data }
    }

    fn exchange(&self, bytes: &[u8]) {
        let request = replaced(replaced(bytes.to_vec(), "{token}", &self.token), "{host}", &self.address.to_string());
        let answer = self.runtime.block_on(async { tokio::time::timeout(LONGEST, self.send(&request)).await });
        let answer = answer.expect("the connection ends in time");
        assert!(!answer.starts_with(b"HTTP/1.1 500"), "{}", String::from_utf8_lossy(&answer));
        let probe = format!("GET /health HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        let alive = self.runtime.block_on(async { tokio::time::timeout(LONGEST, self.ask(probe.as_bytes())).await });
        let alive = alive.expect("the gateway is alive");
        assert!(alive.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&alive));
    }

    /// Sends all of it and ends its side, and reads until the gateway closes. A request that is under way by then may be
    /// given up: its client is gone, to hyper.
    async fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).await.expect("the gateway listens");
        // It may have refused and closed before all was sent.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        rest(stream).await
    }

    /// Sends a request that asks for the end of the connection, and reads until then.
    async fn ask(&self, request: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).await.expect("the gateway listens");
        stream.write_all(request).await.expect("the gateway reads");
        rest(stream).await
    }
}

async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

fn replaced(bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let Some(at) = bytes.windows(from.len()).position(|window| window == from.as_bytes()) else { return bytes };
    let (before, rest) = bytes.split_at(at);
    [before, to.as_bytes(), &rest[from.len()..]].concat()
}

/// The targets by their names.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|(known, _)| *known == name)
}
