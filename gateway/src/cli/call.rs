//! `call`: one tool call against a running gateway, over the same protocol that agents speak.

use std::{io::Read, process::ExitCode, time::Duration};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::{
    fault::WrongUsage,
    here::{LOCAL_USER, reachable},
    port_owner, style, token,
};
use crate::config::{Config, Environment, ProcessEnvironment, Services};

pub(super) const REVISION: &str = "2026-07-28";
/// The gateway gives up before that.
const TIMEOUT: Duration = Duration::from_secs(330);
const TOKEN_LIFETIME: Duration = Duration::from_secs(300);

#[derive(Debug, Args)]
pub(super) struct CallArgs {
    /// Name of the tool, like habits.create
    tool: String,
    /// Its arguments, a JSON object; `-` reads it from standard input
    #[arg(default_value = "{}", value_name = "JSON")]
    arguments: String,
    /// Address of the MCP endpoint [default: the gateway on this machine]
    #[arg(long)]
    url: Option<Url>,
    /// Bearer token; `-` reads it from standard input [variable: MANA_TOKEN] [default: one of the standalone identity service, for --user]
    #[arg(long, conflicts_with = "user")]
    token: Option<String>,
    /// User of the standalone identity service to act for, whatever MANA_TOKEN says
    #[arg(long, value_name = "EMAIL")]
    user: Option<String>,
    /// Id of the space to work in [default: the personal space]
    #[arg(long, value_name = "ID")]
    space: Option<String>,
}

pub(super) fn run(args: CallArgs, environment: &ProcessEnvironment) -> anyhow::Result<ExitCode> {
    if args.arguments == "-" && args.token.as_deref() == Some("-") {
        return Err(WrongUsage(anyhow!("arguments and token cannot both be read from standard input")).into());
    }
    let mut input = String::new();
    let arguments = match args.arguments.as_str() {
        "-" => {
            std::io::stdin().read_to_string(&mut input).context("standard input cannot be read")?;
            &input
        }
        given => given,
    };
    let arguments = read_arguments(arguments).map_err(WrongUsage)?;
    let url = match &args.url {
        Some(url) => url.clone(),
        None => local_endpoint(environment)?,
    };
    let given = match token::given(args.token.as_deref())? {
        Some(token) => Some(token),
        None => in_environment(environment)?,
    };
    let token = match (given, &args.user) {
        (Some(token), None) => token,
        // A token of this machine is not shown to another one.
        _ if args.url.is_some() && !is_on_this_machine(&url) => bail!("{url} needs a token: give one with --token"),
        (_, user) => {
            port_owner::check(&url)?;
            local_token(user.as_deref().unwrap_or(LOCAL_USER), environment)?
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(post(&url, &token, args.space.as_deref(), &args.tool, &arguments))?;
    report(&answer)
}

pub(super) fn in_environment(environment: &ProcessEnvironment) -> anyhow::Result<Option<String>> {
    let token = environment.get("MANA_TOKEN").transpose();
    let token = token.map_err(|_| anyhow!("MANA_TOKEN is not valid Unicode"))?;
    Ok(token.filter(|token| !token.is_empty()))
}

fn read_arguments(text: &str) -> anyhow::Result<Value> {
    match serde_json::from_str(text).context("the arguments are not valid JSON")? {
        arguments @ Value::Object(_) => Ok(arguments),
        _ => bail!("the arguments must be a JSON object, like '{{\"title\":\"Buy milk\"}}'"),
    }
}

fn local_endpoint(environment: &ProcessEnvironment) -> anyhow::Result<Url> {
    let listen = reachable(Config::listen(environment)?);
    Url::parse(&format!("http://{listen}/mcp")).context("the gateway's address makes no URL")
}

/// A token of the gateway's own identity service: where no gateway has ever kept data, none is made.
fn local_token(user: &str, environment: &ProcessEnvironment) -> anyhow::Result<String> {
    if let Services::Standalone { data_dir } = Config::services(environment)?
        && !mana_mcp_standalone::is_in(&data_dir)
    {
        let folder = data_dir.display();
        bail!(
            "there are no data in {folder}: start `mana-mcp serve`, or name the running gateway's folder with --data-dir"
        );
    }
    token::issue(user, TOKEN_LIFETIME, environment)
}

fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

async fn post(url: &Url, token: &str, space: Option<&str>, tool: &str, arguments: &Value) -> anyhow::Result<Value> {
    let body = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": tool,
            "arguments": arguments,
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": REVISION,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {
                    "name": "mana-mcp call", "version": env!("CARGO_PKG_VERSION"),
                },
            },
        },
    });
    let mut client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
    if url.scheme() == "http" {
        // No certificate is checked; the machine's store need not be loaded, nor exist.
        client = client.no_proxy().tls_certs_only([]);
    }
    let client = client.build()?;
    let mut request = client
        .post(url.clone())
        .bearer_auth(token)
        .header("accept", "application/json")
        .header("mcp-protocol-version", REVISION)
        .header("mcp-method", "tools/call")
        .header("mcp-name", header_text(tool));
    if let Some(space) = space {
        let space = HeaderValue::from_str(space).context("--space is the id of a space; spaces.list names them")?;
        request = request.header("x-mana-space", space);
    }
    let response = request.json(&body).send().await.map_err(|error| {
        if error.is_connect() {
            anyhow!("no gateway answers at {url}: start one with `mana-mcp serve`, or name another with --url")
        } else {
            anyhow!(error).context(format!("the call to {url} failed"))
        }
    })?;
    let status = response.status();
    let answer = response.json().await.with_context(|| format!("{url} answered with {status}, and no JSON"))?;
    if status == StatusCode::UNAUTHORIZED {
        let said = said_in(&answer).unwrap_or("the gateway does not accept the token");
        bail!("{said} (a token of this machine is good where the gateway has the same DATA_DIR)");
    }
    Ok(answer)
}

/// A header's form of a name that may hold anything (the protocol's `=?base64?…?=`).
pub(super) fn header_text(text: &str) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.starts_with("=?") {
        text.to_owned()
    } else {
        format!("=?base64?{}?=", BASE64_STANDARD.encode(text))
    }
}

/// What the gateway says of a call that it does not serve.
fn said_in(answer: &Value) -> Option<&str> {
    answer.pointer("/error/message").and_then(Value::as_str)
}

/// The result on standard output; what went wrong on standard error.
fn report(answer: &Value) -> anyhow::Result<ExitCode> {
    if answer.get("error").is_some() {
        bail!("{}", said_in(answer).unwrap_or("the gateway refused the call"));
    }
    let result = answer.get("result").context("the gateway's answer holds neither a result nor an error")?;
    if result.get("isError") == Some(&Value::Bool(true)) {
        let text = result.pointer("/content/0/text").and_then(Value::as_str);
        bail!("{}", text.unwrap_or("the tool failed"));
    }
    let shown = format!("{:#}", result.get("structuredContent").unwrap_or(result));
    style::say(&style::printable(&shown))?;
    Ok(ExitCode::SUCCESS)
}
