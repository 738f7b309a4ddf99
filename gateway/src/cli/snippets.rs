//! Ready-made settings for the usual clients.

use std::{fmt::Write, net::SocketAddr, path::Path};

use serde_json::{Value, json};
use url::Url;

use super::{connect::one_lines, here::reachable, open::spaced, style};

/// How a client reaches this gateway.
pub(super) struct Connection<'a> {
    pub(super) address: SocketAddr,
    /// The address under which others know the gateway.
    pub(super) public_url: Option<&'a Url>,
    /// Absent where tokens come from an identity service of its own.
    pub(super) token: Option<&'a str>,
    /// What the browser asks for, where the gateway issues tokens by itself.
    pub(super) code: Option<&'a str>,
    /// Where the standalone services keep their data.
    pub(super) data: Option<&'a Path>,
}

impl Connection<'_> {
    /// What to tell the person who started the gateway.
    pub(super) fn describe(&self, coloured: bool) -> String {
        // Writing to a string does not fail.
        let mut text = format!("mana-mcp {} is ready at {}\n", env!("CARGO_PKG_VERSION"), self.url());
        if let Some(data) = self.data {
            let _ = writeln!(text, "Running standalone. Everything is kept in {}.", data.display());
        }
        if let Some(code) = self.code {
            self.describe_signing_in(&mut text, code, coloured);
        }
        self.describe_tokens(&mut text, coloured);
        text
    }

    /// For hosts that sign in: one line each, and what the browser asks for.
    fn describe_signing_in(&self, text: &mut String, code: &str, coloured: bool) {
        let title = style::heading("Connect a program with one line; your browser asks what it may do", coloured);
        let _ = writeln!(text, "\n{title}");
        let lines = Url::parse(&self.url()).map(|url| one_lines(&url)).unwrap_or_default();
        for (host, line) in lines {
            let _ = writeln!(text, "{host:>16}  {line}");
        }
        let code = style::heading(&spaced(code), coloured);
        let _ = writeln!(text, "The browser asks for this code once: {code}  (`mana-mcp open` has others.)");
    }

    /// For hosts that do not.
    fn describe_tokens(&self, text: &mut String, coloured: bool) {
        let authorization = format!("Bearer {}", self.token.unwrap_or("<token>"));
        let headers = json!({ "Authorization": authorization });
        let url = self.url();
        let server = json!({ "type": "http", "url": url, "headers": headers });
        let title = style::heading("With a token instead", coloured);
        let _ = writeln!(text, "\n{title}");
        text.push_str(match self.token {
            Some(_) => "It is good for 30 days and may do everything; `mana-mcp help token` tells of others.\n",
            None => "Put a token of the identity service in place of <token>.\n",
        });
        let sections = [
            (
                "Claude Code",
                format!("claude mcp add --transport http mana {url} --header \"Authorization: {authorization}\""),
            ),
            ("VS Code (.vscode/mcp.json)", pretty(&json!({ "servers": { "mana": server } }))),
            ("Cursor (~/.cursor/mcp.json)", pretty(&json!({ "mcpServers": { "mana": server } }))),
            ("Claude Desktop (claude_desktop_config.json)", pretty(&self.through_bridge(&authorization))),
        ];
        for (title, snippet) in sections {
            let _ = write!(text, "\n{}\n{snippet}\n", style::heading(title, coloured));
        }
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
