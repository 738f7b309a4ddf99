//! A real `redis-server` on a free port, which can be killed and brought back.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::process::Child;

use crate::process::{PATIENCE, free_port};

/// A server without a disk: what it knew is gone when it is killed. Dropping it kills it.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    folder: TempDir,
    child: Mutex<Option<Child>>,
}

impl Redis {
    /// Starts one, and waits until it takes connections.
    pub async fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let redis = Self { port: free_port(), folder, child: Mutex::default() };
        redis.restart().await;
        redis
    }

    /// Its `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it without a warning (SIGKILL).
    pub async fn kill(&self) {
        let mut child = self.child().take().expect("the server runs");
        child.kill().await.expect("the server is there to be killed");
    }

    /// Starts it again, at the same port and with nothing in it.
    pub async fn restart(&self) {
        let mut command = tokio::process::Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().expect("redis-server is installed: `cargo xtask ci servers`");
        *self.child() = Some(child);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).is_err() {
            assert!(Instant::now() < deadline, "redis-server takes no connections");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets it hang, with its connections open.
    pub fn hang(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child().as_ref().and_then(Child::id).expect("the server runs");
        let sent = Command::new("kill").args([signal, &pid.to_string()]).status().expect("kill runs");
        assert!(sent.success(), "the server is there to be told");
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().expect("nobody panics with it")
    }
}
