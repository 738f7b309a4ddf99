//! A call's way: module, arguments, policy, handler, output. Each step's value is needed by the next: a handler takes a
//! [`ToolContext`], a context takes a [`crate::policy::Permit`], a permit is given for arguments that were decoded, and a
//! request starts from a proven [`SpaceAccess`].

use std::{fmt, sync::Arc, time::Instant};

use mana_mcp_replica::Caller;
use mana_mcp_runtime::{
    decode::{JsonObject, Violations},
    space::Space,
    tool::{AgentActor, CallInfo, Catalog, CatalogTool, PolicyHint, ToolContext, ToolError, ToolId, ToolOutput},
    zone::Zone,
};
use serde_json::Value;
use tracing::Instrument;

use super::{
    CallerData,
    availability::{self, NotInSpace},
};
use crate::{
    auth::{SpaceAccess, SpaceResolver},
    data::DataServices,
    policy::{
        Candidate, Denial, Gate, Stop, Unasked,
        consent::{Consenting, ForeignState, Question, Refusal},
    },
    telemetry::{
        Audit, HandlerOutcome, Metrics, Outcome,
        audit::{self, End},
        trace,
    },
};

/// The greatest answer, both forms of its JSON together. A model's context has less room than that.
pub const MAX_ANSWER_BYTES: usize = 4 << 20;

/// What calls need, built once.
#[derive(Debug)]
pub struct ToolServices {
    /// The tools.
    pub catalog: &'static Catalog,
    /// Rows.
    pub data: Arc<DataServices>,
    /// Spaces.
    pub spaces: Arc<SpaceResolver>,
    /// The policy gate.
    pub gate: Gate,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What is noted of calls.
    pub audit: Arc<Audit>,
}

/// Finds tools for `catalog.find`: those that the address of a call reaches.
pub trait FindTools: fmt::Debug + Send + Sync {
    /// The tools that fit these words best, for a call in that space.
    fn find(&self, words: &str, space: &Space) -> Value;
}

/// How a call came to its tool.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// The tool of the module `catalog` that it was taken out of; none where the client called the tool itself.
    pub via: Option<CatalogTool>,
    /// What `catalog.find` asks. Without it, it finds nothing.
    pub finder: Option<Arc<dyn FindTools>>,
}

/// A call of a known tool by a proven member of a space.
#[derive(Debug)]
pub struct CallRequest {
    /// The tool.
    pub tool: ToolId,
    /// How the call came to it.
    pub route: Route,
    /// Who calls, and in which space.
    pub access: SpaceAccess,
    /// The arguments as they came.
    pub arguments: JsonObject,
    /// The agent that acts for the user, as the rows' history shows it.
    pub agent: AgentActor,
    /// What the request says about the person's consent.
    pub consenting: Consenting,
    /// The caller's time zone.
    pub zone: Zone,
}

/// Why a call has no result. Each has a text.
#[derive(Debug, thiserror::Error)]
pub enum CallFailure {
    /// The arguments do not fit the tool's schema.
    #[error("{0}")]
    InvalidInput(Violations),
    /// The active space does not have the tool's module.
    #[error("{0}")]
    NotInSpace(NotInSpace),
    /// The policy gate stopped it.
    #[error("{0}")]
    Denied(Denial),
    /// The person was asked and does not consent.
    #[error("{0}")]
    Refused(Refusal),
    /// It needs the person's consent, and did not come to its tool in a way that lets hosts ask for it.
    #[error("{0}")]
    Unasked(Unasked),
    /// The person must be asked first: the one end that is no failure of the call.
    #[error("{}", .0.message)]
    Ask(Question),
    /// What came back from a question was not this call's; a fault of the client, not of the model.
    #[error("{0}")]
    ForeignState(ForeignState),
    /// The answer is longer than [`MAX_ANSWER_BYTES`].
    #[error("{0}")]
    TooLong(TooLong),
    /// The handler failed.
    #[error(transparent)]
    Failed(#[from] ToolError),
}

/// An answer that is not sent because of its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLong {
    /// A call that only read.
    #[error(
        "The answer would be longer than 4 MiB. Ask for less: set `limit` to fewer rows, or narrow the filters, and repeat \
         the call for the rest."
    )]
    OfRead,
    /// A call that may have written.
    #[error("The call was carried out, but its answer is longer than 4 MiB and is not sent. Do not repeat the call.")]
    OfWrite,
}

impl From<Stop> for CallFailure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Denied(denial) => Self::Denied(denial),
            Stop::Ask(question) => Self::Ask(question),
            Stop::Refused(refusal) => Self::Refused(refusal),
            Stop::Unasked(unasked) => Self::Unasked(unasked),
            Stop::ForeignState(foreign) => Self::ForeignState(foreign),
        }
    }
}

/// Runs one call.
///
/// # Errors
/// [`CallFailure`]; each is noted.
pub async fn call(services: &Arc<ToolServices>, request: CallRequest) -> Result<ToolOutput, CallFailure> {
    let span = trace::tool_span(request.tool);
    let now = Instant::now();
    let mut audit = services.audit.begin(request.tool, &request.access, &request.arguments, now);
    audit.came(request.route.via);
    let result = pass(services, request, &mut audit, now).instrument(span.clone()).await;
    let end = match &result {
        Ok(_) => End::Counted(Outcome::Success),
        Err(CallFailure::InvalidInput(_)) => End::Counted(Outcome::InputInvalid),
        Err(CallFailure::NotInSpace(_)) => End::NotInSpace,
        Err(CallFailure::Denied(_)) => End::Denied,
        Err(CallFailure::Ask(_)) => End::Asked,
        Err(CallFailure::Refused(_)) => End::Refused,
        Err(CallFailure::Unasked(_)) => End::Unasked,
        Err(CallFailure::ForeignState(_)) => End::InvalidState,
        Err(CallFailure::Failed(_) | CallFailure::TooLong(_)) => End::Counted(Outcome::HandlerError),
    };
    trace::end(&span, end.label(), result.is_ok());
    audit.ended(end, result.as_ref().ok().map(ToolOutput::bytes));
    result
}

async fn pass(
    services: &Arc<ToolServices>,
    request: CallRequest,
    audit: &mut audit::Entry,
    now: Instant,
) -> Result<ToolOutput, CallFailure> {
    let CallRequest { tool, route, access, mut arguments, agent, consenting, zone } = request;
    availability::check(tool, access.space()).map_err(CallFailure::NotInSpace)?;
    let prepared = tool.entry().prepare(&mut arguments).map_err(CallFailure::InvalidInput)?;
    services.metrics.arguments_corrected(prepared.leniencies());
    let arguments = Value::Object(arguments);
    let candidate = Candidate { tool, via: route.via, access: &access, arguments: &arguments, now };
    let permit = services.gate.admit(candidate, consenting, audit).await?;
    let space_type = access.space().kind;
    let data = CallerData::new(Arc::clone(&services.data), Arc::clone(&services.spaces), access, permit);
    let data = data.with_finder(route.finder);
    let Caller { subject: user, space, personal_space, .. } = data.caller().clone();
    let info = CallInfo { tool, arguments, user, space, space_type, personal_space, agent, zone };
    let context = ToolContext::new(Arc::new(data), info);
    let running = Running::start(audit);
    let result = prepared.run(context).await;
    running.end(&result);
    let output = result?;
    if output.json().len() + output.literal().len() > MAX_ANSWER_BYTES {
        let is_read = tool.spec().policy_hint == PolicyHint::Read;
        return Err(CallFailure::TooLong(if is_read { TooLong::OfRead } else { TooLong::OfWrite }));
    }
    Ok(output)
}

/// A handler at work. Noted when it ends, also when the caller has gone and the call is dropped half-way.
struct Running<'a> {
    audit: &'a mut audit::Entry,
    started: Instant,
    outcome: HandlerOutcome,
}

impl<'a> Running<'a> {
    fn start(audit: &'a mut audit::Entry) -> Self {
        Self { audit, started: Instant::now(), outcome: HandlerOutcome::HandlerError }
    }

    fn end(mut self, result: &Result<ToolOutput, ToolError>) {
        if result.is_ok() {
            self.outcome = HandlerOutcome::Success;
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.audit.handled(self.outcome, self.started);
    }
}
