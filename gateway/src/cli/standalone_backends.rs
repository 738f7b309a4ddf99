//! `standalone-backends`: the two standalone services over TCP, without a gateway. They listen on this machine alone.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, bail};
use axum::Router;
use clap::Args;
use mana_mcp_service::{
    http::{
        connections::{ConnectionCounters, ConnectionLimits, Connections},
        server::{self, Drained, Listeners, ServerLimits},
    },
    logs,
    panics::log_without_content,
    process,
};
use mana_mcp_standalone::{Manner, Strictness};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    fault::NOUN,
    runtime::{runtime, signals},
    style,
};
use crate::{
    config::{Config, Environment, STANDALONE_ISSUER, Services},
    telemetry::INFO,
};

#[derive(Debug, Args)]
pub(super) struct StandaloneBackendsArgs {
    /// Port of the identity service; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 3001)]
    port_auth: u16,
    /// Port of the sync service; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 3050)]
    port_sync: u16,
    /// Behaves as the services of a deployment do: the list of spaces takes no bearer token, tokens live 15 minutes, and new
    /// members get a space's older rows after five minutes
    #[arg(long)]
    strict: bool,
    /// Path at which bearers of a token get the list of spaces as well
    #[arg(long, value_name = "PATH")]
    spaces_path: Option<String>,
    /// Key for the memberships of any user (header X-Service-Key); without one, nobody gets them
    #[arg(long, value_name = "KEY", env = "MANA_AUTH_SERVICE_KEY", hide_env_values = true)]
    service_key: Option<String>,
}

pub(super) fn run(args: &StandaloneBackendsArgs, environment: &dyn Environment) -> anyhow::Result<ExitCode> {
    let Services::Standalone { data_dir } = Config::services(environment)? else {
        bail!("MANA_AUTH_URL and MANA_SYNC_URL name other services: unset them to run the standalone ones");
    };
    logs::init(&Config::log(environment)?, INFO.targets, None)?;
    log_without_content(NOUN);
    process::hide_memory();
    let served = runtime()?.block_on(async {
        let signals = signals()?;
        let standalone = mana_mcp_standalone::open(&data_dir, STANDALONE_ISSUER)?;
        standalone.set_strictness(Strictness {
            manner: if args.strict { Manner::Strict } else { Manner::Lenient },
            spaces_path: args.spaces_path.clone(),
            service_key: args.service_key.clone(),
        });
        let stop = CancellationToken::new();
        let (auth_address, identity) = serve(standalone.identity, args.port_auth, &stop).await?;
        let (sync_address, sync) = serve(standalone.sync, args.port_sync, &stop).await?;
        style::say(&format!("MANA_AUTH_URL=http://{auth_address}\nMANA_SYNC_URL=http://{sync_address}"))?;
        signals.first().await;
        stop.cancel();
        let _ = tokio::join!(identity, sync);
        Ok(ExitCode::SUCCESS)
    });
    logs::flush();
    served
}

async fn serve(
    router: Router,
    port: u16,
    stop: &CancellationToken,
) -> anyhow::Result<(SocketAddr, JoinHandle<Drained>)> {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listeners = Listeners::bind(wanted).with_context(|| format!("{wanted} cannot be listened on"))?;
    let address = listeners.address()?;
    let limits = ServerLimits::new(Duration::from_secs(5));
    // All connections are those of gateways on this machine.
    let connections = Connections::new(ConnectionLimits { all: 1024, of_address: 1024 }, ConnectionCounters::default());
    Ok((address, tokio::spawn(server::serve(listeners, router, limits, connections, stop.clone()))))
}
