//! Sets up the log of the process.

use std::io::{self, IsTerminal};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, LevelFilter, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use super::{
    lines,
    settings::{LogFormat, LogSettings},
    targets::LogTargets,
};
use crate::trace::Export;

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogSetupError {
    /// The filter does not parse.
    #[error("the filter of the log cannot be used: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The thread that writes lines cannot be started.
    #[error("the thread that writes the log cannot be started: {0}")]
    Thread(#[from] io::Error),
    /// Logging was set up before in this process.
    #[error(transparent)]
    AlreadySet(#[from] tracing_subscriber::util::TryInitError),
}

/// Installs the process's log output and, where there is one, the export of spans. `flush` writes the last lines.
///
/// # Errors
/// The filter does not parse, the thread that writes cannot be started, or logging is already installed.
pub fn init(settings: &LogSettings, targets: LogTargets, export: Option<&Export>) -> Result<(), LogSetupError> {
    let filter = filter(&settings.filter, targets.audit.name)?;
    lines::start(settings.format, targets.log.name)?;
    let lines = fmt::layer().with_writer(lines::Messages);
    let lines = match settings.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    // Told, because a filter that does not tell would have every message of every library looked at.
    let most = filter.max_level_hint().unwrap_or(LevelFilter::TRACE);
    // The filter is of the lines alone: what is not logged may be exported all the same.
    let tells_shapes = filter_fn(move |metadata| tells_shapes(metadata, targets.own));
    let lines = lines.with_filter(filter.and(tells_shapes.with_max_level_hint(most)));
    let subscriber = tracing_subscriber::registry().with(lines);
    // A layer that may be absent would have every span made all the same.
    match export {
        Some(export) => subscriber.with(export.layer()).try_init()?,
        None => subscriber.try_init()?,
    }
    Ok(())
}

/// Whatever the filter says, libraries log no more than warnings: below that they write whole messages and headers. Spans
/// are for the trace collector; a line has no need of them.
fn tells_shapes(metadata: &Metadata<'_>, own: &str) -> bool {
    let is_own = [own, env!("CARGO_CRATE_NAME")].iter().any(|prefix| metadata.target().starts_with(prefix));
    !metadata.is_span() && (is_own || *metadata.level() <= Level::WARN)
}

/// The filter of a text. Audit lines are part of every log that is not off: asking for fewer messages is not
/// asking for no record of who did what. A filter that names them is taken as it is.
fn filter(text: &str, audit: &str) -> Result<EnvFilter, LogSetupError> {
    let filter = EnvFilter::builder().parse(text)?;
    if text.trim().eq_ignore_ascii_case("off") || text.contains(audit) {
        return Ok(filter);
    }
    Ok(filter.add_directive(format!("{audit}=info").parse()?))
}
