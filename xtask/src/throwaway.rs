//! A gateway that is thrown away: a program of its own over an empty folder, on a free port.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// A gateway that is not ready by then never will be.
const START: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_millis(50);
/// Short beside the start of a gateway, which is measured so.
const POLL: Duration = Duration::from_millis(1);

/// A running gateway; it ends when this is dropped, and its data go with it.
pub(crate) struct Gateway {
    child: Child,
    /// From its start to its first success of `/ready`.
    pub(crate) ready_after: Duration,
    binary: PathBuf,
    address: SocketAddr,
    data: tempfile::TempDir,
}

impl Gateway {
    /// Starts the program over an empty folder.
    ///
    /// # Errors
    /// It does not start, or is not ready in time.
    pub(crate) fn start(binary: &Path) -> anyhow::Result<Self> {
        let data = tempfile::tempdir().context("there is no room for the data")?;
        // The port is free again for the gateway as soon as its number is known.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr())?;
        let mut serve = command(binary, address, data.path());
        serve.arg("serve").stdin(Stdio::null()).stdout(Stdio::null());
        let started = Instant::now();
        let child = serve.spawn().with_context(|| format!("{} does not start", binary.display()))?;
        let mut gateway = Self { child, ready_after: Duration::ZERO, binary: binary.to_owned(), address, data };
        while !gateway.is_ready() {
            if let Some(status) = gateway.child.try_wait()? {
                bail!("the gateway ended at once: {status}");
            }
            ensure!(started.elapsed() < START, "the gateway is not ready after {} s", START.as_secs());
            thread::sleep(POLL);
        }
        gateway.ready_after = started.elapsed();
        Ok(gateway)
    }

    /// Its resident memory in KiB, as Linux tells it.
    ///
    /// # Errors
    /// Nobody tells it.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    fn is_ready(&self) -> bool {
        let answer = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect_timeout(&self.address, CONNECT)?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            write!(stream, "GET /ready HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
            let mut head = [0; 12];
            stream.read_exact(&mut head)?;
            Ok(String::from_utf8_lossy(&head).into_owned())
        };
        answer().is_ok_and(|head| head.ends_with("200"))
    }

    /// The program, to be run as its user: as a client of the running one.
    pub(crate) fn command(&self) -> Command {
        command(&self.binary, self.address, self.data.path())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It has nothing that is worth a drain.
        let _ = self.child.kill().and_then(|()| self.child.wait().map(drop));
    }
}

/// The gateway's program with nothing of the developer's own settings: a throw-away never reaches a real service.
fn command(binary: &Path, address: SocketAddr, data: &Path) -> Command {
    let mut command = Command::new(binary);
    command.env_clear().env("PORT", address.port().to_string()).env("DATA_DIR", data).env("LOG", "warn");
    // Destructive tools are tried too.
    command.env("POLICY_MODE", "off");
    command
}
