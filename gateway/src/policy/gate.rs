//! The gate: gathers what the rules need, evaluates, notes, and stops the call if the mode says so. A call that removes for
//! good, costs or publishes and passes waits for the person's consent, where the person can be asked.

#[cfg(test)]
mod tests;

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt;

use super::{
    candidate::Candidate,
    consent::{Consent, Consenting, Person},
    markers::{self, NoPatterns},
    opt_ins::{OptIns, SpaceOptIns},
    rules::{self, Decision, Rate, Reason},
    settings::{Mode, PolicySettings},
    stop::{Denial, Stop, Unasked},
    windows::RateWindows,
};
use crate::{
    auth::UserId,
    backend::SpacePoliciesClient,
    shared::redis::RedisLink,
    telemetry::{Metrics, audit},
};
use mana_mcp_runtime::{
    crypto::Sealer,
    tool::{Catalog, PolicyHint, ToolId},
};

/// What the gate works with.
#[derive(Debug)]
pub struct GateServices {
    /// Says what spaces allow, besides the configuration.
    pub space_policies: Option<SpacePoliciesClient>,
    /// What names of tools mean.
    pub catalog: &'static Catalog,
    /// Shares windows and used consent with other gateways.
    pub redis: Option<Arc<RedisLink>>,
    /// Seals the states of questions for consent.
    pub consent_states: Sealer,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// Proof that the gate has let a call pass; only [`Gate::admit`] makes one, and no handler runs without it.
#[derive(Debug)]
pub struct Permit(());

#[cfg(test)]
impl Permit {
    /// A permit that no gate gave.
    pub(crate) fn for_tests() -> Self {
        Self(())
    }
}

/// The policy gate of one gateway.
#[derive(Debug)]
pub struct Gate {
    mode: Mode,
    opt_ins: OptIns,
    windows: RateWindows,
    consent: Consent,
}

/// The call's place in the rate window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It needs one.
    Wanted,
    /// The question whose answer this is has taken it.
    Taken,
}

/// What an evaluation came to.
#[derive(Debug, Clone, Copy)]
struct Verdict {
    reason: Reason,
    retry_after: Option<Duration>,
}

impl Gate {
    /// A gate with empty windows.
    #[must_use]
    pub fn new(settings: PolicySettings, services: GateServices) -> Self {
        let PolicySettings { mode, rate_limit_per_minute, opt_ins } = settings;
        let GateServices { catalog, space_policies, redis, consent_states, metrics } = services;
        if mode != Mode::Off {
            markers::prepare();
        }
        Self {
            mode,
            opt_ins: OptIns::new(&opt_ins, catalog, space_policies, &metrics),
            windows: RateWindows::new(rate_limit_per_minute, redis.clone(), &metrics),
            consent: Consent::new(consent_states, redis, &metrics),
        }
    }

    /// Evaluates a call, and notes the decision in its entry.
    ///
    /// # Errors
    /// [`Stop::Denied`] in [`Mode::Enforce`]. In [`Mode::LogOnly`] the same denial is only noted, unless the call is
    /// destructive, its space has not opted in and the person cannot be asked: it is denied, and noted as in
    /// [`Mode::Enforce`]. The others where the call needs consent and the gate is not off.
    pub async fn admit(
        &self,
        call: Candidate<'_>,
        consenting: Consenting,
        audit: &mut audit::Entry,
    ) -> Result<Permit, Stop> {
        if self.mode == Mode::Off {
            return Ok(Permit(()));
        }
        let place = match self.consent.prove(consenting.reply.as_ref(), &call).map_err(Stop::ForeignState)? {
            Some(proven) => {
                let answer =
                    Box::pin(self.consent.redeem(proven, call.tool.name())).await.map_err(Stop::ForeignState)?;
                answer.map_err(Stop::Refused)?;
                Place::Taken
            }
            None => Place::Wanted,
        };
        let Verdict { reason, retry_after } = self.verdict(&call, place).await;
        // Neither the space nor the person has allowed it: that holds while the other rules are soaked, too.
        let is_unallowed = call.tool.is_destructive()
            && !call.is_dry
            && matches!(reason, Reason::DestructiveNotAllowed | Reason::Unknown)
            && (place, consenting.person) == (Place::Wanted, Person::Unreachable);
        let mode = if is_unallowed { Mode::Enforce } else { self.mode };
        let is_stopped = reason.decision() == Decision::Deny && mode == Mode::Enforce;
        // A question and its answer are one evaluation, unless the space has changed its mind in between.
        if place == Place::Wanted || is_stopped {
            audit.decided(reason, mode);
        }
        if is_stopped {
            return Err(Stop::Denied(Denial { reason, tool: call.tool.name(), retry_after }));
        }
        let needs_consent = call.tool.spec().needs_consent() && !call.is_dry;
        let is_unasked = (place, consenting.person) == (Place::Wanted, Person::Unreachable);
        if call.via.is_some() && needs_consent && is_unasked {
            return Err(Stop::Unasked(Unasked { tool: call.tool.name(), module: call.tool.module() }));
        }
        match (place, consenting.person) {
            (Place::Wanted, Person::Reachable) if needs_consent => Err(Stop::Ask(self.consent.ask(&call))),
            // Where nobody can be asked, a destructive call has come so far by the space's word alone; what costs or publishes
            // is left to the host, to which the tool's listing says so.
            (Place::Taken | Place::Wanted, Person::Reachable | Person::Unreachable) => Ok(Permit(())),
        }
    }

    /// Whether the answer of a call may be told again that was carried out before: the space may have changed its mind.
    ///
    /// # Errors
    /// [`Stop::Denied`], in [`Mode::Enforce`].
    pub async fn may_be_told(&self, call: &Candidate<'_>) -> Result<(), Stop> {
        if self.mode != Mode::Enforce {
            return Ok(());
        }
        let space = match call.tool.spec().policy_hint {
            PolicyHint::Destructive => Box::pin(self.opt_ins.of(&call.access.space().id)).await,
            PolicyHint::Read | PolicyHint::Write => SpaceOptIns::default(),
        };
        match rules::standing_denial(call.tool, &space) {
            Some(reason) => Err(Stop::Denied(Denial { reason, tool: call.tool.name(), retry_after: None })),
            None => Ok(()),
        }
    }

    /// Gives a call that has ended further places in the user's rate window, for the bytes that it read and answered.
    pub fn weigh(&self, user: &UserId, tool: ToolId, bytes: usize, now: Instant) {
        if self.mode != Mode::Off {
            self.windows.weigh(user, tool, bytes, now);
        }
    }

    /// The evaluation; one that fails, or panics, is a denial for a reason of its own.
    async fn verdict(&self, call: &Candidate<'_>, place: Place) -> Verdict {
        let evaluated = AssertUnwindSafe(self.evaluate(call, place)).catch_unwind().await;
        match evaluated {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(NoPatterns)) | Err(_) => Verdict { reason: Reason::Unknown, retry_after: None },
        }
    }

    /// Gathers what the rules need. The place in the window comes last: a call that is denied, or whose evaluation fails,
    /// takes none.
    async fn evaluate(&self, call: &Candidate<'_>, place: Place) -> Result<Verdict, NoPatterns> {
        let Candidate { tool, access, arguments, now, via: _, is_dry: _ } = *call;
        let space = match tool.spec().policy_hint {
            PolicyHint::Destructive => Box::pin(self.opt_ins.of(&access.space().id)).await,
            PolicyHint::Read | PolicyHint::Write => SpaceOptIns::default(),
        };
        let signal = markers::look(arguments)?;
        let rate = match (rules::standing_denial(tool, &space), place) {
            (None, Place::Wanted) => self.windows.admit(access.principal(), tool, now).await,
            (Some(_), _) | (None, Place::Taken) => Rate::Admitted,
        };
        let retry_after = match rate {
            Rate::Exceeded { retry_after } => Some(retry_after),
            Rate::Admitted => None,
        };
        Ok(Verdict { reason: rules::evaluate(tool, &space, rate, signal), retry_after })
    }
}
