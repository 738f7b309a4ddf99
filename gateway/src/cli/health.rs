//! `health`: whether the gateway on this machine is ready, for supervisors that can run a command but have no shell.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use clap::Args;

use super::{reachable, runtime::runtime};
use crate::config::{Config, Environment};

/// Within this a gateway answers, or is not well.
const TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct HealthArgs {}

pub(super) fn run(_args: &HealthArgs, environment: &dyn Environment) -> anyhow::Result<ExitCode> {
    let address = reachable(Config::listen(environment)?);
    let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().tls_certs_only([]).build()?;
    let asked = runtime()?.block_on(async { client.get(format!("http://{address}/ready")).send().await });
    let status = asked.with_context(|| format!("no gateway answers at {address}"))?.status();
    if !status.is_success() {
        bail!("the gateway at {address} is not ready ({status})");
    }
    Ok(ExitCode::SUCCESS)
}
