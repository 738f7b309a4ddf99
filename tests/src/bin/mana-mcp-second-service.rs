//! A second service, on `mana-mcp-service` and nothing else of ours: what it takes to have a service, and what one shows.

#![forbid(unsafe_code)]

use std::{path::PathBuf, process::ExitCode, time::Duration};

use axum::{extract::Path, routing::get};
use mana_mcp_service::{Service, http::readiness::Probe, service_info};

fn main() -> ExitCode {
    Service::main(service_info!("mana-second"), 3070, |service, reader| {
        let needed = reader.text("NEEDED_FILE").map(PathBuf::from);
        let look =
            move || std::future::ready(if needed.iter().all(|path| path.exists()) { Ok(()) } else { Err("missing") });
        service.route("/wait/{milliseconds}", get(wait)).probe(Probe::new("file", look))
    })
}

async fn wait(Path(milliseconds): Path<u64>) -> String {
    mana_mcp_service::logs::tracing::info!(milliseconds, "waiting");
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    format!("waited {milliseconds} ms\n")
}
