//! Ready-made settings for the usual clients.

use std::{fmt::Write, net::SocketAddr, path::Path};

use serde_json::{Value, json};
use url::Url;

use super::{reachable, style};

/// How a client reaches this gateway.
pub(super) struct Connection<'a> {
    pub(super) address: SocketAddr,
    /// The address under which others know the gateway.
    pub(super) public_url: Option<&'a Url>,
    /// Absent where tokens come from an identity service of its own.
    pub(super) token: Option<&'a str>,
    /// Where the standalone services keep their data.
    pub(super) data: Option<&'a Path>,
}

impl Connection<'_> {
    /// What to tell the person who started the gateway.
    pub(super) fn describe(&self, coloured: bool) -> String {
        let url = self.url();
        let authorization = format!("Bearer {}", self.token.unwrap_or("<token>"));
        let claude_code =
            format!("claude mcp add --transport http mana {url} --header \"Authorization: {authorization}\"");
        let headers = json!({ "Authorization": authorization });
        let sections = [
            ("Claude Code", claude_code),
            ("Claude Desktop (claude_desktop_config.json)", pretty(&self.through_bridge(&authorization))),
            (
                "Cursor (~/.cursor/mcp.json)",
                pretty(&json!({ "mcpServers": { "mana": { "url": url, "headers": headers } } })),
            ),
            (
                "VS Code (.vscode/mcp.json)",
                pretty(&json!({ "servers": { "mana": { "type": "http", "url": url, "headers": headers } } })),
            ),
        ];
        // Writing to a string does not fail.
        let mut text = format!("mana-mcp {} is ready at {url}\n", env!("CARGO_PKG_VERSION"));
        text.push_str(match self.token {
            Some(_) => {
                "Running standalone. Paste one of these; the token is good for 30 days, `mana-mcp help token` tells of others.\n"
            }
            None => "Put a token of the identity service in place of <token>.\n",
        });
        if let Some(data) = self.data {
            let _ = writeln!(text, "Everything is kept in {}.", data.display());
        }
        for (title, snippet) in sections {
            let _ = write!(text, "\n{}\n{snippet}\n", style::heading(title, coloured));
        }
        text
    }

    /// The address to give to a client.
    fn url(&self) -> String {
        if let Some(url) = self.public_url {
            return format!("{}/mcp", url.as_str().trim_end_matches('/'));
        }
        format!("http://{}/mcp", reachable(self.address))
    }

    /// Claude Desktop starts programs; this one speaks HTTP for it. The header comes from a variable because an argument
    /// with a space in it is torn apart on Windows.
    fn through_bridge(&self, authorization: &str) -> Value {
        json!({ "mcpServers": { "mana": {
            "command": "npx",
            "args": ["-y", "mcp-remote", self.url(), "--header", "Authorization:${MANA_AUTHORIZATION}"],
            "env": { "MANA_AUTHORIZATION": authorization },
        } } })
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}
