//! The start of a gateway: its program, its environment and its data folder.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    gateway::{Ended, Gateway},
    process::{PATIENCE, clean, collect, free_port},
    program::Program,
};

/// A gateway that is about to start.
#[derive(Debug)]
pub struct Launch {
    program: Program,
    environment: Vec<(String, String)>,
    data: PathBuf,
    owned: Option<TempDir>,
    port: u16,
    wrapper: Option<Vec<String>>,
    log: Log,
}

/// Where what the gateway prints goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    Kept,
    Discarded,
    /// Standard error is a pipe that nobody reads until [`Gateway::read_log`].
    Stalled,
}

impl Launch {
    /// The fixture program with a new data folder.
    pub fn new() -> Self {
        Self::of(Program::Fixture)
    }

    /// The shipped program with a new data folder.
    pub fn shipped() -> Self {
        Self::of(Program::Shipped)
    }

    /// A program with a new data folder.
    pub fn of(program: Program) -> Self {
        let owned = TempDir::new().expect("a temporary folder can be made");
        let over = Self::over(&owned.path().join("data"));
        Self { program, owned: Some(owned), ..over }
    }

    /// The fixture program with a data folder that is there already and outlives the gateway.
    pub fn over(data: &Path) -> Self {
        Self {
            program: Program::Fixture,
            environment: Vec::new(),
            data: data.to_owned(),
            owned: None,
            port: free_port(),
            wrapper: None,
            log: Log::Kept,
        }
    }

    /// Sets one variable of the gateway's environment, which is otherwise empty but for `PATH`, `PORT` and `DATA_DIR`.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl ToString) -> Self {
        self.environment.push((name.to_owned(), value.to_string()));
        self
    }

    /// Listens on this port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// No file may grow beyond this size: a full disk, for a process.
    #[must_use]
    pub fn limit_file_kib(mut self, kib: u64) -> Self {
        // The signal that comes with a write beyond the limit is ignored: the write fails, as on a full disk.
        let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
        self.wrapper = Some(vec!["bash".to_owned(), "-c".to_owned(), script]);
        self
    }

    /// Does not keep what the gateway prints, so that a benchmark does not measure the reader of a log.
    #[must_use]
    pub fn discard_log(mut self) -> Self {
        self.log = Log::Discarded;
        self
    }

    /// Does not read what the gateway logs until [`Gateway::read_log`].
    #[must_use]
    pub fn stall_log(mut self) -> Self {
        self.log = Log::Stalled;
        self
    }

    /// Runs on this many threads, as on a machine with this many processors.
    #[must_use]
    pub fn threads(self, count: usize) -> Self {
        self.env("TOKIO_WORKER_THREADS", count)
    }

    /// Permissions of files hold for the gateway, also where root runs the tests.
    #[must_use]
    pub fn without_override(mut self) -> Self {
        let drop =
            ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"];
        self.wrapper = Some(drop.map(str::to_owned).to_vec());
        self
    }

    /// Starts `mana-mcp serve` and waits until it is ready.
    pub async fn start(self) -> Gateway {
        self.start_until("/ready").await
    }

    /// Starts `mana-mcp serve` and waits until it is alive; it may lack its services.
    pub async fn start_alive(self) -> Gateway {
        self.start_until("/health").await
    }

    async fn start_until(self, path: &str) -> Gateway {
        let started = Instant::now();
        let mut gateway = self.spawn();
        let url = gateway.url(path);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok(answer) = crate::http().get(&url).send().await
                && answer.status().is_success()
            {
                gateway.ready_after = started.elapsed();
                return gateway;
            }
            let ended = gateway.child.try_wait().expect("the child can be asked");
            assert!(ended.is_none(), "the gateway ended ({ended:?}) instead of serving:\n{}", gateway.log());
            assert!(Instant::now() < deadline, "no {path} after {PATIENCE:?}:\n{}", gateway.log());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Starts `mana-mcp serve` where it must refuse to start, and waits for its end.
    pub async fn refused(self) -> Ended {
        let ended = self.spawn().ended().await;
        assert!(!ended.status.success(), "the gateway ended as if all were well:\n{}", ended.log);
        ended
    }

    fn spawn(self) -> Gateway {
        let mut command = match self.wrapper.as_deref() {
            Some([program, arguments @ ..]) => {
                let mut command = tokio::process::Command::new(program);
                command.args(arguments).arg(self.program.path());
                command
            }
            _ => tokio::process::Command::new(self.program.path()),
        };
        command.arg("serve");
        let environment = self.program.environment(&self.data);
        clean(command.as_std_mut(), &self.data).env("PORT", self.port.to_string()).envs(environment);
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        let output = || match self.log {
            Log::Kept | Log::Stalled => Stdio::piped(),
            Log::Discarded => Stdio::null(),
        };
        command.stdin(Stdio::null()).stdout(output()).stderr(output()).kill_on_drop(true);
        let mut child = command.spawn().expect("the binary starts");
        let log = Arc::new(Mutex::new(String::new()));
        let stalled = if self.log == Log::Stalled { child.stderr.take() } else { None };
        let readers = [
            child.stdout.take().map(|stream| tokio::spawn(collect(stream, log.clone()))),
            child.stderr.take().map(|stream| tokio::spawn(collect(stream, log.clone()))),
        ];
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let (program, ready_after) = (self.program, Duration::ZERO);
        Gateway {
            program,
            child,
            address,
            data: self.data,
            owned: self.owned,
            log,
            readers,
            stalled: Mutex::new(stalled),
            ready_after,
        }
    }
}

impl Default for Launch {
    fn default() -> Self {
        Self::new()
    }
}

impl Gateway {
    /// Starts the fixture program with the defaults: standalone, a new data folder.
    pub async fn start() -> Self {
        Launch::new().start().await
    }

    /// Starts the shipped program with the defaults.
    pub async fn start_shipped() -> Self {
        Launch::shipped().start().await
    }
}

impl Ended {
    /// The same program over the same data folder, about to start again.
    pub fn relaunch(self) -> Launch {
        Launch { program: self.program, owned: self.owned, ..Launch::over(&self.data) }
    }

    /// Starts the same program over the same data folder.
    pub async fn restart(self) -> Gateway {
        self.relaunch().start().await
    }
}
