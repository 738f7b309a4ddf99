//! What happened, until it is counted and told.

use std::time::Instant;

use super::{
    access::RequestNote,
    audit::{CALL, CallNote, TurnedAwayNote},
    logging::{Kind, Record},
    metrics::LogKind,
};

/// What happened. As a value, and not behind a pointer: each call makes one, and memory of its own would be a good part of
/// what it costs.
#[derive(Debug)]
pub(crate) enum Event {
    /// A call has ended.
    Call(CallNote),
    /// A call went no further.
    TurnedAway(TurnedAwayNote),
    /// A request was answered, or given up.
    Request(RequestNote),
}

/// A line that an event has.
pub(super) struct Line {
    /// What is dropped first where the reader of the log is behind.
    pub(super) kind: LogKind,
    /// What its lines have in common.
    pub(super) format: &'static Kind,
    /// When it happened.
    pub(super) at: Instant,
}

impl Event {
    /// Counts it, where metrics do.
    pub(super) fn count(&self) {
        match self {
            Self::Call(call) => call.count(),
            Self::TurnedAway(_) | Self::Request(_) => (),
        }
    }

    /// Its line, where anybody reads it.
    pub(super) fn line(&self) -> Option<Line> {
        let (kind, format, at) = match self {
            Self::Call(call) if !call.is_shown() => return None,
            Self::Call(call) => (LogKind::Audit, &CALL, call.ended),
            Self::TurnedAway(away) => (LogKind::Audit, &CALL, away.at),
            Self::Request(request) => (LogKind::Access, request.format, request.ended),
        };
        Some(Line { kind, format, at })
    }

    /// Adds what stands in its line.
    pub(super) fn add_to(&self, record: &mut Record) {
        match self {
            Self::Call(call) => call.add_to(record),
            Self::TurnedAway(away) => away.add_to(record),
            Self::Request(request) => request.add_to(record),
        }
    }
}
