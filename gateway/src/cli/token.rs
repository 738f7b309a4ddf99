//! `token`: a token of the standalone identity service.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use clap::Args;

use super::style;
use crate::config::{Config, Environment, STANDALONE_ISSUER, Services};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// E-mail address of the user; a new one is made, with a personal space
    #[arg(long, value_name = "EMAIL")]
    user: String,
    /// How long the token is good for
    #[arg(long, value_name = "DAYS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=31))]
    days: u32,
}

pub(super) fn run(args: &TokenArgs, environment: &dyn Environment) -> anyhow::Result<ExitCode> {
    style::say(&issue(&args.user, DAY * args.days, environment)?)?;
    Ok(ExitCode::SUCCESS)
}

/// A token that was given, or that standard input holds where `-` was: arguments of a command can be seen by every user of a
/// machine. An empty one counts as absent, as empty settings do.
pub(super) fn given(token: Option<&str>) -> anyhow::Result<Option<String>> {
    let token = match token {
        Some("-") => {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).context("standard input cannot be read")?;
            Some(line.trim().to_owned())
        }
        given => given.map(str::to_owned),
    };
    Ok(token.filter(|token| !token.is_empty()))
}

/// A token of the identity service in `DATA_DIR`; a gateway may be running there.
pub(super) fn issue(user: &str, lifetime: Duration, environment: &dyn Environment) -> anyhow::Result<String> {
    match Config::services(environment)? {
        Services::Standalone { data_dir } => {
            Ok(mana_mcp_standalone::open(&data_dir, STANDALONE_ISSUER)?.issue_token(user, lifetime)?)
        }
        Services::Remote { auth, .. } => {
            bail!(
                "tokens come from the identity service at {}: sign in there (MANA_AUTH_URL is set)",
                style::address(&auth)
            )
        }
    }
}
