//! What people see of the commands.

use clap::{CommandFactory, Parser, error::ErrorKind};
use serde_json::Value;
use url::Url;

use super::{Cli, Command, ENVIRONMENT, here::reachable, snippets::Connection};
use crate::{backend::PLATFORM, config::Environment};

fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from([&["mana-mcp"], arguments].concat())
}

/// The JSON that stands under a heading.
fn json_under(text: &str, heading: &str) -> Value {
    let (_, rest) = text.split_once(heading).unwrap();
    let start = rest.find('{').unwrap();
    serde_json::Deserializer::from_str(&rest[start..]).into_iter().next().unwrap().unwrap()
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_names_the_address_of_every_service() {
    for entry in PLATFORM {
        assert!(ENVIRONMENT.contains(entry.setting), "{}", entry.setting);
    }
}

#[test]
fn without_a_command_the_gateway_is_served() {
    assert!(parse(&[]).unwrap().command.is_none());
    assert!(matches!(parse(&["serve"]).unwrap().command, Some(Command::Serve)));
}

#[test]
fn a_gateway_that_listens_everywhere_is_reached_from_here() {
    for (listens, reached) in
        [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.7:1", "10.0.0.7:1"), ("[::1]:1", "[::1]:1")]
    {
        assert_eq!(reachable(listens.parse().unwrap()), reached.parse().unwrap());
    }
}

#[test]
fn flags_stand_before_variables() {
    let cli = parse(&["token", "--user", "ada@example.org", "--data-dir", "/srv/mana", "--port", "4000"]).unwrap();
    let environment = cli.place.environment();
    assert_eq!(environment.get("DATA_DIR"), Some(Ok("/srv/mana".to_owned())));
    assert_eq!(environment.get("PORT"), Some(Ok("4000".to_owned())));
}

#[test]
fn wrong_usage_is_told_with_status_2() {
    for arguments in [
        &["token"][..],
        &["token", "--user", "ada@example.org", "--days", "0"],
        // The gateway accepts no longer life.
        &["token", "--user", "ada@example.org", "--days", "32"],
        &["call"],
        &["call", "habits.list", "{}", "--url", "not a url"],
        &["backup"],
        &["tools", "extra"],
        &["nothing"],
        &["--port", "70000"],
    ] {
        let error = parse(arguments).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{arguments:?}");
    }
    assert_eq!(parse(&["--help"]).unwrap_err().kind(), ErrorKind::DisplayHelp);
}

#[test]
fn the_help_names_every_setting() {
    let help = super::command(&crate::call::testing::CATALOG).render_long_help().to_string();
    assert!(!help.contains(super::SETTINGS_OF_SERVICES), "{help}");
    let settings = [
        "PORT",
        "BIND",
        "DATA_DIR",
        "MANA_AUTH_URL",
        "MANA_SYNC_URL",
        "JWT_AUDIENCE",
        "JWT_ISSUER",
        "PUBLIC_URL",
        "AUTHORIZATION_SERVERS",
        "ALLOWED_HOSTS",
        "CORS_ORIGINS",
        "SESSION_KEY",
        "TOOL_NAMES",
        "POLICY_MODE",
        "POLICY_ALLOW_DESTRUCTIVE",
        "RATE_LIMIT_PER_MINUTE",
        "METRICS",
        "LOG",
        "LOG_FORMAT",
        "MANA_MCP_MAX_BODY_BYTES",
        "MANA_MCP_MAX_CONNECTIONS",
        "MANA_MCP_MAX_IN_FLIGHT",
        "MANA_MCP_REQUEST_TIMEOUT_SECONDS",
        "MANA_MCP_DRAIN_SECONDS",
    ];
    for setting in settings {
        assert!(help.contains(setting), "{setting}: {help}");
    }
}

#[test]
fn the_help_names_the_settings_of_the_catalogs_services() {
    let mut command = super::command(&crate::call::testing::services::CATALOG);
    let serve = command.find_subcommand_mut("serve").unwrap().render_long_help().to_string();
    for help in [command.render_long_help().to_string(), serve] {
        for line in ["FAKE_URL", "address of fake; without it, its tools are not served", "STRANGER_URL"] {
            assert!(help.contains(line), "{line}: {help}");
        }
    }
}

#[test]
fn each_snippet_is_complete() {
    let address = "127.0.0.1:3069".parse().unwrap();
    let text = Connection { address, public_url: None, token: Some("a.b.c"), code: Some("ABCDEFGH"), data: None }
        .describe(false);
    let url = "http://127.0.0.1:3069/mcp";
    let claude_code = format!("claude mcp add --transport http mana {url} --header \"Authorization: Bearer a.b.c\"");
    assert!(text.lines().any(|line| line == claude_code), "{text}");
    let one_line = format!("claude mcp add --scope user --transport http mana {url}");
    assert!(text.lines().any(|line| line.trim_start().ends_with(&one_line)), "{text}");
    assert!(text.contains("ABCD-EFGH"), "{text}");
    let desktop = &json_under(&text, "Claude Desktop (")["mcpServers"]["mana"];
    assert_eq!(desktop["args"][2], url);
    assert_eq!(desktop["env"]["MANA_AUTHORIZATION"], "Bearer a.b.c");
    let cursor = &json_under(&text, "Cursor (")["mcpServers"]["mana"];
    assert_eq!((&cursor["url"], &cursor["headers"]["Authorization"]), (&url.into(), &"Bearer a.b.c".into()));
    let code = &json_under(&text, "VS Code (")["servers"]["mana"];
    assert_eq!((&code["type"], &code["url"]), (&"http".into(), &url.into()));
    assert!(!text.contains('\x1b'));
}

#[test]
fn a_deployment_is_told_to_fetch_its_own_tokens() {
    let public_url = Url::parse("https://mcp.example/").unwrap();
    let address = "0.0.0.0:3069".parse().unwrap();
    let text =
        Connection { address, public_url: Some(&public_url), token: None, code: None, data: None }.describe(true);
    assert!(text.contains("https://mcp.example/mcp") && text.contains("Bearer <token>"), "{text}");
    let text = Connection { address, public_url: None, token: None, code: None, data: None }.describe(false);
    assert!(text.contains("http://127.0.0.1:3069/mcp"), "{text}");
}
