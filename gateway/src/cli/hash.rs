//! `hash`: what logs call a user.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use mana_mcp_runtime::tool::Catalog;

use super::style;
use crate::{
    app::kept_session_key,
    config::{Config, Environment, STANDALONE_ISSUER, Services},
    telemetry::audit,
};

/// Prints the hash by which logs and the audit log name a user, and nothing else
///
/// It needs the settings of the gateway: SESSION_KEY (else the data folder of the standalone services) and JWT_ISSUER.
/// Which user a hash belongs to, a list of users tells: hash each of them.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct HashArgs {
    /// The user's id at the identity service (the claim `sub` of their tokens)
    #[arg(value_name = "USER-ID")]
    user: String,
    /// Who issues the user's tokens (their claim `iss`) [variable: JWT_ISSUER]
    #[arg(long, value_name = "ISSUER")]
    issuer: Option<String>,
}

pub(super) fn run(
    args: &HashArgs,
    environment: &dyn Environment,
    catalog: &'static Catalog,
) -> anyhow::Result<ExitCode> {
    let config = Config::read(environment, catalog)?;
    let key = match (&config.session_keys, &config.services) {
        (Some(keys), _) => keys.present().clone(),
        (None, Services::Standalone { data_dir }) if data_dir.exists() => {
            kept_session_key(&mana_mcp_standalone::open(data_dir, STANDALONE_ISSUER)?)
        }
        (None, Services::Standalone { data_dir }) => {
            bail!("there is no data folder {}, so no gateway has hashed with its key", data_dir.display())
        }
        (None, Services::Remote { .. }) => bail!(
            "SESSION_KEY is not set: without it, each gateway hashes with a random key that nobody knows. Run this with the \
             gateway's own settings"
        ),
    };
    let issuer = args.issuer.as_ref().or(config.tokens.issuer.as_ref());
    let issuer = issuer.context("JWT_ISSUER is not set: name the issuer of the user's tokens with --issuer")?;
    style::say(&audit::user_hash(&key.derived(audit::KEY_PURPOSE), issuer, &args.user))?;
    Ok(ExitCode::SUCCESS)
}
