//! The lock of a module: its published interface, and the breaking changes that were accepted.

use std::fmt;

use serde_json::{Value as Json, json};

use super::{Change, Interface, Rule, Verdict};

/// The form of the file; a file of another form is refused, not guessed at.
const VERSION: u64 = 1;

/// What a file of `catalog/lock/` says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lock {
    interface: Interface,
    accepted: Vec<Accepted>,
}

/// Breaking changes that were made on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Why they were made.
    pub reason: String,
    /// What they were.
    pub changes: Vec<Change>,
}

/// Why a text is no lock.
#[derive(Debug)]
pub enum LockError {
    /// It is not JSON.
    Syntax(serde_json::Error),
    /// It was written by another version of this program.
    Version,
    /// This part of it is not what this program writes.
    Part(&'static str),
}

impl Lock {
    /// A lock of this interface, with nothing accepted yet.
    pub fn new(interface: Interface) -> Self {
        Self { interface, accepted: Vec::new() }
    }

    /// Reads what [`Lock::to_text`] wrote.
    ///
    /// # Errors
    /// It is something else.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let json: Json = serde_json::from_str(text).map_err(LockError::Syntax)?;
        if json.get("version").and_then(Json::as_u64) != Some(VERSION) {
            return Err(LockError::Version);
        }
        let interface = json.get("tools").and_then(Interface::from_json).ok_or(LockError::Part("tools"))?;
        let accepted = json.get("accepted").and_then(Json::as_array).ok_or(LockError::Part("accepted"))?;
        let accepted = accepted.iter().map(Accepted::from_json).collect::<Option<_>>();
        Ok(Self { interface, accepted: accepted.ok_or(LockError::Part("accepted"))? })
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let accepted: Vec<Json> = self.accepted.iter().map(Accepted::to_json).collect();
        let json = json!({
            "generated": "by `cargo xtask gen`; a breaking change is accepted with `cargo xtask gen --accept-breaking \"<reason>\"`",
            "version": VERSION,
            "tools": self.interface.to_json(),
            "accepted": accepted,
        });
        format!("{json:#}\n")
    }

    /// What was published.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// What was accepted, oldest first.
    pub fn accepted(&self) -> &[Accepted] {
        &self.accepted
    }

    /// The lock once `interface` is published; `accepted` says what of it breaks clients, and why that must be.
    #[must_use]
    pub fn publish(&self, interface: Interface, accepted: Option<Accepted>) -> Self {
        let kept = self.accepted.iter().cloned().chain(accepted);
        Self { interface, accepted: kept.collect() }
    }

    /// The last reason that was given after `base` was written for a change like this.
    pub(super) fn accepted_since(&self, base: &Self, is_like: impl Fn(&Change) -> bool) -> Option<&str> {
        let new = self.accepted.iter().filter(|one| !base.accepted.contains(one));
        new.rev().find(|one| one.changes.iter().any(&is_like)).map(|one| one.reason.as_str())
    }
}

impl Accepted {
    fn to_json(&self) -> Json {
        let changes = self.changes.iter().map(
            |Change { tool, at, rule, what, .. }| json!({ "tool": tool, "at": at, "rule": rule.slug(), "what": what }),
        );
        json!({ "reason": self.reason, "changes": changes.collect::<Vec<_>>() })
    }

    fn from_json(json: &Json) -> Option<Self> {
        let changes = json.get("changes")?.as_array()?.iter().map(|change| {
            let text = |name: &str| change.get(name).and_then(Json::as_str).map(str::to_owned);
            let slug = text("rule")?;
            let rule = Rule::ALL.iter().copied().find(|rule| rule.slug() == slug)?;
            Some(Change { tool: text("tool")?, at: text("at")?, rule, verdict: Verdict::Breaking, what: text("what")? })
        });
        Some(Self { reason: json.get("reason")?.as_str()?.to_owned(), changes: changes.collect::<Option<_>>()? })
    }
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => write!(f, "it is not JSON: {error}"),
            Self::Version => write!(f, "it is not of version {VERSION}"),
            Self::Part(part) => write!(f, "`{part}` is not what `cargo xtask gen` writes"),
        }
    }
}

impl std::error::Error for LockError {}
