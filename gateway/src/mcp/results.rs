//! How a call's end looks in MCP: success as structured content with the same JSON as text, every failure as a result
//! with `isError`, so that the model can correct itself (server/tools, "Error Handling"). A question to the person is a
//! result of its own kind, and a state that is not the call's is the protocol's error (basic/patterns/mrtr).

use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, ErrorCode, ErrorData, MetaObject, RequestId};

use super::{consent, message::invalid_params};
use crate::{
    backend::BackendError,
    tools::{CallFailure, ToolError, ToolOutput},
};

/// The result of a call.
pub(super) fn of_call(
    result: Result<ToolOutput, CallFailure>,
    meta: Option<MetaObject>,
) -> Result<CallToolResponse, ErrorData> {
    let mut result = match result {
        // Its structured content is the same JSON, and is added where the message is written.
        Ok(output) => CallToolResult::success(vec![ContentBlock::text(output.into_json())]),
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
    of_call(Err(ToolError::from(error).into()), meta)
}

/// A service does not accept the caller's token. Answered with 401 and a challenge, whatever the revision; the code is one
/// that JSON-RPC leaves to servers.
pub(super) const TOKEN_REFUSED: ErrorCode = ErrorCode(-32010);

fn token_refused(text: String) -> ErrorData {
    ErrorData::new(TOKEN_REFUSED, text, None)
}

/// The message that answers a call. What succeeded has its text once more as structured content: as it is, because it is
/// JSON already, where a value that is parsed and written again would cost more than all else that an answer does.
pub(super) fn message(id: &RequestId, result: &CallToolResult) -> Result<Vec<u8>, serde_json::Error> {
    let structured = match result.content.as_slice() {
        [ContentBlock::Text(text)] if result.is_error != Some(true) => Some(text.text.as_str()),
        _ => None,
    };
    let room = structured.map_or(0, |json| 2 * json.len() + json.len() / 4);
    let mut message = Vec::with_capacity(room + 1024);
    message.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    serde_json::to_writer(&mut message, id)?;
    message.extend_from_slice(br#","result":"#);
    serde_json::to_writer(&mut message, result)?;
    if let Some(json) = structured
        && message.pop_if(|last| *last == b'}').is_some()
    {
        message.extend_from_slice(br#","structuredContent":"#);
        message.extend_from_slice(json.as_bytes());
        message.push(b'}');
    }
    message.push(b'}');
    Ok(message)
}
