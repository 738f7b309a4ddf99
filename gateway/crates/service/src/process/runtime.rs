//! The runtime that a service works on.

use std::{io, thread::available_parallelism};

use tokio::runtime::{Builder, Runtime};

/// More threads than this wait for each other at the same few locks.
const MAX_WORKERS: usize = 16;

/// A runtime with a thread for each core.
///
/// # Errors
/// The operating system gives no threads.
pub fn runtime() -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    // Tokio reads its own variable, unless it is given a number.
    if std::env::var_os("TOKIO_WORKER_THREADS").is_none() {
        builder.worker_threads(available_parallelism().map_or(1, usize::from).min(MAX_WORKERS));
    }
    builder.enable_all().build()
}
