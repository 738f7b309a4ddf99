//! What is done beside requests: metrics are folded, services are looked at, and memory goes back to the system.

use std::{sync::Arc, time::Duration};

use mana_mcp_service::{http::readiness::Readiness, metrics::Registry};
use tokio_util::sync::CancellationToken;

/// Samples are folded this often, also where nobody scrapes them.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);
/// Services are looked at this often, also where nobody asks: one that is away is seen before somebody needs it, whatever
/// probes there are.
const LOOK: Duration = Duration::from_secs(15);
/// The allocator gives back to the system what has been free for a second.
const MEMORY_UPKEEP: Duration = Duration::from_secs(1);
/// So large that the allocator has it by itself, and frees it as a whole.
const BLOCK: usize = 16 << 20;

pub(super) async fn keep_up(metrics: Arc<Registry>, readiness: Readiness, stop: CancellationToken) {
    let mut samples = tokio::time::interval(METRICS_UPKEEP);
    let mut memory = tokio::time::interval(MEMORY_UPKEEP);
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = samples.tick() => metrics.upkeep(),
            _ = memory.tick() => trim(),
            _ = look.tick() => {
                let readiness = readiness.clone();
                tokio::spawn(async move { readiness.look().await });
            }
            () = stop.cancelled() => return,
        }
    }
}

/// Lets the allocator look for memory to give back. It does so when a block that it has by itself is freed, and a gateway at
/// rest frees none: what the first read of a long log took would stay with the process. This block is never touched, so it
/// is no memory.
fn trim() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(BLOCK)));
}
