//! A gateway without a port.

use axum::Router;
use mana_mcp_runtime::tool::Catalog;
use mana_mcp_standalone::Standalone;
use tokio_util::sync::CancellationToken;

use super::{Built, StartError, build, router};
use crate::config::Config;

/// A gateway that listens nowhere: its program hands requests over by itself.
pub struct InProcess {
    router: Router,
    standalone: Option<Standalone>,
    stop: CancellationToken,
}

/// As [`super::start`], without listening.
///
/// # Errors
/// Where a part cannot work.
pub async fn start_in_process(config: Config, catalog: &'static Catalog) -> Result<InProcess, StartError> {
    let stop = CancellationToken::new();
    let Built { parts, standalone, .. } = build(config, catalog, None, &stop).await?;
    Ok(InProcess { router: router(parts), standalone, stop })
}

impl InProcess {
    /// What answers requests.
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// The services of this process, in the standalone mode.
    #[must_use]
    pub fn standalone(&self) -> Option<&Standalone> {
        self.standalone.as_ref()
    }

    /// Ends what runs beside requests.
    pub fn stop(self) {
        self.stop.cancel();
    }
}
