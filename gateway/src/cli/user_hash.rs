//! `user-hash`: what the logs call a user. A hash leads to nobody; with the key, every user can be hashed and compared.

use std::{
    io::{BufRead as _, stdin},
    process::ExitCode,
};

use anyhow::{Context, anyhow, bail};
use clap::Args;

use super::{fault::WrongUsage, style};
use crate::{
    app::kept_session_key,
    config::{Config, Environment, STANDALONE_ISSUER, Services, UserNaming},
    telemetry::audit::{HASH_KEY, UserHashes},
};

/// Prints the hash that stands for a user in the audit log
///
/// No hash can be turned back: to find whose one is, hash all users and look for it. The hashes are those of the first key in
/// SESSION_KEY; for lines from before a rotation, set the key of then.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct UserHashArgs {
    /// Ids of users at the identity service, the `sub` of their tokens; `-` reads them from standard input, one a line
    #[arg(value_name = "ID", required = true)]
    users: Vec<String>,
    /// Who issues their tokens, the `iss` in them [variable: JWT_ISSUER]
    #[arg(long)]
    issuer: Option<String>,
}

pub(super) fn run(args: &UserHashArgs, environment: &dyn Environment) -> anyhow::Result<ExitCode> {
    let UserNaming { services, session_keys, issuer } = Config::user_naming(environment)?;
    let Some(issuer) = args.issuer.clone().or(issuer) else {
        let why = anyhow!("JWT_ISSUER is not set: say with --issuer who issues the users' tokens (`iss`)");
        return Err(WrongUsage(why).into());
    };
    let key = match (session_keys, services) {
        (Some(keys), _) => keys.present().clone(),
        (None, Services::Standalone { data_dir }) if mana_mcp_standalone::is_in(&data_dir) => {
            kept_session_key(&mana_mcp_standalone::open(&data_dir, STANDALONE_ISSUER)?)
        }
        (None, Services::Standalone { data_dir }) => bail!("{} holds no data yet", data_dir.display()),
        (None, Services::Remote { .. }) => {
            bail!("SESSION_KEY is not set: without it, each gateway has hashes of its own, which end with it")
        }
    };
    let hashes = UserHashes::under(&key.derived(HASH_KEY), &issuer);
    for id in ids(&args.users)? {
        style::say(&format!("{:016x} {id}", hashes.of(&id)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn ids(given: &[String]) -> anyhow::Result<Vec<String>> {
    if given != ["-"] {
        return Ok(given.to_vec());
    }
    let lines = stdin().lock().lines().map(|line| line.map(|line| line.trim().to_owned()));
    let ids = lines.collect::<Result<Vec<_>, _>>().context("standard input cannot be read")?;
    Ok(ids.into_iter().filter(|id| !id.is_empty()).collect())
}
