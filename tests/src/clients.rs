//! The official clients: where they are installed, how they are started, what they print.

use std::{path::PathBuf, process::Stdio, time::Duration};

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::{Gateway, Revision, repository};

/// A client that runs as a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// `@modelcontextprotocol/client` 2.x.
    TypeScript,
    /// `@modelcontextprotocol/sdk` 1.x, which knows revisions up to 2025-11-25.
    TypeScriptSdk,
    /// Python's `mcp` 2.x.
    Python,
}

/// What a client prints: the calls of `clients/calls.json` and what came of them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Summary {
    /// The revision that client and gateway agreed on.
    pub protocol_version: String,
    /// The names of the listed tools, in the list's order.
    pub tools: Vec<String>,
    /// One for each call.
    pub calls: Vec<Call>,
}

/// One call of a client.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Call {
    /// The tool's name.
    pub tool: String,
    /// Whether the tool failed.
    pub is_error: bool,
    /// The structured content.
    pub structured: Value,
    /// The text content.
    pub text: Option<String>,
}

/// The folder of the clients.
pub fn folder() -> PathBuf {
    repository().join("tests/clients")
}

/// The calls that every client makes.
pub fn calls() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("calls.json")).expect("the calls are there");
    serde_json::from_str(&text).expect("the calls are JSON")
}

/// A program of an installed client, with `installed` as the proof that it is installed.
pub fn program(name: &str, installed: &str) -> Command {
    let proof = folder().join(installed);
    assert!(proof.exists(), "{} is missing: `cargo xtask ci clients` installs it", proof.display());
    let mut command = Command::new(name);
    command.current_dir(folder()).stdin(Stdio::null()).kill_on_drop(true);
    command
}

impl Client {
    /// Runs the client against `gateway`.
    pub async fn run(self, gateway: &Gateway, token: &str, revision: Revision) -> Summary {
        let mut command = match self {
            Self::TypeScript => {
                let mut node = program("node", "ts/node_modules/@modelcontextprotocol/client");
                node.arg("ts/client.mjs");
                node
            }
            Self::TypeScriptSdk => {
                let mut node = program("node", "ts/node_modules/@modelcontextprotocol/sdk");
                node.arg("ts/sdk.mjs");
                node
            }
            Self::Python => {
                let python = folder().join("python/.venv/bin/python");
                let mut python = program(python.to_str().expect("a plain path"), "python/.venv/bin/python");
                python.arg("python/client.py");
                python
            }
        };
        let command = command.env("MCP_URL", gateway.url("/mcp")).env("MCP_TOKEN", token);
        let output = command.env("MCP_REVISION", revision.as_str()).output();
        let output = tokio::time::timeout(Duration::from_secs(120), output).await.expect("the client ends");
        let output = output.expect("the client starts");
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{self:?} failed: {complaints}\n{}", gateway.log());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{self:?} printed no summary ({error}): {}\n{complaints}", String::from_utf8_lossy(&output.stdout))
        })
    }
}
