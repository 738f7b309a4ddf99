//! What is noted of calls, and the lines that come of it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use mana_mcp_runtime::{
    failure::FailedService,
    tool::{CatalogTool, ToolId},
};
use mana_mcp_service::{
    RequestId,
    logs::{self, Kind, LogKind, Record},
    trace::TraceId,
};

use super::ends::{CANCELLED, End, TurnedAway};
use crate::{
    policy::{Mode, Reason},
    telemetry::metrics::{HandlerOutcome, Metrics},
};

/// The lines. By their target, `LOG=off,mana_mcp::audit=info` logs them alone.
pub(super) const CALL: Kind = Kind { message: "call", target: mana_mcp_soak::AUDIT };

/// What is noted of one call, where it is counted or anybody reads it.
#[derive(Debug)]
pub struct Entry(Option<CallNote>);

/// What is noted of one call that is counted, or of which somebody reads.
#[derive(Debug)]
pub(super) struct CallNote {
    metrics: Arc<Metrics>,
    tool: ToolId,
    via: Option<CatalogTool>,
    /// What only the log tells.
    shown: Option<Shown>,
    evaluation: Option<(Reason, Mode)>,
    handled: Option<Handled>,
    end: Option<End>,
    failed: Option<FailedService>,
    result_bytes: Option<usize>,
    begun: Instant,
    ended: Instant,
}

/// What only the log tells of a call.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) request_id: Option<RequestId>,
    pub(super) trace: Option<TraceId>,
    pub(super) user: u64,
    pub(super) space: u64,
    pub(super) arguments: u64,
    pub(super) arguments_bytes: u64,
}

/// The end of a handler.
#[derive(Debug)]
struct Handled {
    outcome: HandlerOutcome,
    took: Duration,
    at: Instant,
}

impl Entry {
    /// Of a call that nobody counts or reads.
    pub(super) fn none() -> Self {
        Self(None)
    }

    pub(super) fn of(call: CallNote) -> Self {
        Self(Some(call))
    }

    /// Notes the tool of the module `catalog` that the call was taken out of.
    pub fn came(&mut self, via: Option<CatalogTool>) {
        if let Self(Some(call)) = self {
            call.via = via;
        }
    }

    /// Notes what the policy said.
    pub fn decided(&mut self, reason: Reason, mode: Mode) {
        if let Self(Some(call)) = self {
            call.evaluation = Some((reason, mode));
        }
    }

    /// Notes how the call's handler ended, which began then.
    pub fn handled(&mut self, outcome: HandlerOutcome, began: Instant) {
        if let Self(Some(call)) = self {
            let at = Instant::now();
            call.handled = Some(Handled { outcome, took: at.saturating_duration_since(began), at });
        }
    }

    /// Notes the service at which the call failed, if it was one.
    pub fn failed(&mut self, failed: Option<FailedService>) {
        if let Self(Some(call)) = self {
            call.failed = failed;
        }
    }

    /// Notes how the call ended. Without it, it is one that its caller gave up.
    pub fn ended(&mut self, end: End, result_bytes: Option<usize>) {
        if let Self(Some(call)) = self {
            (call.end, call.result_bytes) = (Some(end), result_bytes);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(mut call) = self.0.take() {
            // What comes behind the handler takes no time.
            call.ended = call.handled.as_ref().map_or_else(Instant::now, |handled| handled.at);
            call.count();
            if call.shown.is_some() {
                logs::write(LogKind::Audit, CALL, call.ended, |record| call.add_to(record));
            }
        }
    }
}

impl CallNote {
    pub(super) fn new(metrics: Arc<Metrics>, tool: ToolId, shown: Option<Shown>, now: Instant) -> Self {
        Self {
            metrics,
            tool,
            via: None,
            shown,
            evaluation: None,
            handled: None,
            end: None,
            failed: None,
            result_bytes: None,
            begun: now,
            ended: now,
        }
    }

    fn count(&self) {
        let Self { metrics, tool, .. } = self;
        if let Some((reason, mode)) = self.evaluation {
            metrics.policy_decision(reason, mode);
        }
        if let Some(Handled { outcome, took, .. }) = &self.handled {
            metrics.tool_invocation(*tool, (*outcome).into());
            metrics.tool_duration(*tool, *outcome, *took);
        } else if let Some(End::Counted(outcome)) = self.end {
            metrics.tool_invocation(*tool, outcome);
        }
    }

    fn add_to(&self, record: &mut Record) {
        let Some(Shown { request_id, trace, user, space, arguments, arguments_bytes }) = &self.shown else { return };
        let (reason, mode) = self.evaluation.unzip();
        let took = self.ended.saturating_duration_since(self.begun);
        record
            .text("request_id", request_id.as_ref().map(RequestId::as_str))
            .text("trace_id", trace.map(|id| id.to_string()).as_deref())
            .hash("user", *user)
            .hash("space", *space)
            .text("tool", self.tool.name())
            .text("via", self.via.map(CatalogTool::name))
            .text("decision", reason.map(|reason: Reason| reason.decision().label()))
            .text("reason", reason.map(Reason::label))
            .text("mode", mode.map(Mode::label))
            .text("outcome", self.end.map_or(CANCELLED, End::label))
            .text("service", self.failed.map(|failed| failed.service))
            .text("failure", self.failed.map(|failed| failed.failure))
            .hash("arguments", *arguments)
            .number("arguments_bytes", *arguments_bytes)
            .number("result_bytes", self.result_bytes.and_then(|bytes| u64::try_from(bytes).ok()))
            .number("microseconds", u64::try_from(took.as_micros()).ok());
    }
}

/// What is noted of a call that did not come as far as a tool in a space.
#[derive(Debug)]
pub(super) struct TurnedAwayNote {
    pub(super) request_id: Option<RequestId>,
    pub(super) trace: Option<TraceId>,
    pub(super) user: u64,
    pub(super) tool: Option<ToolId>,
    pub(super) why: TurnedAway,
}

impl TurnedAwayNote {
    /// Writes its line.
    pub(super) fn write(&self) {
        logs::write(LogKind::Audit, CALL, Instant::now(), |record| self.add_to(record));
    }

    fn add_to(&self, record: &mut Record) {
        let failed = self.why.failed_service();
        record
            .text("request_id", self.request_id.as_ref().map(RequestId::as_str))
            .text("trace_id", self.trace.map(|id| id.to_string()).as_deref())
            .hash("user", self.user)
            .text("tool", self.tool.map(ToolId::name))
            .text("outcome", self.why.label())
            .text("service", failed.map(|failed| failed.service))
            .text("failure", failed.map(|failed| failed.failure));
    }
}
