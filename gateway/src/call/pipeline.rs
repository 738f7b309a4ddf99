//! A call's way: grant, module, arguments, policy, handler, output. Each step's value is needed by the next: a handler takes a
//! [`ToolContext`], a context takes a [`crate::policy::Permit`], a permit is given for arguments that were decoded, and a
//! request starts from a proven [`SpaceAccess`].

use std::{fmt, sync::Arc, time::Instant};

use mana_mcp_runtime::{
    decode::{JsonObject, Violations},
    failure::FailureKind,
    service::{ServiceError, ServiceFailure},
    steps::Plan,
    tool::{
        AgentActor, CallInfo, Catalog, CatalogTool, Effect, PolicyHint, PreparedCall, ToolContext, ToolError, ToolId,
        ToolOutput,
    },
    zone::Zone,
};
use mana_mcp_service::trace;
use serde_json::Value;
use tracing::Instrument;

use super::{
    CallKey, CallerData, Cleared, FindTools, IdempotencyKeys,
    availability::{self, NotConfigured, NotInSpace},
    idempotency::Claim,
    weight::Weighed,
};
use crate::{
    auth::{NotGranted, SpaceAccess, SpaceResolver},
    backend::ServiceClients,
    data::DataServices,
    policy::{
        Candidate, Denial, Gate, Question, Stop, Unasked,
        consent::{Consenting, ForeignState, Refusal},
    },
    telemetry::{
        Audit, HandlerOutcome, Metrics, Outcome,
        audit::{self, End},
        trace::tool_span,
    },
};

/// The greatest answer, both forms of its JSON together. A model's context has less room than that.
pub const MAX_ANSWER_BYTES: usize = 4 << 20;

/// A service has answered with something else than its operation describes.
const MALFORMED: ServiceFailure = ServiceFailure::Other(FailureKind::Malformed);

/// What calls need, built once.
#[derive(Debug)]
pub struct ToolServices {
    /// The tools.
    pub catalog: &'static Catalog,
    /// Rows.
    pub data: Arc<DataServices>,
    /// Spaces.
    pub spaces: Arc<SpaceResolver>,
    /// The services of the catalog.
    pub clients: ServiceClients,
    /// The address of the web application, without a slash at its end.
    pub web: Option<Arc<str>>,
    /// The policy gate.
    pub gate: Gate,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What is noted of calls.
    pub audit: Arc<Audit>,
    /// Calls that clients may make again.
    pub idempotency: IdempotencyKeys,
}

impl ToolServices {
    /// The tools that are listed, by name: those whose services have an address.
    pub fn listed(&self) -> impl Iterator<Item = ToolId> + '_ {
        self.catalog.served().filter(|tool| self.is_listed(*tool))
    }

    /// Whether all services that a tool calls have an address.
    #[must_use]
    pub fn is_listed(&self, tool: ToolId) -> bool {
        self.clients.missing(tool).is_none()
    }
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
    /// By which the client makes the same call again.
    pub key: Option<CallKey>,
    /// Whether nothing is to be stored, and the answer says what would have changed.
    pub is_dry: bool,
}

/// What a call came to.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The result.
    pub output: ToolOutput,
    /// Whether it is that of an earlier call with the same key.
    pub is_replayed: bool,
}

impl From<ToolOutput> for Answered {
    fn from(output: ToolOutput) -> Self {
        Self { output, is_replayed: false }
    }
}

/// Why a call has no result. Each has a text.
#[derive(Debug, thiserror::Error)]
pub enum CallFailure {
    /// The arguments do not fit the tool's schema.
    #[error("{0}")]
    InvalidInput(Violations),
    /// The person did not grant it to the program.
    #[error("{0}")]
    NotGranted(NotGranted),
    /// The active space does not have the tool's module.
    #[error("{0}")]
    NotInSpace(NotInSpace),
    /// A service that the tool calls has no address.
    #[error("{0}")]
    NotConfigured(NotConfigured),
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
    /// The idempotency key was used for other arguments.
    #[error(
        "idempotency_key_reused: this key was used for a call of this tool with other arguments, so nothing was done. Use \
         a new key for a new call."
    )]
    KeyReused,
    /// The call was carried out before, and its answer is not kept.
    #[error("{0}")]
    DoneBefore(DoneBefore),
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

/// The ids of the rows that a call added.
#[derive(Debug, Clone)]
pub struct DoneBefore(Arc<[String]>);

impl fmt::Display for DoneBefore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("This call was carried out before with the same idempotency key. Its answer is not kept.")?;
        match &*self.0 {
            [] => Ok(()),
            ids => write!(f, " New rows: {}.", ids.join(", ")),
        }
    }
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
pub async fn call(services: &Arc<ToolServices>, request: CallRequest) -> Result<Answered, CallFailure> {
    let span = tool_span(request.tool);
    let now = Instant::now();
    // Within the span, whose trace the log tells.
    let mut audit = span.in_scope(|| services.audit.begin(request.tool, &request.access, &request.arguments, now));
    audit.came(request.route.via);
    let result = pass(services, request, &mut audit, now).instrument(span.clone()).await;
    let end = match &result {
        Ok(Answered { is_replayed: true, .. }) | Err(CallFailure::DoneBefore(_)) => End::Replayed,
        Ok(Answered { output, .. }) if output.plan().is_some() => End::DryRun,
        Ok(_) => End::Counted(Outcome::Success),
        Err(CallFailure::KeyReused) => End::KeyReused,
        Err(CallFailure::InvalidInput(_)) => End::Counted(Outcome::InputInvalid),
        Err(CallFailure::NotGranted(_)) => End::NotGranted,
        Err(CallFailure::NotInSpace(_)) => End::NotInSpace,
        Err(CallFailure::NotConfigured(_)) => End::NotConfigured,
        Err(CallFailure::Denied(_)) => End::Denied,
        Err(CallFailure::Ask(_)) => End::Asked,
        Err(CallFailure::Refused(_)) => End::Refused,
        Err(CallFailure::Unasked(_)) => End::Unasked,
        Err(CallFailure::ForeignState(_)) => End::InvalidState,
        Err(CallFailure::Failed(_) | CallFailure::TooLong(_)) => End::Counted(Outcome::HandlerError),
    };
    if let Err(CallFailure::Failed(error)) = &result {
        audit.failed(error.failed_service());
    }
    trace::end(&span, end.label(), result.is_ok());
    audit.ended(end, result.as_ref().ok().map(|answered| answered.output.bytes()));
    result
}

async fn pass(
    services: &Arc<ToolServices>,
    request: CallRequest,
    audit: &mut audit::Entry,
    now: Instant,
) -> Result<Answered, CallFailure> {
    let CallRequest { tool, route, access, mut arguments, agent, consenting, zone, key, is_dry } = request;
    access.principal().rights().check(tool, access.space()).map_err(CallFailure::NotGranted)?;
    availability::check(tool, access.space()).map_err(CallFailure::NotInSpace)?;
    availability::check_services(tool, &services.clients).map_err(CallFailure::NotConfigured)?;
    let prepared = tool.entry().prepare(&mut arguments).map_err(CallFailure::InvalidInput)?;
    services.metrics.arguments_corrected(prepared.leniencies());
    let arguments = Value::Object(arguments);
    let candidate = Candidate { tool, via: route.via, access: &access, arguments: &arguments, now, is_dry };
    // A call that stores nothing simply runs again.
    let keyed = match key.filter(|_| tool.effect() != Effect::Read && !is_dry) {
        Some(key) => {
            let (user, space) = (access.principal().user(), &access.space().id);
            match Box::pin(services.idempotency.claim(user, space, tool, &key, &arguments)).await {
                Claim::Run(run) => Some(run),
                Claim::Reused => return Err(CallFailure::KeyReused),
                Claim::Replay(output) => {
                    services.gate.may_be_told(&candidate).await?;
                    return Ok(Answered { output, is_replayed: true });
                }
                Claim::Done(ids) => {
                    services.gate.may_be_told(&candidate).await?;
                    return Err(CallFailure::DoneBefore(DoneBefore(ids)));
                }
            }
        }
        None => None,
    };
    let permit = match services.gate.admit(candidate, consenting, audit).await {
        Err(Stop::Ask(question)) => {
            let info = CallInfo { is_dry: true, ..info_of(tool, arguments, &access, agent, zone) };
            return Err(CallFailure::Ask(with_plan(services, tool, question, access, info, prepared).await));
        }
        admitted => admitted?,
    };
    let info = CallInfo { is_dry, ..info_of(tool, arguments, &access, agent, zone) };
    let caller = access.principal().user().clone();
    let data =
        CallerData::new(Arc::clone(&services.data), Arc::clone(&services.spaces), access, Cleared::ToRun(permit))
            .with_clients(services.clients.clone())
            .with_finder(route.finder)
            .with_suite(services.catalog, services.web.clone());
    let mut weighed = Weighed::new(&services.gate, caller, tool, data.bytes_read());
    let context = ToolContext::new(Arc::new(data), info);
    let running = (!is_dry).then(|| Running::start(audit));
    let result = match &keyed {
        Some(run) => Box::pin(run.ids().supply(prepared.run(context))).await,
        None => prepared.run(context).await,
    };
    if let Some(running) = running {
        running.end(&result);
    }
    if let Err(ToolError::Service(ServiceError { operation, failure: MALFORMED })) = &result {
        services.clients.malformed(operation);
    }
    let output = result?;
    if let Some(run) = keyed {
        run.done(&output);
    }
    weighed.answered = output.json().len() + output.literal().len() + output.plan().map_or(0, Plan::bytes);
    if weighed.answered > MAX_ANSWER_BYTES {
        let is_read = tool.spec().policy_hint == PolicyHint::Read;
        return Err(CallFailure::TooLong(if is_read { TooLong::OfRead } else { TooLong::OfWrite }));
    }
    Ok(output.into())
}

fn info_of(tool: ToolId, arguments: Value, access: &SpaceAccess, agent: AgentActor, zone: Zone) -> CallInfo {
    CallInfo {
        tool: tool.name(),
        arguments,
        user: access.principal().subject().to_owned(),
        space: access.space().id.clone(),
        space_type: access.space().kind,
        personal_space: access.personal_space().to_owned(),
        agent,
        zone,
        is_dry: false,
    }
}

/// The question, which says what the call will change where a dry run can tell. Where it cannot, the question as it is.
async fn with_plan(
    services: &Arc<ToolServices>,
    tool: ToolId,
    question: Question,
    access: SpaceAccess,
    info: CallInfo,
    prepared: PreparedCall,
) -> Question {
    let space = access.space().clone();
    let (data, spaces) = (Arc::clone(&services.data), Arc::clone(&services.spaces));
    // Without clients of services: none hears of a call before the person has said yes.
    let caller = access.principal().user().clone();
    let data = CallerData::new(data, spaces, access, Cleared::to_ask(&question));
    let _weighed = Weighed::new(&services.gate, caller, tool, data.bytes_read());
    let dry_run = Box::pin(prepared.run(ToolContext::new(Arc::new(data), info))).await;
    match dry_run.as_ref().ok().and_then(ToolOutput::plan) {
        Some(plan) => question.about(tool, &space, plan),
        None => question,
    }
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
