//! The programs that tests run: where each is, and which tools it serves.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

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

/// Where the time of calls stands.
pub(crate) fn clock(data: &Path) -> PathBuf {
    data.with_extension("clock")
}
