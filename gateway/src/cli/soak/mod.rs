//! `soak`: what the counters of a soak say about enforcing the policy.

mod table;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    fs::File,
    io::{BufReader, Read, stdin},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, anyhow};
use clap::{ArgGroup, Args, ValueEnum};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::{fault::WrongUsage, runtime::runtime, style, token};
use mana_mcp_soak::{
    AuditTrail, Recording, Report, Share, Sources, Thresholds, Verdict, Window, Word,
    prometheus::{self, Prometheus},
    scrapes,
};

const WAIT: u8 = 3;
const DO_NOT: u8 = 4;

const HELP: &str = "\
A soak: run the gateways with POLICY_MODE=log-only for a week. Every call is evaluated and counted, none is blocked. Then:

  mana-mcp soak --prometheus http://prometheus:9090 --window 7d --audit gateway.log

The gateway logs to standard error, with LOG_FORMAT=json in the form that --audit reads: keep that. Where it runs under
docs/operations/compose.yaml:

  docker compose logs --no-log-prefix gateway | docker compose exec -T gateway \\
    mana-mcp soak --prometheus http://prometheus:9090 --audit -

Without a Prometheus, save the gateway's /metrics now and then, and hand in the files. A scrape's time is what a line
`# at 2026-05-01T09:00:00Z` in it says, else the time at which the file was written; scrapes of one folder are of one
gateway, so several gateways take a folder each:

  curl -s http://gateway:3069/metrics > scrapes/monday.txt        # … and on the next Monday:
  curl -s http://gateway:3069/metrics > scrapes/next-monday.txt
  mana-mcp soak --metrics scrapes/*.txt

The verdict, and the exit status for CI:
  0  enforce   the soak was long enough, and within the budget
  3  wait      not enough is known; the output says what is missing
  4  do not    too many calls would be denied, or the evaluation itself fails
  1  the counters could not be read        2  wrong usage

Every would-be denial is charged to the budget, because nobody but you can say which of them you want. Where you have seen
(in the audit log) that those for a reason are right, say so: --accept rate-limit-exceeded.

What is known from where: the counters tell calls by tool (in whatever mode), and decisions by reason and mode, but not
decisions by tool, and nothing about users. The audit log tells both, of log-only mode. The verdict rests on the counters.

Only time in log-only is a soak: what a gateway did with POLICY_MODE=off or enforce, and time in which it ran and was not
scraped, do not count. More than a twentieth of such calls, or any gateway that was out of sight for longer than the window
may be, is a reason to wait.

docs/operations.md walks through a soak, and has the shape of the JSON.";

/// Says whether the policy may be enforced: what would have been denied during a soak, and why
#[derive(Debug, Args)]
#[command(after_long_help = HELP, group = ArgGroup::new("counters").required(true).args(["prometheus", "metrics"]))]
pub(super) struct SoakArgs {
    /// Base address of the Prometheus that scrapes the gateways
    #[arg(long, value_name = "URL", value_parser = server)]
    prometheus: Option<Url>,
    /// Saved scrapes of the gateways' /metrics, two or more
    #[arg(long, value_name = "FILE", num_args = 1..)]
    metrics: Vec<PathBuf>,
    /// How long the soak is, back from now, or from the newest scrape
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = duration)]
    window: Duration,
    /// The gateways' logs with audit lines (LOG_FORMAT=json); `-` reads standard input
    #[arg(long, value_name = "FILE", num_args = 1..)]
    audit: Vec<PathBuf>,
    /// The greatest share of calls that may be denied although they should not be
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    budget: Share,
    /// A reason whose denials you want: they are not charged to the budget. May be given again
    #[arg(long, value_name = "REASON", value_parser = reason)]
    accept: Vec<Word>,
    /// The fewest evaluations from which anything follows
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    min_calls: u64,
    /// The shortest time in which log-only must have been looked at [default: nine tenths of the window]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    min_covered: Option<Duration>,
    /// A header for Prometheus, like 'X-Scope-OrgID: mana'. May be given again
    #[arg(long = "header", value_name = "HEADER", conflicts_with = "metrics")]
    headers: Vec<Secret>,
    /// Bearer token for Prometheus
    #[arg(long, env = "PROMETHEUS_TOKEN", hide_env_values = true)]
    token: Option<Secret>,
    /// A label matcher that the series must meet, like 'job="mana-mcp"'. May be given again
    #[arg(long = "match", value_name = "MATCHER", conflicts_with = "metrics")]
    matchers: Vec<String>,
    /// A table for people, or JSON
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// A text that is not repeated where it is wrong, as clap repeats what it parses itself.
#[derive(Clone)]
struct Secret(String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
}

pub(super) fn run(args: SoakArgs) -> anyhow::Result<ExitCode> {
    let thresholds = Thresholds {
        budget: args.budget,
        min_calls: args.min_calls,
        min_covered: args.min_covered.unwrap_or(args.window / 10 * 9),
        accepted: args.accept.clone(),
    };
    let headers = headers(&args).map_err(WrongUsage)?;
    let (recording, sources) = match &args.prometheus {
        Some(url) => (ask(url, headers, &args)?, Sources::Prometheus),
        None => (scrapes::read(&args.metrics, args.window)?, Sources::Scrapes),
    };
    let audit = match args.audit.as_slice() {
        [] => None,
        paths => Some(read_audit(paths, recording.window())?),
    };
    let report = Report::of(&recording, audit.as_ref(), sources, &thresholds);
    match args.format {
        Format::Table => style::say(&table::of(&report, style::is_coloured()))?,
        Format::Json => style::say(&serde_json::to_string_pretty(&report)?)?,
    }
    Ok(match report.verdict {
        Verdict::Enforce => ExitCode::SUCCESS,
        Verdict::Wait(_) => ExitCode::from(WAIT),
        Verdict::DoNot(_) => ExitCode::from(DO_NOT),
    })
}

fn headers(args: &SoakArgs) -> anyhow::Result<HeaderMap> {
    let mut headers = args.headers.iter().map(|Secret(text)| header(text)).collect::<anyhow::Result<HeaderMap>>()?;
    if let Some(token) = token::given(args.token.as_ref().map(|Secret(token)| token.as_str()))? {
        headers.insert(AUTHORIZATION, bearer(&token)?);
    }
    Ok(headers)
}

fn ask(url: &Url, headers: HeaderMap, args: &SoakArgs) -> anyhow::Result<Recording> {
    let server = Prometheus { url: url.clone(), headers, matchers: args.matchers.clone() };
    let window = Window::before(Timestamp::now(), args.window)?;
    Ok(runtime()?.block_on(prometheus::read(&server, window))?)
}

fn read_audit(paths: &[PathBuf], window: Window) -> anyhow::Result<AuditTrail> {
    let mut trail = AuditTrail::new(window);
    for path in paths {
        let input: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(stdin())
        } else {
            Box::new(File::open(path).with_context(|| format!("{} cannot be read", path.display()))?)
        };
        trail.read(BufReader::new(input)).with_context(|| format!("{} cannot be read", path.display()))?;
    }
    Ok(trail)
}

fn server(text: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text)?;
    if matches!(url.scheme(), "http" | "https") && !url.cannot_be_a_base() {
        Ok(url)
    } else {
        Err(anyhow!("expected an address like http://prometheus:9090"))
    }
}

/// A time like `7d`, `12h` or `1h 30m`; a day has 24 hours.
fn duration(text: &str) -> anyhow::Result<Duration> {
    let expected = "expected a time like 7d, 12h or 90m";
    let span: Span = text.parse().map_err(|_| anyhow!(expected))?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| anyhow!(expected))?;
    if duration < SignedDuration::from_secs(1) {
        return Err(anyhow!("expected a second at least"));
    }
    Ok(duration.unsigned_abs())
}

fn reason(text: &str) -> anyhow::Result<Word> {
    use crate::policy::{Decision, Reason};
    let denials = Reason::ALL.into_iter().filter(|reason| reason.decision() == Decision::Deny);
    let acceptable: Vec<_> = denials.filter(|reason| *reason != Reason::Unknown).map(Reason::label).collect();
    if acceptable.contains(&text) { Ok(Word::new(text)) } else { Err(anyhow!("expected {}", acceptable.join(", "))) }
}

fn header(text: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let wrong = "--header wants a header like 'X-Scope-OrgID: mana'";
    let (name, value) = text.split_once(':').context(wrong)?;
    let mut value = HeaderValue::from_str(value.trim()).context(wrong)?;
    value.set_sensitive(true);
    Ok((name.trim().parse().ok().context(wrong)?, value))
}

fn bearer(token: &str) -> anyhow::Result<HeaderValue> {
    let value = HeaderValue::from_str(&format!("Bearer {token}"));
    let mut value =
        value.context("--token (or PROMETHEUS_TOKEN) holds a character that no token has, like a line's end")?;
    value.set_sensitive(true);
    Ok(value)
}
