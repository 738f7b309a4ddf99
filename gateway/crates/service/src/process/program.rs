//! The frame of a program that serves: logs and traces are set up before its work, and are written to their end behind it.

use std::{
    io,
    time::{Duration, Instant},
};

use url::Url;

use super::{guards::hide_memory, runtime::runtime, signals::Signals};
use crate::{
    info::ServiceInfo,
    logs::{self, LogSettings, LogSetupError},
    panics::log_without_content,
    trace::{Export, ExportError},
};

/// Spans that wait are sent at the end, within what is left of the drain, and within these.
const SHORTEST_FLUSH: Duration = Duration::from_millis(500);
const LONGEST_FLUSH: Duration = Duration::from_secs(5);

/// A program that serves until a signal asks for its end.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// What it calls itself.
    pub info: &'a ServiceInfo,
    /// What it is in words, for a line about a fault of it: `gateway`.
    pub noun: &'static str,
    /// How it logs.
    pub logs: &'a LogSettings,
    /// The trace collector, where traces are exported.
    pub trace_collector: Option<&'a Url>,
    /// How long its end may take after a signal.
    pub drain: Duration,
}

/// Why a program could not begin.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// There are no threads.
    #[error("the runtime cannot be started")]
    Runtime(#[source] io::Error),
    /// Traces cannot be exported.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The log cannot be set up.
    #[error(transparent)]
    Logs(#[from] LogSetupError),
    /// Nobody could ask it to stop.
    #[error("signals cannot be received")]
    Signals(#[source] io::Error),
}

impl Program<'_> {
    /// Does the work on a runtime of its own. What was logged and traced until its end is written when this returns.
    ///
    /// # Errors
    /// It could not begin.
    pub fn run<T, F: Future<Output = T>>(self, work: impl FnOnce(Signals) -> F) -> Result<T, ProgramError> {
        let runtime = runtime().map_err(ProgramError::Runtime)?;
        let ServiceInfo { name, version, .. } = *self.info;
        let export = |endpoint| Export::start(name, version, endpoint, runtime.handle());
        let export = self.trace_collector.map(export).transpose()?;
        logs::init(self.logs, self.info.targets, export.as_ref())?;
        log_without_content(self.noun);
        hide_memory();
        let (done, came) = runtime.block_on(async {
            let signals = Signals::install().map_err(ProgramError::Signals)?;
            let came = signals.came();
            Ok::<_, ProgramError>((work(signals).await, came))
        })?;
        if let Some(export) = export {
            // The drain is for all that must be done before the end.
            let left = came.get().map_or(self.drain, |since: &Instant| self.drain.saturating_sub(since.elapsed()));
            export.end(left.clamp(SHORTEST_FLUSH, LONGEST_FLUSH));
        }
        // Requests that were cut off end here, and their lines are the last ones.
        drop(runtime);
        logs::flush();
        Ok(done)
    }
}
