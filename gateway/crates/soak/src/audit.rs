//! Audit lines, folded: which tools would have been denied, and which users' hours were the worst. Counters cannot tell
//! either: no user is ever a label, and a decision carries no tool.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, BufRead, Read},
};

use jiff::Timestamp;
use serde::Deserialize;

use super::{AUDIT, Window, Word};

/// The longest line that is read; an audit line has a few hundred bytes.
const MAX_LINE: u64 = 64 * 1024;
/// Hours of users that are kept apart.
const MAX_HOURS: usize = 200_000;
/// Tools that are kept apart, and reasons of each; an honest log has as many as the catalog.
const MAX_TOOLS: usize = 10_000;
const MAX_REASONS: usize = 100;
/// How many hours of users are shown.
const WORST: usize = 5;
const HOUR_MILLIS: i64 = 3_600_000;

/// What the audit lines say about a window.
#[derive(Debug)]
pub struct AuditTrail {
    window: Window,
    tools: BTreeMap<Word, OfTool>,
    hours: BTreeMap<(Word, i64), Hour>,
    all: Decided,
    skipped: u64,
    beyond: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// Decisions in `log-only` mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) evaluated: u64,
    pub(super) denied: u64,
}

/// The decisions about one tool, and its would-be denials by reason.
#[derive(Debug, Default)]
pub(super) struct OfTool {
    pub(super) decided: Decided,
    pub(super) reasons: BTreeMap<Word, u64>,
}

#[derive(Debug, Default)]
struct Hour {
    decided: Decided,
    denials: BTreeMap<(Word, Word), u64>,
}

/// An hour of one user in which many calls would have been denied.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorstWindow {
    /// The user's hash, as the audit log has it.
    pub user: Word,
    /// When the hour begins.
    pub from: Timestamp,
    /// Evaluations of the user's calls within it.
    pub calls: u64,
    /// How many of them would have been denied.
    pub would_be_denied: u64,
    /// The tool of most of those.
    pub tool: Word,
    /// The reason of most of those.
    pub reason: Word,
}

/// The fields of an audit line that matter here; whatever else it has is left alone. A call that was not evaluated has no
/// decision.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    target: Cow<'a, str>,
    timestamp: Timestamp,
    user: Option<Cow<'a, str>>,
    tool: Option<Cow<'a, str>>,
    decision: Option<Cow<'a, str>>,
    reason: Option<Cow<'a, str>>,
    mode: Option<Cow<'a, str>>,
}

impl AuditTrail {
    /// An empty one.
    #[must_use]
    pub fn new(window: Window) -> Self {
        Self {
            window,
            tools: BTreeMap::new(),
            hours: BTreeMap::new(),
            all: Decided::default(),
            skipped: 0,
            beyond: 0,
            first: None,
            last: None,
        }
    }

    /// Takes a line of a gateway's log. Other lines of the same log, and lines of other times, change nothing.
    pub fn line(&mut self, line: &[u8]) {
        let line = without_prefix(line);
        if line.is_empty() {
            return;
        }
        match serde_json::from_slice::<Line<'_>>(line) {
            Ok(line) if line.target == AUDIT => self.decision(&line),
            Ok(_) => {}
            // Most of a log are lines of other shapes; only one that is no JSON at all is worth a word.
            Err(_) if serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok() => {}
            Err(_) => self.skipped += 1,
        }
    }

    /// Takes all lines of a log, of which no more than one is held in memory.
    ///
    /// # Errors
    /// The log cannot be read to its end.
    pub fn read(&mut self, mut log: impl BufRead) -> io::Result<()> {
        let mut line = Vec::new();
        while log.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? > 0 {
            if line.len() as u64 == MAX_LINE && line.last() != Some(&b'\n') {
                log.skip_until(b'\n')?;
                self.skipped += 1;
            } else {
                self.line(&line);
            }
            line.clear();
        }
        Ok(())
    }

    fn decision(&mut self, line: &Line<'_>) {
        let mode = line.mode.as_deref();
        if mode != Some("log-only") || !self.window.contains(line.timestamp) {
            return;
        }
        let is_denied = line.decision.as_deref() == Some("deny");
        self.all.add(is_denied);
        self.first = Some(self.first.map_or(line.timestamp, |first| first.min(line.timestamp)));
        self.last = self.last.max(Some(line.timestamp));

        let [tool, reason, user] =
            [&line.tool, &line.reason, &line.user].map(|text| Word::new(text.as_deref().unwrap_or_default()));
        if let Some(of) = within(&mut self.tools, tool.clone(), MAX_TOOLS) {
            of.decided.add(is_denied);
            if is_denied && let Some(count) = within(&mut of.reasons, reason.clone(), MAX_REASONS) {
                *count += 1;
            }
        }
        let hour = line.timestamp.as_millisecond().div_euclid(HOUR_MILLIS);
        let Some(of) = within(&mut self.hours, (user, hour), MAX_HOURS) else {
            self.beyond += 1;
            return;
        };
        of.decided.add(is_denied);
        if is_denied && let Some(count) = within(&mut of.denials, (tool, reason), MAX_REASONS) {
            *count += 1;
        }
    }

    /// How many decisions in `log-only` mode there were, and how many of them were denials.
    #[must_use]
    pub fn totals(&self) -> (u64, u64) {
        (self.all.evaluated, self.all.denied)
    }

    /// The first and the last decision.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.first.zip(self.last)
    }

    /// Lines that are no JSON, or too long.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Decisions that are missing among the users' hours, because there were too many of those.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.beyond
    }

    /// How many users there were.
    #[must_use]
    pub fn users(&self) -> usize {
        let mut users: Vec<&Word> = self.hours.keys().map(|(user, _)| user).collect();
        users.dedup();
        users.len()
    }

    /// The user with the most would-be denials, and how many.
    #[must_use]
    pub fn leading_user(&self) -> Option<(&Word, u64)> {
        let mut users: BTreeMap<&Word, u64> = BTreeMap::new();
        for ((user, _), hour) in &self.hours {
            *users.entry(user).or_default() += hour.decided.denied;
        }
        users.into_iter().max_by_key(|(_, denied)| *denied)
    }

    /// The hours with the most would-be denials, worst first.
    #[must_use]
    pub fn worst(&self) -> Vec<WorstWindow> {
        let mut hours: Vec<_> = self.hours.iter().filter(|(_, hour)| hour.decided.denied > 0).collect();
        hours.sort_by_key(|(_, hour)| std::cmp::Reverse(hour.decided.denied));
        let shown = hours.into_iter().take(WORST);
        shown
            .filter_map(|((user, hour), of)| {
                let ((tool, reason), _) = of.denials.iter().max_by_key(|(_, count)| **count)?;
                Some(WorstWindow {
                    user: user.clone(),
                    from: Timestamp::from_millisecond(hour.checked_mul(HOUR_MILLIS)?).ok()?,
                    calls: of.decided.evaluated,
                    would_be_denied: of.decided.denied,
                    tool: tool.clone(),
                    reason: reason.clone(),
                })
            })
            .collect()
    }

    pub(super) fn tools(&self) -> &BTreeMap<Word, OfTool> {
        &self.tools
    }
}

impl Decided {
    fn add(&mut self, is_denied: bool) {
        self.evaluated += 1;
        self.denied += u64::from(is_denied);
    }
}

/// A line without what `docker compose logs` puts before it: `gateway-1  | `.
fn without_prefix(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    let object = line.split(|byte| *byte == b'|').next().and_then(|prefix| line.get(prefix.len() + 1..));
    match object.map(<[u8]>::trim_ascii_start) {
        Some(object) if !line.starts_with(b"{") && object.starts_with(b"{") => object,
        _ => line,
    }
}

/// The entry of a map that may not grow beyond `most`.
fn within<K: Ord, V: Default>(map: &mut BTreeMap<K, V>, key: K, most: usize) -> Option<&mut V> {
    if map.len() >= most && !map.contains_key(&key) {
        return None;
    }
    Some(map.entry(key).or_default())
}
