//! The commands of `mana-mcp`. What programs read goes to standard output; everything else to standard error.

mod backup;
mod call;
mod connect;
mod doctor;
mod fault;
mod health;
mod here;
mod open;
mod port_owner;
mod runtime;
mod serve;
mod snippets;
mod soak;
mod standalone_backends;
mod stdio;
mod style;
#[cfg(test)]
mod tests;
mod token;
mod tools;
mod user_hash;

use std::{collections::BTreeMap, process::ExitCode};

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use mana_mcp_runtime::tool::Catalog;

use self::fault::WrongUsage;
use crate::config::{ConfigError, ProcessEnvironment, SettingsHelp};

const ENVIRONMENT: &str = "\
Environment (all optional; without MANA_AUTH_URL and MANA_SYNC_URL everything runs on this machine alone):
  PORT, BIND                   where to listen (127.0.0.1:3069)
  DATA_DIR                     folder of the standalone services ($XDG_DATA_HOME/mana-mcp)
  MANA_AUTH_URL, MANA_SYNC_URL the identity and the sync service
  MANA_SPACES_PATH             where the identity service lists spaces to bearers of a token
                               (/api/auth/organization/list)
  MANA_AUTH_SERVICE_KEY        the gateway's key for memberships, if there is no such list (MANA_SERVICE_KEY)
  DEFAULT_TIME_ZONE            time zone of requests that name none (UTC; standalone: the system's)
  JWT_AUDIENCE, JWT_ISSUER     what tokens must say (audience `mana`)
  PUBLIC_URL                   the address under which clients know the gateway, without /mcp
  WEB_BASE_URL                 the address of the web application, for links to rows
  AUTHORIZATION_SERVERS        OAuth servers that issue tokens for the gateway (comma-separated)
  ALLOWED_HOSTS, CORS_ORIGINS  host names that are served; web pages that may call (comma-separated)
  SESSION_KEY                  seals session ids and questions for consent; the same for all replicas
                               (openssl rand -base64 32)
  TOOL_NAMES                   underscored (default) or dotted
  POLICY_MODE                  off, log-only (default) or enforce
  POLICY_ALLOW_DESTRUCTIVE     <space id>:<tool>, comma-separated
  MANA_API_URL, MANA_SERVICE_KEY
                               the policy service, which says what spaces allow; the gateway's key for it{services}
  RATE_LIMIT_PER_MINUTE        calls of one tool by one user (30)
  REDIS_URL                    shares limits, ended sessions and used consent between replicas
  METRICS                      on (default), or off: nothing is counted, and there is no /metrics
  LOG, LOG_FORMAT              a level or filter (info); text or json
  OTEL_EXPORTER_OTLP_ENDPOINT  an OpenTelemetry collector that traces are sent to (OTLP over HTTP)
  MANA_MCP_MAX_BODY_BYTES, MANA_MCP_MAX_CONNECTIONS, MANA_MCP_MAX_IN_FLIGHT,
  MANA_MCP_REQUEST_TIMEOUT_SECONDS, MANA_MCP_DRAIN_SECONDS, MANA_MCP_REDIS_TIMEOUT_MS
                               bounds (4194304, 1024, 256, 30, 10, 50)
  MANA_MCP_MAX_BODIES_BYTES, MANA_MCP_MAX_ANSWERS_BYTES
                               memory for bodies of requests and unread answers (67108864 each)
  MANA_MCP_MAX_REPLICA_BYTES   memory for users' rows (268435456)
  MANA_MCP_MAX_CONNECTIONS_PER_ADDRESS
                               connections of one client address (three quarters of all)
  MANA_MCP_ALLOW_PLAIN_HTTP    on: services on other machines may be named by http://

Exit status: 0 done, 1 failed, 2 wrong usage or wrong settings; `soak` has more (mana-mcp help soak).";

/// Stands in the help for the settings of the catalog's services.
const SETTINGS_OF_SERVICES: &str = "{services}";

/// Lets agents work with the data of a user of Mana over MCP.
#[derive(Debug, Parser)]
#[command(name = "mana-mcp", version, after_long_help = ENVIRONMENT, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    place: Place,
}

/// Where the gateway is; each flag stands before the variable of the same name.
#[derive(Debug, Clone, Default, Args)]
struct Place {
    /// Port of the gateway [variable: PORT] [default: 3069]
    #[arg(long, global = true, value_name = "PORT")]
    port: Option<u16>,
    /// Folder of the standalone services [variable: DATA_DIR]
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the gateway and prints how to connect (the default)
    #[command(after_long_help = ENVIRONMENT)]
    Serve,
    Connect(connect::ConnectArgs),
    /// Opens the connected programs in the browser
    Open(open::OpenArgs),
    /// Serves one host over standard input and output
    #[command(after_long_help = ENVIRONMENT)]
    Stdio(stdio::StdioArgs),
    Backup(backup::BackupArgs),
    /// Prints a token of the standalone identity service, and nothing else
    Token(token::TokenArgs),
    /// Calls a tool of a running gateway and prints its result as JSON
    Call(call::CallArgs),
    /// Checks a deployment: services, keys, clocks, Redis and, where one is given, a token
    Doctor(doctor::DoctorArgs),
    /// Succeeds where the gateway on this machine is alive, with --ready where it is ready; else says why not
    Health(health::HealthArgs),
    Soak(soak::SoakArgs),
    UserHash(user_hash::UserHashArgs),
    /// Lists the tools
    Tools(tools::ToolsArgs),
    /// Serves the standalone identity and sync services by themselves, for gateways on this machine
    StandaloneBackends(standalone_backends::StandaloneBackendsArgs),
}

/// The program that serves that catalog: reads the command line and runs the command.
#[must_use]
pub fn main(catalog: &'static Catalog) -> ExitCode {
    // Once, before anything speaks TLS. An error means that there is one already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match Cli::from_arg_matches(&command(catalog).get_matches()) {
        Ok(cli) => run(cli, catalog),
        Err(error) => error.exit(),
    }
}

/// The command line, whose help names the settings of the catalog's services too.
fn command(catalog: &Catalog) -> clap::Command {
    let environment = ENVIRONMENT.replace(SETTINGS_OF_SERVICES, &SettingsHelp(catalog).to_string());
    let serve = |command: clap::Command| command.after_long_help(environment.clone());
    Cli::command().after_long_help(environment.clone()).mut_subcommand("serve", serve)
}

fn run(cli: Cli, catalog: &'static Catalog) -> ExitCode {
    let environment = cli.place.environment();
    let done = match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&environment, catalog),
        Command::Connect(args) => connect::run(&args, &environment),
        Command::Open(args) => open::run(&args, &environment),
        Command::Stdio(args) => stdio::run(&args, &environment, catalog),
        Command::Backup(args) => backup::run(&args, &environment),
        Command::Token(args) => token::run(&args, &environment),
        Command::Call(args) => call::run(args, &environment),
        Command::Doctor(args) => doctor::run(&args, &environment, catalog),
        Command::Health(args) => health::run(&args, &environment),
        Command::Soak(args) => soak::run(args),
        Command::UserHash(args) => user_hash::run(&args, &environment),
        Command::Tools(args) => tools::run(&args, &environment, catalog),
        Command::StandaloneBackends(args) => standalone_backends::run(&args, &environment),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            style::complain(&format!("{error:#}"));
            let is_usage = error.is::<ConfigError>() || error.is::<WrongUsage>();
            if is_usage { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

impl Place {
    fn environment(&self) -> ProcessEnvironment {
        let mut overrides = BTreeMap::new();
        if let Some(port) = self.port {
            overrides.insert("PORT", port.to_string());
        }
        if let Some(folder) = &self.data_dir {
            overrides.insert("DATA_DIR", folder.clone());
        }
        ProcessEnvironment { overrides }
    }
}
