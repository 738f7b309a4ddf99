//! `serve`: the gateway, until it is asked to stop.

use std::{
    process::ExitCode,
    sync::OnceLock,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
};
use url::Url;

use super::{open::spaced, process, snippets::Connection, style};
use mana_mcp_runtime::tool::Catalog;
use mana_mcp_standalone::{Grants, Standalone};

use crate::{
    app::{self, Running},
    config::{Config, Environment, plain_http},
    telemetry::{export::Export, logging},
};

/// Whose token the printed snippets hold; `call` acts for the same user.
pub(super) const LOCAL_USER: &str = "me@localhost";
/// Long enough to paste a snippet once and forget it for a month.
const SNIPPET_TOKEN_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Codes for the browser are good for a day; then there is a new one.
const CODE_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// Spans that wait are sent at the end, within what is left of the drain, and within these.
const SHORTEST_FLUSH: Duration = Duration::from_millis(500);
const LONGEST_FLUSH: Duration = Duration::from_secs(5);
/// Log lines wait for others no longer than a part of this.
const LOG_TAIL: Duration = Duration::from_millis(50);
/// More threads than this wait for each other at the same few locks.
const MAX_WORKERS: usize = 16;

pub(super) fn run(environment: &dyn Environment, catalog: &'static Catalog) -> anyhow::Result<ExitCode> {
    let config = Config::read(environment, catalog)?;
    let runtime = runtime()?;
    let collector = config.trace_collector.as_ref();
    let export = collector.map(|endpoint| Export::start(endpoint, runtime.handle())).transpose()?;
    logging::init(&config.log, export.as_ref())?;
    log_panics_without_content();
    process::hide_memory();
    process::raise_file_limit(config.server.connections.all);
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    for name in &config.plain_http {
        tracing::warn!("{}", plain_http(name));
    }
    let (public_url, drain) = (config.public_url.clone(), config.server.limits.drain);
    let stopping = OnceLock::new();
    let served = runtime.block_on(async {
        let signals = Signals::install()?;
        let running = app::start(config, catalog).await?;
        // Where nobody reads standard output there is still somebody to serve.
        let code = match running.grants() {
            Some(grants) => Some(grants.entry_code(LOCAL_USER, CODE_LIFETIME)?),
            None => None,
        };
        if let Err(error) = style::say(&greeting(&running, public_url.as_ref(), code.as_deref())?) {
            tracing::warn!(%error, "the client settings could not be printed");
        }
        if let (Some(grants), Some(code)) = (running.grants(), code) {
            tokio::spawn(show_next_codes(grants.clone(), code));
        }
        let signal = async {
            signals.first().await;
            let _ = stopping.set(Instant::now());
        };
        running.until(signal).await;
        Ok(ExitCode::SUCCESS)
    });
    if let Some(export) = export {
        // The drain is for all that must be done before the end.
        let left = stopping.get().map_or(drain, |since| drain.saturating_sub(since.elapsed()));
        export.end(left.clamp(SHORTEST_FLUSH, LONGEST_FLUSH));
    }
    // Calls that were cut off end here, and their lines are the last ones.
    drop(runtime);
    logging::flush();
    served
}

/// Shows a new code whenever the last one has been used or is too old.
async fn show_next_codes(grants: Grants, mut code: String) {
    loop {
        let _ = tokio::time::timeout(CODE_LIFETIME, grants.entered()).await;
        if grants.is_unused(&code).await.unwrap_or(true) {
            continue;
        }
        let of_grants = grants.clone();
        let next = tokio::task::spawn_blocking(move || of_grants.entry_code(LOCAL_USER, CODE_LIFETIME));
        let Ok(Ok(next)) = next.await else { return };
        // Where nobody reads standard output, `mana-mcp open` has codes.
        let _ = style::say(&format!("The next code for the browser is {}.", spaced(&next)));
        code = next;
    }
}

fn greeting(running: &Running, public_url: Option<&Url>, code: Option<&str>) -> anyhow::Result<String> {
    let token = match running.standalone() {
        Some(standalone) => Some(standalone.issue_token(LOCAL_USER, SNIPPET_TOKEN_LIFETIME)?),
        None => None,
    };
    let data = running.standalone().map(Standalone::folder);
    let connection = Connection { address: running.address(), public_url, token: token.as_deref(), code, data };
    Ok(connection.describe(style::is_coloured()))
}

pub(super) fn runtime() -> anyhow::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    // Tokio reads its own variable, unless it is given a number.
    if std::env::var_os("TOKIO_WORKER_THREADS").is_none() {
        builder.worker_threads(available_parallelism().map_or(1, usize::from).min(MAX_WORKERS));
    }
    builder.enable_all().build().context("the runtime cannot be started")
}

/// A panic's text may hold what a user wrote: only its place is told.
pub(super) fn log_panics_without_content() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place = place.as_deref(), "a panic, which is a fault of the gateway");
    }));
}

/// The signals that ask for an end.
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// Before the start, so that a signal in the middle of it is not lost.
    pub(super) fn install() -> anyhow::Result<Self> {
        let install = |kind| signal(kind).context("signals cannot be received");
        Ok(Self { terminate: install(SignalKind::terminate())?, interrupt: install(SignalKind::interrupt())? })
    }

    /// The first signal. A second one ends the process at once.
    pub(super) async fn first(mut self) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            // Time for the log's last lines, and no more: who reads them may have stopped.
            tokio::time::sleep(LOG_TAIL).await;
            std::process::exit(1);
        });
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
