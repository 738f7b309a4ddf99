//! Reads the counters from a Prometheus server, piece by piece: raw samples rather than `increase()`, which guesses at the
//! edges, so that a call is a call in the report.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;
use url::Url;

use super::{DECISIONS, INVOCATIONS, Key, Recording, RecordingError, STARTED, Window, Word, moment, printable};

/// How much of the window is asked for at first; less where that is too much for one answer.
const PIECE: Duration = Duration::from_secs(12 * 60 * 60);
/// A server that cannot answer for so little has no answer.
const SMALLEST_PIECE: Duration = Duration::from_secs(60);
/// The greatest answer that is held in memory.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// For the whole window.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// Prometheus itself takes a series for gone after so long; see its `query.lookback-delta`.
const LONGEST_GAP: Duration = Duration::from_secs(5 * 60);

/// A server and what to say to it.
#[derive(Debug, Clone)]
pub struct Prometheus {
    /// Its base address.
    pub url: Url,
    /// Sent with each request; may hold secrets.
    pub headers: HeaderMap,
    /// Further label matchers, as `job="mana-mcp"`.
    pub matchers: Vec<String>,
}

/// Why the counters could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PrometheusError {
    /// No connection, or it broke.
    #[error("no Prometheus answers at {url}")]
    Unreachable {
        /// The address.
        url: Url,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The client could not be set up.
    #[error("no HTTP client can be made")]
    Client(#[source] reqwest::Error),
    /// It took too long.
    #[error("{url} did not answer within {} s; try a shorter --window", limit.as_secs())]
    TimedOut {
        /// The address.
        url: Url,
        /// How long was waited.
        limit: Duration,
    },
    /// It asks for other credentials.
    #[error("{url} refuses ({status}): give what it wants to see with --header or PROMETHEUS_TOKEN")]
    Refused {
        /// The address.
        url: Url,
        /// Its status.
        status: StatusCode,
    },
    /// The answer is not one of Prometheus' API.
    #[error("{url} answers ({status}), but not as Prometheus does: is it the server's base address?")]
    NotPrometheus {
        /// The address.
        url: Url,
        /// Its status.
        status: StatusCode,
    },
    /// Prometheus says what is wrong.
    #[error("Prometheus refuses the query: {message}")]
    Query {
        /// In its own words.
        message: String,
    },
    /// The answers are too large even for short times.
    #[error("Prometheus' answers are too large; narrow the series down with --match")]
    TooLarge,
    /// There is nothing to read.
    #[error(
        "Prometheus has no {DECISIONS} from {} to {}: does it scrape the gateway?", window.start(), window.end()
    )]
    NoSuchMetric {
        /// Where it was looked for.
        window: Window,
    },
    /// The counters cannot be a gateway's.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    data: Option<Data>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    /// Seconds, and the value in text, which may be `NaN`.
    values: Vec<(f64, String)>,
}

/// Reads the window's counters.
///
/// # Errors
/// The server cannot be reached, refuses, is none, or has no such counters.
pub async fn read(server: &Prometheus, window: Window) -> Result<Recording, PrometheusError> {
    let all = tokio::time::timeout(PATIENCE, read_all(server, window)).await;
    all.unwrap_or_else(|_| Err(PrometheusError::TimedOut { url: server.url.clone(), limit: PATIENCE }))
}

async fn read_all(server: &Prometheus, window: Window) -> Result<Recording, PrometheusError> {
    let client = client(&server.url).map_err(PrometheusError::Client)?;
    let mut recording = Recording::new(window, LONGEST_GAP);
    let mut piece = PIECE.min(window.length());
    let mut start = window.start();
    while start < window.end() {
        // The next piece begins where this one ends: both have the sample between them, which is taken once.
        let end = start.saturating_add(SignedDuration::try_from(piece).unwrap_or(SignedDuration::MAX));
        let end = end.map_or(window.end(), |end| end.min(window.end()));
        match ask(&client, server, end, end.duration_since(start)).await? {
            Some(series) => {
                // Whether a counter began anew is known from when its process did.
                let (starts, counters): (Vec<_>, Vec<_>) = series.iter().partition(|series| series.is_start());
                starts.into_iter().try_for_each(|series| take_start(&mut recording, series))?;
                counters.into_iter().try_for_each(|series| take(&mut recording, series))?;
                start = end;
            }
            None if piece <= SMALLEST_PIECE => return Err(PrometheusError::TooLarge),
            None => piece = (piece / 2).max(SMALLEST_PIECE),
        }
    }
    if recording.has_decisions() { Ok(recording) } else { Err(PrometheusError::NoSuchMetric { window }) }
}

fn client(url: &Url) -> reqwest::Result<reqwest::Client> {
    let client = reqwest::Client::builder().timeout(REQUEST_TIMEOUT).redirect(reqwest::redirect::Policy::none());
    // Without TLS no certificate is checked; the machine's store need not be loaded, nor exist.
    let client = if url.scheme() == "http" { client.no_proxy().tls_certs_only([]) } else { client };
    client.build()
}

/// The samples of a piece of time; `None` where they are too many for one answer.
async fn ask(
    client: &reqwest::Client,
    server: &Prometheus,
    end: Timestamp,
    length: SignedDuration,
) -> Result<Option<Vec<Series>>, PrometheusError> {
    let mut url = server.url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["api", "v1", "query"]);
    }
    let names = format!("__name__=~\"{DECISIONS}|{INVOCATIONS}|{STARTED}\"");
    let matchers: Vec<&str> =
        std::iter::once(names.as_str()).chain(server.matchers.iter().map(String::as_str)).collect();
    let query = format!("{{{}}}[{}ms]", matchers.join(","), length.as_millis());
    url.query_pairs_mut().append_pair("query", &query).append_pair("time", &end.to_string());

    let failed = |source: reqwest::Error| {
        let url = server.url.clone();
        if source.is_timeout() {
            PrometheusError::TimedOut { url, limit: REQUEST_TIMEOUT }
        } else {
            PrometheusError::Unreachable { url, source: source.without_url() }
        }
    };
    let mut response = client.get(url).headers(server.headers.clone()).send().await.map_err(failed)?;
    let status = response.status();
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        return Err(PrometheusError::Refused { url: server.url.clone(), status });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    let not_prometheus = || PrometheusError::NotPrometheus { url: server.url.clone(), status };
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| not_prometheus())?;
    match answer {
        Answer { status, data: Some(data), .. } if status == "success" => Ok(Some(data.result)),
        Answer { error: Some(message), .. } if message.contains("too many samples") => Ok(None),
        Answer { error: Some(message), .. } => Err(PrometheusError::Query { message: printable(&message) }),
        _ => Err(not_prometheus()),
    }
}

impl Series {
    fn label(&self, name: &str) -> &str {
        self.metric.get(name).map_or("", String::as_str)
    }

    fn is_start(&self) -> bool {
        self.label("__name__") == STARTED
    }

    fn samples(&self) -> impl Iterator<Item = (Timestamp, f64)> {
        self.values.iter().filter_map(|(seconds, value)| Some((moment(*seconds)?, value.parse().unwrap_or(f64::NAN))))
    }
}

fn take_start(recording: &mut Recording, series: &Series) -> Result<(), RecordingError> {
    let instance = instance(&series.metric);
    series
        .samples()
        .filter_map(|(at, start)| Some((at, moment(start)?)))
        .try_for_each(|(at, start)| recording.started(&instance, at, start))
}

fn take(recording: &mut Recording, series: &Series) -> Result<(), RecordingError> {
    let Some(key) = key(series.label("__name__"), |name| series.label(name)) else { return Ok(()) };
    recording.observe(&instance(&series.metric), &key, series.samples())
}

/// What a series of this name counts, if it is one of those that matter.
pub(super) fn key<'a>(name: &str, label: impl Fn(&str) -> &'a str) -> Option<Key> {
    let word = |name: &str| Word::new(label(name));
    match name {
        DECISIONS => Some(Key::Decision { decision: word("decision"), reason: word("reason"), mode: word("mode") }),
        INVOCATIONS => Some(Key::Invocation { tool: word("tool"), outcome: word("outcome") }),
        _ => None,
    }
}

/// Whose series it is: all labels but those of the counter itself.
fn instance(labels: &BTreeMap<String, String>) -> String {
    const OWN: [&str; 6] = ["__name__", "decision", "reason", "mode", "tool", "outcome"];
    let others = labels.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
    others.map(|(name, value)| format!("{name}={value:?}")).collect::<Vec<_>>().join(",")
}
