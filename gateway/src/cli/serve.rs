//! `serve`: the gateway, until it is asked to stop.

use std::{process::ExitCode, thread::available_parallelism, time::Duration};

use anyhow::Context;
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
};
use url::Url;

use super::{snippets::Connection, style};
use crate::{
    app::{self, Running},
    backend::standalone::Standalone,
    config::{Config, Environment},
    telemetry::logging,
};

/// Whose token the printed snippets hold; `call` acts for the same user.
pub(super) const LOCAL_USER: &str = "me@localhost";
/// Long enough to paste a snippet once and forget it for a month.
const SNIPPET_TOKEN_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// More threads than this wait for each other at the same few locks.
const MAX_WORKERS: usize = 16;

pub(super) fn run(environment: &dyn Environment) -> anyhow::Result<ExitCode> {
    let config = Config::read(environment)?;
    logging::init(&config.log)?;
    log_panics_without_content();
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    let public_url = config.public_url.clone();
    runtime()?.block_on(async {
        let signals = Signals::install()?;
        let running = app::start(config).await?;
        // Where nobody reads standard output there is still somebody to serve.
        if let Err(error) = style::say(&greeting(&running, public_url.as_ref())?) {
            tracing::warn!(%error, "the client settings could not be printed");
        }
        running.until(signals.first()).await;
        Ok(ExitCode::SUCCESS)
    })
}

fn greeting(running: &Running, public_url: Option<&Url>) -> anyhow::Result<String> {
    let token = match running.standalone() {
        Some(standalone) => Some(standalone.issue_token(LOCAL_USER, SNIPPET_TOKEN_LIFETIME)?),
        None => None,
    };
    let data = running.standalone().map(Standalone::folder);
    let connection = Connection { address: running.address(), public_url, token: token.as_deref(), data };
    Ok(connection.describe(style::is_coloured()))
}

pub(super) fn runtime() -> anyhow::Result<Runtime> {
    let workers = available_parallelism().map_or(1, usize::from).min(MAX_WORKERS);
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().context("the runtime cannot be started")
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
