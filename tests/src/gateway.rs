//! The gateway as its users run it: a built program, a data folder of its own, a free port on the
//! loopback interface.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::process::{Child, ChildStderr};

pub(crate) use crate::process::{PATIENCE, clean, collect};
use crate::program::{Program, clock};

/// A running gateway; dropping it kills it.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) program: Program,
    pub(crate) child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) owned: Option<TempDir>,
    pub(crate) log: Arc<Mutex<String>>,
    pub(crate) readers: [Option<tokio::task::JoinHandle<()>>; 2],
    /// Standard error, where nobody reads it.
    pub(crate) stalled: Mutex<Option<ChildStderr>>,
    /// How long it took from the start of the process to the first success of what it was started until.
    pub ready_after: Duration,
}

impl Gateway {
    /// The URL of a path of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the gateway runs")
    }

    /// What it has printed so far, on both streams.
    pub fn log(&self) -> String {
        self.log.lock().expect("no reader panics").clone()
    }

    /// Begins to read what it logs, after `Launch::stall_log`.
    pub fn read_log(&self) {
        let stalled = self.stalled.lock().expect("nobody panics while holding it").take();
        let stream = stalled.expect("nobody reads the log yet");
        tokio::spawn(collect(stream, self.log.clone()));
    }

    /// The memory that it has in use now, in KiB: `VmRSS` of `/proc/<pid>/status`.
    pub fn resident_kib(&self) -> usize {
        self.status("VmRSS")
    }

    /// The most memory that it ever had in use, in KiB: `VmHWM` of `/proc/<pid>/status`.
    pub fn peak_kib(&self) -> usize {
        self.status("VmHWM")
    }

    fn status(&self, field: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the gateway runs");
        let line =
            status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).expect("the field exists");
        line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
    }

    /// Waits until it has printed `text`, and hands back all that it has printed.
    pub async fn printed(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = self.log();
            if log.contains(text) {
                return log;
            }
            assert!(Instant::now() < deadline, "{text:?} was not printed:\n{log}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets the calls from now on be made at that time; of the program [`Program::Examples`] alone.
    pub fn set_clock(&self, time: &str) {
        std::fs::write(clock(&self.data), time).expect("the folder is there");
    }

    /// A token for a user, who is created if they are new: `mana-mcp token --user …`, while the gateway runs.
    pub async fn token(&self, email: &str) -> String {
        let output = self.command(&["token", "--user", email]).await;
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let (printed, complaints) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "no token: {complaints}");
        let token = printed.trim_end();
        assert_eq!(token.split('.').count(), 3, "stdout holds nothing but a token: {printed:?}");
        token.to_owned()
    }

    /// Runs a command of the program on this gateway's data folder and port.
    pub async fn command(&self, arguments: &[&str]) -> Output {
        let mut command = tokio::process::Command::new(self.program.path());
        command.args(arguments).kill_on_drop(true);
        clean(command.as_std_mut(), &self.data).env("PORT", self.address.port().to_string());
        tokio::time::timeout(PATIENCE, command.output()).await.expect("in time").expect("it runs")
    }

    /// Asks it to stop, as an operator does (SIGTERM).
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().expect("kill runs");
        assert!(sent.success(), "the gateway is there to be stopped");
    }

    /// Stops it (SIGTERM) and waits for its end.
    pub async fn stop(self) -> Ended {
        self.terminate();
        self.ended().await
    }

    /// Ends it without a warning (SIGKILL).
    pub async fn kill(mut self) -> Ended {
        self.child.start_kill().expect("the gateway is there to be killed");
        self.ended().await
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> Ended {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = status.unwrap_or_else(|_| panic!("still running after {PATIENCE:?}:\n{}", self.log()));
        for reader in self.readers.into_iter().flatten() {
            reader.await.expect("a reader does not panic");
        }
        let log = self.log.lock().expect("no reader panics").clone();
        assert!(!log.contains("panic"), "the gateway panicked:\n{log}");
        let status = status.expect("the child can be waited for");
        Ended { program: self.program, status, log, data: self.data, owned: self.owned }
    }
}

/// A gateway that has ended.
#[derive(Debug)]
pub struct Ended {
    pub(crate) program: Program,
    /// Its exit status.
    pub status: ExitStatus,
    /// All that it printed, on both streams.
    pub log: String,
    pub(crate) data: PathBuf,
    pub(crate) owned: Option<TempDir>,
}

impl Ended {
    /// Its data folder, which is there for as long as this value.
    pub fn data(&self) -> &Path {
        &self.data
    }
}
