//! `cargo xtask try`: calls tools on a gateway that is built from the working tree and thrown away afterwards.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::workspace;

/// A gateway that is not ready by then never will be.
const START: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

/// Call tools on a gateway that is thrown away afterwards
///
/// Builds the gateway, starts it in standalone mode over an empty folder, makes the calls one after the other, prints
/// each result, and ends it. Run `cargo xtask gen` first: what is called is what was generated.
///
/// Examples:
///   cargo xtask try todo.create '{"title":"Buy milk"}'
///   cargo xtask try todo.create '{"title":"Buy milk"}' todo.list
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Names of tools, each with its arguments as a JSON object; none means {}
    #[arg(required = true, value_name = "TOOL [JSON]")]
    calls: Vec<String>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let calls = calls(&args.calls)?;
    let root = workspace::root()?;
    let mut build = Command::new("cargo");
    build.args(["build", "--quiet", "--package", "mana-mcp", "--bin", "mana-mcp"]).current_dir(&root);
    ensure!(build.status().context("cannot run cargo")?.success(), "the gateway does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let gateway = Gateway::start(&target.join("debug/mana-mcp"))?;
    for (tool, arguments) in calls {
        let status = gateway.command().args(["call", tool, arguments]).status().context("the call cannot be made")?;
        if !status.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Tools with their arguments: a JSON object belongs to the name before it.
fn calls(words: &[String]) -> anyhow::Result<Vec<(&str, &str)>> {
    let mut calls: Vec<(&str, Option<&str>)> = Vec::new();
    for word in words {
        let is_json = word.trim_start().starts_with('{');
        match (is_json, calls.last_mut()) {
            (true, Some((_, arguments @ None))) => *arguments = Some(word),
            (true, _) => bail!("`{word}` stands behind no tool"),
            (false, _) => calls.push((word, None)),
        }
    }
    Ok(calls.into_iter().map(|(tool, arguments)| (tool, arguments.unwrap_or("{}"))).collect())
}

/// A running gateway; it ends when this is dropped, and its data go with it.
struct Gateway {
    child: Child,
    binary: std::path::PathBuf,
    address: SocketAddr,
    data: tempfile::TempDir,
}

impl Gateway {
    fn start(binary: &Path) -> anyhow::Result<Self> {
        let data = tempfile::tempdir().context("there is no room for the data")?;
        // The port is free again for the gateway as soon as its number is known.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr())?;
        let mut serve = command(binary, address, data.path());
        serve.arg("serve").stdin(Stdio::null()).stdout(Stdio::null());
        let child = serve.spawn().with_context(|| format!("{} does not start", binary.display()))?;
        let mut gateway = Self { child, binary: binary.to_owned(), address, data };
        let started = Instant::now();
        while !gateway.is_ready() {
            if let Some(status) = gateway.child.try_wait()? {
                bail!("the gateway ended at once: {status}");
            }
            ensure!(started.elapsed() < START, "the gateway is not ready after {} s", START.as_secs());
            thread::sleep(POLL);
        }
        Ok(gateway)
    }

    fn is_ready(&self) -> bool {
        let answer = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect_timeout(&self.address, POLL)?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            write!(stream, "GET /ready HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
            let mut head = [0; 12];
            stream.read_exact(&mut head)?;
            Ok(String::from_utf8_lossy(&head).into_owned())
        };
        answer().is_ok_and(|head| head.ends_with("200"))
    }

    fn command(&self) -> Command {
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
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_belong_to_the_tool_before_them() {
        let words = |text: &[&str]| text.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let given = words(&["a.b", r#"{"x":1}"#, "c.d", "e.f", " {}"]);
        assert_eq!(calls(&given).unwrap(), [("a.b", r#"{"x":1}"#), ("c.d", "{}"), ("e.f", " {}")]);
        assert!(calls(&words(&["{}"])).is_err() && calls(&words(&["a.b", "{}", "{}"])).is_err());
    }
}
