//! The gateway as its users run it: a built program, a data folder of its own, a free port on the
//! loopback interface.

use std::ffi::OsString;
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU16, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, ChildStderr},
};

/// How long a start, a stop or a command may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate stands in the repository")
}

/// Which program runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Program {
    /// The gateway with the fixture catalog (`tests/fixture`): the real catalog may change without
    /// breaking a test.
    #[default]
    Fixture,
    /// The program that users run, with the real catalog: for tests about either of them.
    Shipped,
    /// The fixture program with the real catalog: for its examples, which say when they are made.
    Examples,
}

impl Program {
    /// Where it is.
    pub fn path(self) -> &'static Path {
        static FIXTURE: OnceLock<PathBuf> = OnceLock::new();
        static SHIPPED: OnceLock<PathBuf> = OnceLock::new();
        match self {
            Self::Fixture | Self::Examples => FIXTURE.get_or_init(|| {
                let built = std::env::var_os("CARGO_BIN_EXE_mana-mcp-fixture");
                PathBuf::from(built.expect("`cargo test` builds the fixture program and says where it is"))
            }),
            Self::Shipped => {
                SHIPPED.get_or_init(|| std::env::var_os("MANA_MCP_BIN").map_or_else(build_shipped, PathBuf::from))
            }
        }
    }

    /// What it must be told when it starts.
    pub(crate) fn environment(self, data: &Path) -> Vec<(&'static str, OsString)> {
        match self {
            Self::Fixture | Self::Shipped => Vec::new(),
            Self::Examples => vec![("TEST_CATALOG", "shipped".into()), ("TEST_CLOCK", clock(data).into())],
        }
    }

    /// The tools that it serves where no service of the catalog has an address, by name, as `tools --json` prints them.
    pub fn tools(self) -> Vec<Value> {
        let output = Command::new(self.path()).args(["tools", "--json"]).env_clear().output().expect("it runs");
        assert!(output.status.success(), "no tools: {}", String::from_utf8_lossy(&output.stderr));
        let mut tools: Vec<Value> = serde_json::from_slice(&output.stdout).expect("the tools are JSON");
        tools.retain(|tool| tool.get("notServed").is_none());
        tools
    }

    /// The names of the tools that it serves, in order.
    pub fn tool_names(self) -> Vec<String> {
        self.tools().iter().map(|tool| tool["name"].as_str().expect("a tool has a name").to_owned()).collect()
    }
}

/// Builds the shipped program, so that it is never an old one.
fn build_shipped() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--package", "mana-mcp", "--bin", "mana-mcp", "--message-format", "json-render-diagnostics"])
        .current_dir(repository())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "the gateway does not build");
    let messages = String::from_utf8(built.stdout).expect("cargo prints UTF-8");
    let executable = messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message["executable"].as_str()?))
    });
    executable.expect("cargo names the binary")
}

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

/// A running gateway; dropping it kills it.
#[derive(Debug)]
pub struct Gateway {
    program: Program,
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    data: PathBuf,
    owned: Option<TempDir>,
    log: Arc<Mutex<String>>,
    readers: [Option<tokio::task::JoinHandle<()>>; 2],
    /// Standard error, where nobody reads it.
    stalled: Mutex<Option<ChildStderr>>,
    /// How long it took from the start of the process to the first success of what it was started until.
    pub ready_after: Duration,
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

    /// Begins to read what it logs, after [`Launch::stall_log`].
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
        let mut command = tokio::process::Command::new(self.program.path());
        command.args(["token", "--user", email]).kill_on_drop(true);
        clean(command.as_std_mut(), &self.data).env("PORT", self.address.port().to_string());
        let output = tokio::time::timeout(PATIENCE, command.output()).await.expect("in time").expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let (printed, complaints) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "no token: {complaints}");
        let token = printed.trim_end();
        assert_eq!(token.split('.').count(), 3, "stdout holds nothing but a token: {printed:?}");
        token.to_owned()
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
    program: Program,
    /// Its exit status.
    pub status: ExitStatus,
    /// All that it printed, on both streams.
    pub log: String,
    data: PathBuf,
    owned: Option<TempDir>,
}

impl Ended {
    /// Its data folder, which is there for as long as this value.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The same program over the same data folder, about to start again.
    pub fn relaunch(self) -> Launch {
        Launch { program: self.program, owned: self.owned, ..Launch::over(&self.data) }
    }

    /// Starts the same program over the same data folder.
    pub async fn restart(self) -> Gateway {
        self.relaunch().start().await
    }
}

/// Where the time of calls stands.
fn clock(data: &Path) -> PathBuf {
    data.with_extension("clock")
}

/// An environment that holds nothing of the developer's own.
pub(crate) fn clean<'a>(command: &'a mut Command, data: &Path) -> &'a mut Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("DATA_DIR", data)
}

pub(crate) async fn collect(mut stream: impl AsyncRead + Unpin, log: Arc<Mutex<String>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        log.lock().expect("no reader panics").push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
}

/// A port that nobody uses: below those that the system hands to outgoing connections, each tried once by this process.
pub(crate) fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() * 97 % u32::from(COUNT)) as u16;
    loop {
        let port = FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
