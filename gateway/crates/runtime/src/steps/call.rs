//! Calls of services. What may follow the writes is asked for when they are stored.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use mana_mcp_values::Value;

use super::{Operation, Steps, answer, request};
use crate::{
    data::DataError,
    service::{ServiceError, ServiceRequest},
    tool::{Call, ToolError},
};

/// Calls of one step that run at a time.
const AT_A_TIME: usize = 4;

impl Steps {
    /// Calls an operation of a service, and returns its answer. One that can be repeated and comes after a write is left for
    /// [`Steps::finish`]: it returns null, and its failure is a note beside the output.
    ///
    /// # Errors
    /// Where the request cannot be made, or the service does not do as asked.
    pub async fn call(&mut self, operation: &'static Operation, with: Value) -> Result<Value, ToolError> {
        let request = self.request(operation, &with)?;
        if self.is_for_later(operation) {
            self.afterwards.push(request);
            return Ok(Value::Null);
        }
        Ok(ask(&self.call, request).await?)
    }

    /// As [`Steps::call`] for each of several requests; returns the list of the answers. Those that can be repeated run four
    /// at a time. Others run one after the other, so that none is under way when one fails.
    ///
    /// # Errors
    /// As [`Steps::call`]: the first one.
    pub async fn call_each(&mut self, operation: &'static Operation, with: Vec<Value>) -> Result<Value, ToolError> {
        let requests = with.iter().map(|with| self.request(operation, with)).collect::<Result<Vec<_>, _>>()?;
        if self.is_for_later(operation) {
            let nulls = vec![Value::Null; requests.len()];
            self.afterwards.extend(requests);
            return Ok(Value::list(nulls));
        }
        let at_a_time = if operation.is_safe { AT_A_TIME } else { 1 };
        let call = &*self.call;
        let answers = stream::iter(requests).map(|request| ask(call, request)).buffered(at_a_time);
        Ok(Value::list(answers.try_collect::<Vec<_>>().await?))
    }

    fn request(&self, operation: &'static Operation, with: &Value) -> Result<ServiceRequest, ToolError> {
        self.look()?;
        if self.call.is_dry() && !operation.is_safe {
            return Err(DataError::NoDryRun.into());
        }
        request::of(operation, with)
    }

    fn is_for_later(&self, operation: &Operation) -> bool {
        operation.is_safe && self.batch.writes().len() > 0
    }
}

/// Asks for what follows the writes, in its order. What fails is noted: the writes are stored.
pub(super) async fn notify(call: &Call, requests: Vec<ServiceRequest>) {
    for request in requests {
        if let Err(error) = ask(call, request).await {
            call.note_not_followed(error);
        }
    }
}

async fn ask(call: &Call, request: ServiceRequest) -> Result<Value, ServiceError> {
    let operation = request.operation;
    let answer = call.data().call_service(request).await?;
    match ServiceError::of_status(operation, &answer) {
        Some(error) => Err(error),
        None => answer::read(operation, &answer.body),
    }
}
