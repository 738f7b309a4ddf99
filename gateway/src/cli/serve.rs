//! `serve`: the gateway, until it is asked to stop.

use std::{process::ExitCode, time::Duration};

use mana_mcp_runtime::tool::Catalog;
use mana_mcp_service::{
    metrics::Counting,
    process::{Program, Signals, raise_file_limit},
};
use mana_mcp_standalone::{Grants, Standalone};
use url::Url;

use super::{fault::NOUN, here::LOCAL_USER, open::spaced, snippets::Connection, style};
use crate::{
    app::{self, Running},
    config::{Config, Environment, Services, plain_http},
    telemetry::INFO,
};

/// Long enough to paste a snippet once and forget it for a month.
const SNIPPET_TOKEN_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Codes for the browser are good for a day; then there is a new one.
const CODE_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn run(environment: &dyn Environment, catalog: &'static Catalog) -> anyhow::Result<ExitCode> {
    let config = Config::read(environment, catalog)?;
    let (logs, trace_collector) = (config.log.clone(), config.trace_collector.clone());
    let drain = config.server.limits.drain;
    let program = Program { info: &INFO, noun: NOUN, logs: &logs, trace_collector: trace_collector.as_ref(), drain };
    program.run(|signals| serve(config, catalog, signals))?
}

async fn serve(config: Config, catalog: &'static Catalog, signals: Signals) -> anyhow::Result<ExitCode> {
    raise_file_limit(config.server.connections.all, "MANA_MCP_MAX_CONNECTIONS");
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    for name in &config.plain_http {
        tracing::warn!("{}", plain_http(name));
    }
    say_what_is_in_force(&config);
    let public_url = config.public_url.clone();
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
    Ok(running.until(signals.first()).await.exit_code())
}

/// One line of the log, so that nobody has to infer from traffic what the settings have come to.
fn say_what_is_in_force(config: &Config) {
    let services = match &config.services {
        Services::Standalone { .. } => "standalone".to_owned(),
        Services::Remote { .. } => {
            let of_tools = config.addresses().filter(|address| address.serves_tools);
            let shown = of_tools.map(|one| format!("{} {}", one.service.name(), style::address(one.url)));
            shown.collect::<Vec<_>>().join(", ")
        }
    };
    tracing::info!(
        version = INFO.version,
        policy_mode = config.policy.mode.label(),
        rate_limit_per_minute = config.policy.rate_limit_per_minute.get(),
        services,
        redis = config.redis.is_some(),
        metrics = config.metrics == Counting::On,
        "the gateway starts with these settings"
    );
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
