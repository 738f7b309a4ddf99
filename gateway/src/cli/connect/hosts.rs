//! The hosts, and how each is set up.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};
use url::Url;

/// What the gateway is called in the settings of hosts.
const NAME: &str = "mana";

/// A program that connects to MCP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Host {
    /// Claude Code
    ClaudeCode,
    /// Codex
    Codex,
    /// Gemini CLI
    Gemini,
    /// Visual Studio Code
    Vscode,
    /// Claude Desktop, over stdio
    ClaudeDesktop,
    /// Cursor
    Cursor,
    /// opencode
    Opencode,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    Add,
    Remove,
}

/// What the configuration of hosts says.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The endpoint, with the space.
    pub(super) url: Url,
    pub(super) space: Option<String>,
    /// This program, for hosts that start programs.
    pub(super) program: PathBuf,
    /// Where the data are, where the environment says so.
    pub(super) data_dir: Option<PathBuf>,
}

/// Where settings are.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    pub(super) home: PathBuf,
    pub(super) config: PathBuf,
}

/// How a host is set up.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Way {
    /// It does so itself.
    Command(Vec<String>),
    /// In its file.
    File {
        path: PathBuf,
        /// The names that lead to the entry.
        place: Vec<&'static str>,
        entry: Value,
    },
}

impl Host {
    pub(super) const ALL: [Self; 7] =
        [Self::ClaudeCode, Self::Codex, Self::Gemini, Self::Vscode, Self::ClaudeDesktop, Self::Cursor, Self::Opencode];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::Codex => "Codex",
            Self::Gemini => "Gemini CLI",
            Self::Vscode => "VS Code",
            Self::ClaudeDesktop => "Claude Desktop",
            Self::Cursor => "Cursor",
            Self::Opencode => "opencode",
        }
    }

    /// Its name on the command line.
    pub(super) fn argument(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Vscode => "vscode",
            Self::ClaudeDesktop => "claude-desktop",
            Self::Cursor => "cursor",
            Self::Opencode => "opencode",
        }
    }

    /// What the person does next.
    pub(super) fn next(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Run `claude mcp login mana`, or type /mcp in `claude`.",
            Self::Codex => "If the browser did not open, run `codex mcp login mana`.",
            Self::Gemini => "Start `gemini` and type /mcp auth mana.",
            Self::Vscode => "VS Code opens the browser when it starts the server (Command Palette: MCP: List Servers).",
            Self::ClaudeDesktop => "Restart Claude Desktop. It works with your data without signing in.",
            Self::Cursor => "Open Cursor's settings, MCP, and sign in to mana.",
            Self::Opencode => "Run `opencode mcp auth mana`.",
        }
    }

    pub(super) fn way(self, aim: Aim, entry: &Entry, folders: &Folders) -> Way {
        let url = entry.url.as_str();
        let command = |words: &[&str]| Way::Command(words.iter().map(|word| (*word).to_owned()).collect());
        let file = |path: PathBuf, place: &str, entry: Value| {
            let place = match place {
                "mcp" => vec!["mcp", NAME],
                "servers" => vec!["servers", NAME],
                _ => vec!["mcpServers", NAME],
            };
            Way::File { path, place, entry }
        };
        match (self, aim) {
            (Self::ClaudeCode, Aim::Add) => {
                command(&["claude", "mcp", "add", "--scope", "user", "--transport", "http", NAME, url])
            }
            (Self::ClaudeCode, Aim::Remove) => command(&["claude", "mcp", "remove", "--scope", "user", NAME]),
            (Self::Codex, Aim::Add) => command(&["codex", "mcp", "add", NAME, "--url", url]),
            (Self::Codex, Aim::Remove) => command(&["codex", "mcp", "remove", NAME]),
            (Self::Gemini, Aim::Add) => {
                command(&["gemini", "mcp", "add", "--scope", "user", "--transport", "http", NAME, url])
            }
            (Self::Gemini, Aim::Remove) => command(&["gemini", "mcp", "remove", "--scope", "user", NAME]),
            (Self::Vscode, Aim::Add) => {
                let server = json!({ "name": NAME, "type": "http", "url": url });
                command(&["code", "--add-mcp", &server.to_string()])
            }
            // Its command only adds.
            (Self::Vscode, Aim::Remove) => file(folders.application("Code/User/mcp.json"), "servers", Value::Null),
            (Self::ClaudeDesktop, _) => {
                file(folders.application("Claude/claude_desktop_config.json"), "mcpServers", entry.of_program())
            }
            (Self::Cursor, _) => file(folders.home.join(".cursor/mcp.json"), "mcpServers", json!({ "url": url })),
            (Self::Opencode, _) => {
                let server = json!({ "type": "remote", "url": url, "enabled": true });
                file(folders.config.join("opencode/opencode.json"), "mcp", server)
            }
        }
    }
}

impl Entry {
    /// For hosts that start a program.
    fn of_program(&self) -> Value {
        let mut arguments = vec!["stdio".to_owned()];
        if let Some(folder) = &self.data_dir {
            arguments.extend(["--data-dir".to_owned(), folder.display().to_string()]);
        }
        if let Some(space) = &self.space {
            arguments.extend(["--space".to_owned(), space.clone()]);
        }
        json!({ "command": self.program.display().to_string(), "args": arguments })
    }
}

impl Folders {
    /// Where applications with windows keep their settings.
    fn application(&self, path: &str) -> PathBuf {
        if cfg!(target_os = "macos") {
            self.home.join("Library/Application Support").join(path)
        } else {
            self.config.join(path)
        }
    }
}
