//! How a call's end looks in MCP: success as structured content with the same JSON as text, every failure as a result
//! with `isError`, so that the model can correct itself (server/tools, "Error Handling"). A question to the person is a
//! result of its own kind, and a state that is not the call's is the protocol's error (basic/patterns/mrtr).

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, ErrorCode, ErrorData, MetaObject, RequestId};
use serde::ser::Error;

use super::{body::MessageBody, consent, message::invalid_params};
use crate::call::CallFailure;
use mana_mcp_runtime::{
    failure::BackendError,
    tool::{ToolError, ToolOutput},
};

/// The result of a call. An output goes to the outlet: see [`message`].
pub(super) fn of_call(
    result: Result<ToolOutput, CallFailure>,
    meta: Option<MetaObject>,
    outlet: &Outlet,
) -> Result<CallToolResponse, ErrorData> {
    let mut result = match result {
        Ok(output) => {
            // One call, one output.
            outlet.0.get_or_init(|| output);
            CallToolResult::success(Vec::new())
        }
        // That is no business of the model: the client gets a new token.
        Err(CallFailure::Failed(error)) if error.is_of_the_token() => return Err(token_refused(error.to_string())),
        Err(
            failure @ (CallFailure::InvalidInput(_)
            | CallFailure::Denied(_)
            | CallFailure::Refused(_)
            | CallFailure::Failed(_)),
        ) => CallToolResult::error(vec![ContentBlock::text(failure.to_string())]),
        Err(CallFailure::Ask(question)) => return consent::asked(question, meta),
        Err(CallFailure::ForeignState(foreign)) => return Err(invalid_params(foreign.to_string())),
    };
    result.meta = meta;
    Ok(result.into())
}

/// The result of a call for which the identity service could not be asked.
pub(super) fn of_failure(error: BackendError, meta: Option<MetaObject>) -> Result<CallToolResponse, ErrorData> {
    of_call(Err(ToolError::from(error).into()), meta, &Outlet::default())
}

/// A service does not accept the caller's token. Answered with 401 and a challenge, whatever the revision; the code is one
/// that JSON-RPC leaves to servers.
pub(super) const TOKEN_REFUSED: ErrorCode = ErrorCode(-32010);

fn token_refused(text: String) -> ErrorData {
    ErrorData::new(TOKEN_REFUSED, text, None)
}

/// Where a call's output waits until its result has passed rmcp, which takes outputs as trees of values: to make one, and to
/// write it again, would cost more than all else that an answer does.
#[derive(Debug, Clone, Default)]
pub(super) struct Outlet(Arc<OnceLock<ToolOutput>>);

impl Outlet {
    /// The output, where the call had one.
    pub(super) fn output(&self) -> Option<&ToolOutput> {
        self.0.get()
    }
}

/// The message that answers a call which had an output: its JSON stands in it twice, as its one text and as structured
/// content. Both are sent as they are.
pub(super) fn message(
    id: &RequestId,
    result: CallToolResult,
    output: &ToolOutput,
) -> Result<MessageBody, serde_json::Error> {
    let mut around = CallToolResult::success(Vec::new());
    around.result_type = result.result_type;
    around.meta = result.meta;
    let around = serde_json::to_string(&around)?;
    let (before, after) = around.split_once(NO_CONTENT).ok_or_else(|| Error::custom("a result without content"))?;
    let id = serde_json::to_string(id)?;
    let start = [r#"{"jsonrpc":"2.0","id":"#, &id, r#","result":"#, before, r#""content":[{"type":"text","text":""#];
    let end = [after, "}"];
    Ok(MessageBody::of([
        start.concat().into(),
        output.literal().clone(),
        Bytes::from_static(br#""}],"structuredContent":"#),
        output.json().clone(),
        end.concat().into(),
    ]))
}

/// How a result without content says so.
const NO_CONTENT: &str = r#""content":[]"#;
