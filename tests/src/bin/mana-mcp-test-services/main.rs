//! The standalone services by themselves, which fail on demand: what gateways in the remote mode speak to in tests. They
//! serve `DATA_DIR` at free ports of this machine and print their addresses, as `mana-mcp standalone-backends` does.
//!
//! Besides the routes of the services, each has those below `/test/`. No shipped program has them.

#![forbid(unsafe_code)]

mod controls;
mod faults;

use std::{
    env,
    io::{self, Write},
    net::Ipv4Addr,
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context, Result};
use axum::{Router, serve::ListenerExt};
use mana_mcp::config::STANDALONE_ISSUER;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    let data = env::var_os("DATA_DIR").map(PathBuf::from).context("DATA_DIR names no folder")?;
    let standalone = Arc::new(mana_mcp_standalone::open(&data, STANDALONE_ISSUER)?);
    let controls = controls::routes(Arc::clone(&standalone));
    let identity = serve("MANA_AUTH_URL", standalone.identity.clone(), &controls).await?;
    let sync = serve("MANA_SYNC_URL", standalone.sync.clone(), &controls).await?;
    tokio::try_join!(identity, sync)?;
    Ok(())
}

/// Binds a port and prints the address under that name. What is returned serves.
async fn serve(name: &str, service: Router, controls: &Router) -> Result<impl Future<Output = io::Result<()>>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free")?;
    say(&format!("{name}=http://{}", listener.local_addr()?))?;
    // Small writes are not held back, as in the gateway.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, faults::around(service).merge(controls.clone())).into_future())
}

/// Prints a line at once.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
