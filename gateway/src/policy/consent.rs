//! The person's consent to a call that removes for good, costs or publishes. The question goes out with a sealed state, which the client brings back with
//! the answer: bound to the user, the space, the tool and the arguments, good for a few minutes and for one use. Nothing is
//! kept while the person thinks.

#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mana_mcp_runtime::{crypto::Sealer, tool::CatalogTool};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    candidate::Candidate,
    question::{self, Question},
};
use crate::{
    shared::{
        Use,
        marks::{Mark, MarkId, Marks, Owner},
        redis::RedisLink,
    },
    telemetry::{ConsentOutcome, Evicted, Metrics},
};

/// How long a person may think.
const VALID_FOR: Duration = Duration::from_secs(5 * 60);
/// A longer state is none of ours.
const MAX_STATE_CHARS: usize = 512;

/// Whether the person can be asked through the client of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Person {
    /// The client has said that it can ask.
    Reachable,
    /// It has not, or speaks a revision in which a question would need state held between requests.
    #[default]
    Unreachable,
}

/// What a request says about consent.
#[derive(Debug, Clone, Default)]
pub struct Consenting {
    /// Whether the person can be asked.
    pub person: Person,
    /// What came back from an earlier question.
    pub reply: Option<Reply>,
}

/// An answer, with the state that went out with its question.
#[derive(Debug, Clone)]
pub struct Reply {
    /// As the client gave it back: whatever it says must be proven.
    pub state: String,
    /// What the person said.
    pub answer: Answer,
}

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Accepted,
    /// No.
    Declined,
    /// Nothing: the question was dismissed.
    Cancelled,
    /// The answer is missing, or does not fit the question.
    Unusable,
}

/// A call that the person did not consent to. Its text is for the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The person said no.
    #[error("The person declined `{tool}`, so it did not run. Do not call it again unless they ask for it.")]
    Declined {
        /// The tool's dotted name.
        tool: &'static str,
    },
    /// The person gave no answer.
    #[error("The question whether `{tool}` may run was dismissed, so it did not run. Ask the person what they want.")]
    Cancelled {
        /// The tool's dotted name.
        tool: &'static str,
    },
}

/// A state that this call was not given: forged, another call's or user's, or used before. One text for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`requestState` is not one that this call was given, or it was used before. Call again without it.")]
pub struct ForeignState;

/// A proven state that was not used yet, as far as is known.
#[derive(Debug)]
pub(super) struct Proven(Owner, MarkId, Answer);

/// Asks, and proves what comes back.
#[derive(Debug)]
pub(super) struct Consent {
    states: Sealer,
    valid_for: Duration,
    used: Marks,
    metrics: Arc<Metrics>,
}

impl Consent {
    /// `states` is the same for all gateways of a deployment.
    pub(super) fn new(states: Sealer, redis: Option<Arc<RedisLink>>, metrics: &Arc<Metrics>) -> Self {
        Self {
            states,
            valid_for: VALID_FOR,
            used: Marks::new(Use::Consent, Evicted::UsedConsent, VALID_FOR, redis, metrics),
            metrics: Arc::clone(metrics),
        }
    }

    /// Proves a reply. `None` where there is none that can be used, so that the person is to be asked anew: the state has
    /// expired, or the answer does not fit.
    pub(super) fn prove(&self, reply: Option<&Reply>, call: &Candidate<'_>) -> Result<Option<Proven>, ForeignState> {
        let Some(Reply { state, answer }) = reply else { return Ok(None) };
        let note = self.states.open_text(&bound_to(call), state, MAX_STATE_CHARS);
        let State { id, asked } = note.and_then(|note| State::read(&note)).ok_or_else(|| self.foreign())?;
        // Only what is ours can have expired.
        if *answer == Answer::Unusable || unix_millis().saturating_sub(asked) >= self.valid_for.as_millis() {
            self.metrics.consent(ConsentOutcome::Invalid);
            return Ok(None);
        }
        Ok(Some(Proven(Owner::of(call.access.principal().user()), id, *answer)))
    }

    /// Uses a proven answer. The inner result says whether the person consents.
    pub(super) async fn redeem(
        &self,
        Proven(owner, id, answer): Proven,
        tool: &'static str,
    ) -> Result<Result<(), Refusal>, ForeignState> {
        if self.used.mark(owner, id).await == Mark::Again {
            return Err(self.foreign());
        }
        let (outcome, result) = match answer {
            Answer::Accepted => (ConsentOutcome::Accepted, Ok(())),
            Answer::Declined => (ConsentOutcome::Declined, Err(Refusal::Declined { tool })),
            Answer::Cancelled | Answer::Unusable => (ConsentOutcome::Cancelled, Err(Refusal::Cancelled { tool })),
        };
        self.metrics.consent(outcome);
        Ok(result)
    }

    /// A question about this call.
    pub(super) fn ask(&self, call: &Candidate<'_>) -> Question {
        let state = State { id: rand::random(), asked: unix_millis() };
        // Without random numbers it is no state, and the answer is refused.
        let state = self.states.seal_text(&bound_to(call), &state.written()).unwrap_or_default();
        self.metrics.consent(ConsentOutcome::Asked);
        Question { message: question::about_call(call), state }
    }

    fn foreign(&self) -> ForeignState {
        self.metrics.consent(ConsentOutcome::Invalid);
        ForeignState
    }
}

/// What is sealed in a state.
struct State {
    id: MarkId,
    /// When the question was asked, in milliseconds since 1970.
    asked: u128,
}

impl State {
    fn written(&self) -> Vec<u8> {
        [self.id, self.asked.to_be_bytes()].concat()
    }

    fn read(note: &[u8]) -> Option<Self> {
        let (id, asked) = note.split_first_chunk()?;
        Some(Self { id: *id, asked: u128::from_be_bytes(asked.try_into().ok()?) })
    }
}

fn unix_millis() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

/// A digest of all that a state is good for.
fn bound_to(call: &Candidate<'_>) -> [u8; 32] {
    let mut digest = Sha256::new();
    let parts = [call.access.principal().user().as_str(), &call.access.space().id, call.tool.name()];
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    // A state of a call through `catalog.call` is not good for the direct one.
    digest.update(call.via.map_or("", CatalogTool::name));
    digest.update([0]);
    digest_of(call.arguments, &mut digest);
    digest.finalize().into()
}

/// The same for the same JSON, in whatever order the members of its objects stand. As deep as the parser lets JSON be.
fn digest_of(value: &Value, digest: &mut Sha256) {
    match value {
        Value::Array(items) => {
            digest.update([b'[']);
            digest.update((items.len() as u64).to_be_bytes());
            items.iter().for_each(|item| digest_of(item, digest));
        }
        Value::Object(members) => {
            digest.update([b'{']);
            digest.update((members.len() as u64).to_be_bytes());
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            for (name, value) in members {
                digest.update((name.len() as u64).to_be_bytes());
                digest.update(name);
                digest_of(value, digest);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let text = value.to_string();
            digest.update([b'=']);
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        }
    }
}
