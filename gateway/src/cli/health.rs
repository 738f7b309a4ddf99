//! `health`: whether the gateway on this machine is alive, for supervisors that can run a command but have no shell. That it
//! is ready is another question: where a service fails no gateway is, and to start them all again would help nobody.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use clap::Args;

use super::{here::reachable, runtime::runtime};
use crate::config::{Config, Environment};

/// Within this a gateway answers, or is not well.
const TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// Asks whether it is ready to serve: the services behind it answer, too
    #[arg(long)]
    ready: bool,
}

pub(super) fn run(args: &HealthArgs, environment: &dyn Environment) -> anyhow::Result<ExitCode> {
    let address = reachable(Config::listen(environment)?);
    let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().tls_certs_only([]).build()?;
    let (path, state) = if args.ready { ("/ready", "ready") } else { ("/health", "well") };
    let asked = runtime()?.block_on(async { client.get(format!("http://{address}{path}")).send().await });
    let status = asked.with_context(|| format!("no gateway answers at {address}"))?.status();
    if !status.is_success() {
        bail!("the gateway at {address} is not {state} ({status} at {path})");
    }
    Ok(ExitCode::SUCCESS)
}
