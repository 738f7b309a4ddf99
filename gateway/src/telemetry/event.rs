//! What happened, until it is counted and told.

use std::time::Instant;

use super::{
    access::{REQUEST, RequestNote},
    audit::{CALL, CallNote, TurnedAwayNote},
    logging::{Kind, Record},
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

impl Event {
    /// Counts it, where metrics do.
    pub(super) fn count(&self) {
        match self {
            Self::Call(call) => call.count(),
            Self::TurnedAway(_) | Self::Request(_) => (),
        }
    }

    /// The kind and the moment of its line, where anybody reads it.
    pub(super) fn line(&self) -> Option<(&'static Kind, Instant)> {
        match self {
            Self::Call(call) => call.is_shown().then_some((&CALL, call.ended)),
            Self::TurnedAway(away) => Some((&CALL, away.at)),
            Self::Request(request) => Some((&REQUEST, request.ended)),
        }
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
