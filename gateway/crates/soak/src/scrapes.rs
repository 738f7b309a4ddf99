//! Reads the counters from saved scrapes (`curl http://gateway/metrics > file`), where no Prometheus keeps them.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use prometheus_parse::{Sample, Scrape, Value};

use super::{InvalidWindow, Recording, RecordingError, Window, moment, prometheus};

/// The greatest file that is read; a gateway's page has some ten thousand bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;
/// How a file says when it was scraped: a comment line of the text format.
const AT: &str = "# at ";

/// Why the scrapes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ScrapesError {
    /// One moment shows no rise.
    #[error("one scrape shows no calls, only their number: give two or more, of different times")]
    TooFew,
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is greater than any scrape.
    #[error("{} has more than {MAX_FILE} bytes: it is no gateway's page", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// A file's comment of its time is none.
    #[error("{}: `{AT}` is followed by no time, like 2026-05-01T09:00:00Z", path.display())]
    InvalidTime {
        /// Which.
        path: PathBuf,
    },
    /// A file holds no counters of the policy's.
    #[error("{} holds no {}: is it a gateway's /metrics?", path.display(), super::DECISIONS)]
    NoSuchMetric {
        /// Which.
        path: PathBuf,
    },
    /// Two processes' scrapes stand among each other.
    #[error("{} are scrapes of several gateways: put each gateway's into a folder of its own", folder.display())]
    Mixed {
        /// Where.
        folder: PathBuf,
    },
    /// All scrapes are of one moment.
    #[error(transparent)]
    Window(#[from] InvalidWindow),
    /// The counters cannot be a gateway's.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

/// A file's counters.
struct Page {
    folder: PathBuf,
    at: Timestamp,
    started: Option<Timestamp>,
    samples: Vec<Sample>,
}

/// Reads the scrapes of the last `length` before the newest of them. Those of one folder are of one gateway.
///
/// # Errors
/// A file is no scrape, or they do not fit together.
pub fn read(paths: &[PathBuf], length: Duration) -> Result<Recording, ScrapesError> {
    let mut pages = paths.iter().map(|path| page(path)).collect::<Result<Vec<_>, _>>()?;
    pages.sort_by_key(|page| page.at);
    let (Some(oldest), Some(newest), 2..) = (pages.first(), pages.last(), pages.len()) else {
        return Err(ScrapesError::TooFew);
    };
    let wanted = Window::before(newest.at, length)?;
    // What the counters rose by within the window is computed from where they stood when it began: by the last scrape before.
    let start = pages.iter().map(|page| page.at).filter(|at| *at <= wanted.start()).max().unwrap_or(oldest.at);
    let window = Window::new(start, newest.at)?;

    // Between two scrapes the counters went on counting, however long that was.
    let mut recording = Recording::new(window, Duration::MAX);
    let mut started: BTreeMap<&Path, Timestamp> = BTreeMap::new();
    for page in &pages {
        let instance = page.folder.to_string_lossy();
        if let Some(now) = page.started {
            match started.insert(&page.folder, now) {
                Some(before) if before > now => return Err(ScrapesError::Mixed { folder: page.folder.clone() }),
                _ => recording.started(&instance, page.at, now)?,
            }
        }
        for sample in &page.samples {
            let label = |name: &str| sample.labels.get(name).unwrap_or("");
            let Some(key) = prometheus::key(&sample.metric, label) else { continue };
            recording.observe(&instance, &key, [(page.at, number(&sample.value))])?;
        }
    }
    Ok(recording)
}

fn page(path: &Path) -> Result<Page, ScrapesError> {
    let (text, written) = text(path)?;
    let at = match text.lines().find_map(|line| line.strip_prefix(AT)) {
        Some(time) => time.trim().parse().map_err(|_| ScrapesError::InvalidTime { path: path.to_owned() })?,
        None => Timestamp::try_from(written).map_err(|_| ScrapesError::InvalidTime { path: path.to_owned() })?,
    };
    let unreadable = |source| ScrapesError::Unreadable { path: path.to_owned(), source };
    let scrape = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).map_err(unreadable)?;
    let started = scrape.samples.iter().find(|sample| sample.metric == super::STARTED);
    let started = started.and_then(|sample| moment(number(&sample.value)));
    let mut samples = scrape.samples;
    samples.retain(|sample| [super::DECISIONS, super::INVOCATIONS].contains(&sample.metric.as_str()));
    if !samples.iter().any(|sample| sample.metric == super::DECISIONS) {
        return Err(ScrapesError::NoSuchMetric { path: path.to_owned() });
    }
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(Page { folder, at, started, samples })
}

/// A file's text, whatever of it is text, and when it was written.
fn text(path: &Path) -> Result<(String, SystemTime), ScrapesError> {
    let unreadable = |source| ScrapesError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let written = file.metadata().and_then(|file| file.modified()).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(ScrapesError::TooLarge { path: path.to_owned() });
    }
    Ok((String::from_utf8_lossy(&bytes).into_owned(), written))
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Counter(number) | Value::Gauge(number) | Value::Untyped(number) => *number,
        Value::Histogram(_) | Value::Summary(_) => f64::NAN,
    }
}
