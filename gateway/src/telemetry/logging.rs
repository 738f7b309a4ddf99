//! Logs: structured lines on standard error, so that standard output stays the program's own.

mod lines;
mod record;

use std::{
    io::{self, IsTerminal},
    str::FromStr,
};

pub use lines::flush;
pub(crate) use lines::{dropped, settle, tell};
pub(crate) use record::name;
pub use record::{Kind, Name, Record};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, LevelFilter, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use super::{audit, export::Export};

/// How a log line looks (`LOG_FORMAT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// An unknown `LOG_FORMAT`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `text` or `json`")]
pub struct UnknownLogFormat;

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(text: &str) -> Result<Self, UnknownLogFormat> {
        match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(UnknownLogFormat),
        }
    }
}

/// What is logged and how.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// A level or a filter in `tracing`'s syntax, for example `info` or `mana_mcp=debug,warn`.
    pub filter: String,
    /// The lines' form.
    pub format: LogFormat,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogSetupError {
    /// The filter does not parse.
    #[error("`LOG` is no log filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The thread that writes lines cannot be started.
    #[error("the thread that writes the log cannot be started: {0}")]
    Thread(#[from] io::Error),
    /// Logging was set up before in this process.
    #[error(transparent)]
    AlreadySet(#[from] tracing_subscriber::util::TryInitError),
}

/// Installs the process's log output and, where there is one, the export of spans. [`flush`] writes the last lines.
///
/// # Errors
/// The filter does not parse, the thread that writes cannot be started, or logging is already installed.
pub fn init(settings: &LogSettings, export: Option<&Export>) -> Result<(), LogSetupError> {
    let filter = filter(&settings.filter)?;
    lines::start(settings.format)?;
    let lines = fmt::layer().with_writer(lines::Messages);
    let lines = match settings.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    // Told, because a filter that does not tell would have every message of every library looked at.
    let most = filter.max_level_hint().unwrap_or(LevelFilter::TRACE);
    // The filter is of the lines alone: what is not logged may be exported all the same.
    let lines = lines.with_filter(filter.and(filter_fn(tells_shapes).with_max_level_hint(most)));
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
fn tells_shapes(metadata: &Metadata<'_>) -> bool {
    !metadata.is_span() && (metadata.target().starts_with("mana_mcp") || *metadata.level() <= Level::WARN)
}

/// The filter of a text. Audit lines are part of every log that is not off: asking for fewer messages is not
/// asking for no record of who did what. A filter that names them is taken as it is.
fn filter(text: &str) -> Result<EnvFilter, LogSetupError> {
    let filter = EnvFilter::builder().parse(text)?;
    if text.trim().eq_ignore_ascii_case("off") || text.contains(audit::CALL.target) {
        return Ok(filter);
    }
    Ok(filter.add_directive(format!("{}=info", audit::CALL.target).parse()?))
}

/// Whether `filter` is one that [`init`] takes.
///
/// # Errors
/// What is wrong with it.
pub fn check_filter(filter: &str) -> Result<(), LogSetupError> {
    EnvFilter::builder().parse(filter)?;
    Ok(())
}
