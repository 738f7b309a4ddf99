//! The verdict, and the rules that lead to it. What speaks against enforcing stands before what is missing: a gate that is
//! known to be wrong does not get better with more data.

use std::{fmt, str::FromStr, time::Duration};

use serde::Serialize;

use super::{Word, printable, recording::Unseen};

/// The greatest share of calls that a soak may know nothing about, because they were not evaluated in `log-only` mode.
const MAX_OTHERS: f64 = 0.05;

/// A part of a whole, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
pub struct Share(f64);

/// An invalid share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a share from 0% to 100%, like `1%` or `0.01`")]
pub struct UnknownShare;

impl Share {
    /// `part` of `whole`; nothing of nothing is zero.
    #[must_use]
    pub fn of(part: f64, whole: f64) -> Self {
        Self(if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 })
    }

    /// The number, from 0 to 1.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for Share {
    type Err = UnknownShare;

    fn from_str(text: &str) -> Result<Self, UnknownShare> {
        let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
        let share = number.trim().parse::<f64>().map_err(|_| UnknownShare)? / unit;
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(UnknownShare) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.0 * 100.0;
        let text = match percent {
            0.0 => "0 %".to_owned(),
            ..0.01 => "<0.01 %".to_owned(),
            ..10.0 => format!("{percent:.2} %"),
            _ => format!("{percent:.1} %"),
        };
        f.pad(&text)
    }
}

/// What a soak must show.
#[derive(Debug, Clone)]
pub struct Thresholds {
    /// The greatest share of calls that may be denied although they should not be.
    pub budget: Share,
    /// The fewest evaluations from which anything follows.
    pub min_calls: u64,
    /// The shortest time that must have been looked at.
    pub min_covered: Duration,
    /// Reasons whose denials are wanted, and are not charged to the budget.
    pub accepted: Vec<Word>,
}

/// What the rules look at.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Evaluations in `log-only` mode.
    pub(super) calls: u64,
    /// Would-be denials that count against the budget.
    pub(super) charged: u64,
    /// Evaluations that failed.
    pub(super) unknown: u64,
    /// Evaluations and charged denials in the last quarter of the window.
    pub(super) lately: (u64, u64),
    /// For how long `log-only` was looked at.
    pub(super) covered: Duration,
    /// How long the window is.
    pub(super) length: Duration,
    /// The gateway of which the least was seen.
    pub(super) least_seen: Option<Unseen>,
    /// Evaluations in `enforce` mode.
    pub(super) enforced: u64,
    /// Calls that ran without an evaluation.
    pub(super) unevaluated: u64,
    /// Where calls are not evaluated in `log-only` mode at all: what happens with them instead.
    pub(super) instead: Option<Instead>,
}

/// What a gateway does whose log tells nothing about `log-only`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instead {
    /// It denies already.
    Enforces,
    /// It takes calls and evaluates none.
    Off,
    /// It takes no calls.
    Idle,
}

/// Whether `POLICY_MODE=enforce` may be set.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The soak has shown what it had to.
    Enforce,
    /// Not enough is known.
    Wait(Vec<Missing>),
    /// Enforcing would hurt.
    DoNot(Vec<Objection>),
}

impl Verdict {
    /// The verdict's name, as in the report.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Enforce => "enforce",
            Verdict::Wait(_) => "wait",
            Verdict::DoNot(_) => "do-not",
        }
    }

    /// Why, a sentence each.
    #[must_use]
    pub fn because(&self) -> Vec<String> {
        match self {
            Verdict::Enforce => Vec::new(),
            Verdict::Wait(missing) => missing.iter().map(ToString::to_string).collect(),
            Verdict::DoNot(objections) => objections.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What speaks against enforcing.
#[derive(Debug, Clone, PartialEq)]
pub enum Objection {
    /// The gate itself fails, and would deny.
    Unknown {
        /// How often.
        count: u64,
    },
    /// Too many calls would be denied.
    OverBudget {
        /// How many.
        denied: u64,
        /// Of how many.
        calls: u64,
        /// The budget.
        budget: Share,
    },
}

/// What a soak has not shown yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Missing {
    /// The gate enforces: there is no soak.
    AlreadyEnforced,
    /// The gate is off: nothing is evaluated.
    SwitchedOff,
    /// Nobody called a tool.
    NoCalls,
    /// Too little time was looked at.
    Time {
        /// How long was.
        covered: Duration,
        /// How long must be.
        wanted: Duration,
    },
    /// A gateway ran, and too little of that was looked at.
    Gateway {
        /// Which.
        gateway: String,
        /// For how long it ran so.
        unseen: Duration,
        /// For how long it may.
        most: Duration,
    },
    /// Too many calls were not evaluated in `log-only` mode.
    OtherModes {
        /// Calls that were.
        calls: u64,
        /// Calls that were not evaluated.
        unevaluated: u64,
        /// Calls that were evaluated in `enforce` mode.
        enforced: u64,
    },
    /// Too few calls were evaluated.
    Calls {
        /// How many were.
        calls: u64,
        /// How many must be.
        wanted: u64,
    },
    /// The whole is within the budget, its last quarter is not.
    Rising {
        /// The share of would-be denials in the last quarter of the window.
        lately: Share,
        /// The budget.
        budget: Share,
    },
}

/// Applies the rules.
pub(super) fn judge(facts: &Facts, thresholds: &Thresholds) -> Verdict {
    let &Facts { calls, charged, unknown, lately: (calls_lately, charged_lately), covered, .. } = facts;
    match facts.instead {
        Some(Instead::Enforces) => return Verdict::Wait(vec![Missing::AlreadyEnforced]),
        Some(Instead::Off) => return Verdict::Wait(vec![Missing::SwitchedOff]),
        Some(Instead::Idle) => return Verdict::Wait(vec![Missing::NoCalls]),
        None => {}
    }
    let &Thresholds { budget, min_calls, min_covered, .. } = thresholds;
    let has_calls = calls >= min_calls.max(1);

    let mut objections = Vec::new();
    if unknown > 0 {
        objections.push(Objection::Unknown { count: unknown });
    }
    // A few calls say nothing: one denial among ten of them is neither much nor little.
    if has_calls && share(charged, calls) > budget {
        objections.push(Objection::OverBudget { denied: charged, calls, budget });
    }
    if !objections.is_empty() {
        return Verdict::DoNot(objections);
    }

    let mut missing = Vec::new();
    if covered < min_covered {
        missing.push(Missing::Time { covered, wanted: min_covered });
    }
    // Each gateway may go unseen for as long as all of them may.
    let most = facts.length.saturating_sub(min_covered);
    if covered >= min_covered
        && let Some(Unseen { gateway, unseen }) = facts.least_seen.clone()
        && unseen > most
    {
        missing.push(Missing::Gateway { gateway, unseen, most });
    }
    let (unevaluated, enforced) = (facts.unevaluated, facts.enforced);
    let others = unevaluated.saturating_add(enforced);
    if share(others, calls.saturating_add(others)).get() > MAX_OTHERS {
        missing.push(Missing::OtherModes { calls, unevaluated, enforced });
    }
    if !has_calls {
        missing.push(Missing::Calls { calls, wanted: min_calls.max(1) });
    }
    let rate_lately = share(charged_lately, calls_lately);
    // An eighth of the calls that the whole needs, so that a quiet night is no trend.
    if has_calls && calls_lately >= min_calls / 8 && rate_lately > budget {
        missing.push(Missing::Rising { lately: rate_lately, budget });
    }
    if missing.is_empty() { Verdict::Enforce } else { Verdict::Wait(missing) }
}

pub(super) fn share(part: u64, whole: u64) -> Share {
    Share::of(part as f64, whole as f64)
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Objection::Unknown { count } => write!(
                f,
                "the evaluation itself failed for {count} calls (reason \"unknown\"), and enforcing denies those: find \
                 out why in the gateway's log"
            ),
            Objection::OverBudget { denied, calls, budget } => write!(
                f,
                "{denied} of {calls} calls would be denied, {}, and the budget is {budget}: mend what is called \
                 wrongly, raise the limit, or say with --accept which reasons you want denied",
                share(*denied, *calls)
            ),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::AlreadyEnforced => f.write_str(
                "the gate enforces already, and evaluated nothing in log-only mode within the window: there is nothing to \
                 soak",
            ),
            Missing::SwitchedOff => f.write_str(
                "tools are called, but nothing is evaluated (POLICY_MODE=off): set POLICY_MODE=log-only and come back",
            ),
            Missing::NoCalls => f.write_str("no tool was called within the window"),
            Missing::Time { covered, wanted } => {
                write!(
                    f,
                    "log-only was looked at for {} of the window, and {} are wanted: times without samples do not count, \
                     and neither do those in which calls were not evaluated, or enforced",
                    span(*covered),
                    span(*wanted)
                )
            }
            Missing::Gateway { gateway, unseen, most } => write!(
                f,
                "the gateway {} ran for {} without being looked at in log-only mode, and {} are the most: calls of that \
                 time are not known. Was it scraped, and in log-only mode?",
                if gateway.is_empty() { "without a name".to_owned() } else { printable(gateway) },
                span(*unseen),
                span(*most)
            ),
            Missing::OtherModes { calls, unevaluated, enforced } => write!(
                f,
                "beside {calls} calls in log-only mode, {unevaluated} ran without an evaluation (POLICY_MODE=off) and \
                 {enforced} in mode enforce, which is more than {}: nothing is known of them. Leave every gateway in \
                 log-only for the whole window",
                Share(MAX_OTHERS)
            ),
            Missing::Calls { calls, wanted } => write!(f, "{calls} calls were evaluated, and {wanted} are wanted"),
            Missing::Rising { lately, budget } => write!(
                f,
                "the whole is within the budget, but in the last quarter of the window {lately} of the calls would be \
                 denied (budget {budget}): wait until that has gone by, or find out what it is"
            ),
        }
    }
}

/// A duration in its two greatest units.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let pair = |great: u64, name: &str, small: u64, small_name: &str| match small {
        0 => format!("{great} {name}"),
        _ => format!("{great} {name} {small} {small_name}"),
    };
    match (days, hours, minutes) {
        (1.., _, _) => pair(days, "d", hours, "h"),
        (0, 1.., _) => pair(hours, "h", minutes, "min"),
        (0, 0, 1..) => pair(minutes, "min", seconds % 60, "s"),
        (0, 0, 0) => format!("{seconds} s"),
    }
}
