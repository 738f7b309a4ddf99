//! The signals that ask for an end.

use std::{
    io,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Log lines wait for others no longer than a part of this.
const LOG_TAIL: Duration = Duration::from_millis(50);

/// SIGTERM and SIGINT.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    came: Arc<OnceLock<Instant>>,
}

impl Signals {
    /// Before the start, so that a signal in the middle of it is not lost.
    ///
    /// # Errors
    /// The operating system does not send them.
    pub fn install() -> io::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, came: Arc::default() })
    }

    /// When the first one came, once it has.
    pub(super) fn came(&self) -> Arc<OnceLock<Instant>> {
        Arc::clone(&self.came)
    }

    /// The first signal. A second one ends the process at once.
    pub async fn first(mut self) {
        self.next().await;
        // There is one first signal.
        let _ = self.came.set(Instant::now());
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
