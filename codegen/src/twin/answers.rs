//! What services answer in an example, in its order, and what their failures are called.

use std::collections::{BTreeMap, VecDeque};

use mana_mcp_values::Value;
use serde_json::Value as Json;

use super::stop::Stop;
use super::stored::{self, Absent};
use super::world::World;
use crate::ir::{Call, Operation};

/// The answers that are left, and the calls that were made.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// By `service.operation`; `None` outside of examples, where services do not answer.
    left: Option<BTreeMap<String, VecDeque<Json>>>,
    /// What was asked for and had no answer.
    missing: Vec<String>,
    /// The calls that were made.
    calls: u64,
}

impl Answers {
    /// The answers of an example.
    pub(super) fn of(services: Option<&Json>) -> Self {
        let services = services.and_then(Json::as_object).into_iter().flatten();
        let left =
            services.map(|(name, answers)| (name.clone(), answers.as_array().cloned().unwrap_or_default().into()));
        Self { left: Some(left.collect()), ..Self::default() }
    }

    /// The number of the next call.
    pub(super) fn next_call(&mut self) -> u64 {
        self.calls += 1;
        self.calls
    }

    /// The next answer of an operation, or the caller's error message.
    pub(super) fn next(&mut self, world: &World<'_>, call: &Call) -> Result<Result<Value, String>, Stop> {
        let (name, operation) = (format!("{}.{}", call.service, call.operation), world.operation(call)?);
        let Some(left) = &mut self.left else {
            let reason = format!("it calls `{name}`, and services answer in examples alone");
            return Err(Stop::OnlyInGateway(reason));
        };
        let Some(answer) = left.get_mut(&name).and_then(VecDeque::pop_front) else {
            self.missing.push(name.clone());
            return Ok(Err(failed(operation, &call.service, 501)));
        };
        let status = answer.as_object().filter(|members| members.len() == 1).and_then(|members| members.get("status"));
        if let Some(status) = status.and_then(Json::as_u64).filter(|status| !(200..300).contains(status)) {
            return Ok(Err(failed(operation, &call.service, status)));
        }
        let read = stored::value(&operation.response, &answer, Absent::IsRefused).filter(|read| !read.is_null());
        Ok(read.ok_or_else(|| {
            format!("The service `{}` gave an answer that the gateway does not understand.", call.service)
        }))
    }

    /// What was asked and has no answer, and what is answered and was not asked.
    pub(super) fn faults(self) -> Vec<String> {
        let missing =
            self.missing.into_iter().map(|name| format!("`{name}` is asked more often than there are answers"));
        let left = self.left.into_iter().flatten().filter(|(_, answers)| !answers.is_empty());
        let left = left.map(|(name, answers)| match answers.len() {
            1 => format!("1 answer of `{name}` is not asked for"),
            many => format!("{many} answers of `{name}` are not asked for"),
        });
        missing.chain(left).collect()
    }
}

/// The caller's error message for a status that is no success, as far as an example can have one.
fn failed(operation: &Operation, service: &str, status: u64) -> String {
    let words = operation.errors.iter().find(|(known, _)| u64::from(*known) == status);
    match (words, status) {
        (_, 401) => format!("The service `{service}` did not accept the access token."),
        (Some((_, words)), _) => words.clone(),
        (None, 402) => "The user has too few credits for this.".to_owned(),
        (None, 403) => format!("The service `{service}` does not let this user do that: it may need another plan."),
        (None, 413) => format!("The request is larger than the service `{service}` takes."),
        (None, 429) => format!("The service `{service}` takes no more requests just now."),
        (None, 507) => format!("The service `{service}` has no room left."),
        (None, 400..=499) => format!("The service `{service}` refused the request (status {status})."),
        (None, _) => format!("The service `{service}` failed."),
    }
}
