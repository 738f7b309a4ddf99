//! How a call's end looks in MCP: success as structured content with the same JSON as text, every failure as a result
//! with `isError`, so that the model can correct itself (server/tools, "Error Handling"). A question to the person is a
//! result of its own kind, and a state that is not the call's is the protocol's error (basic/patterns/mrtr).

use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, ErrorData, MetaObject, RequestId};

use super::{consent, message::invalid_params};
use crate::tools::{CallFailure, ToolOutput};

/// The result of a call.
pub(super) fn of_call(
    result: Result<ToolOutput, CallFailure>,
    meta: Option<MetaObject>,
) -> Result<CallToolResponse, ErrorData> {
    let mut result = match result {
        // Its structured content is the same JSON, and is added where the message is written.
        Ok(output) => CallToolResult::success(vec![ContentBlock::text(output.into_json())]),
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
