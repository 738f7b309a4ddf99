//! How a call's end looks in MCP: success as structured content with the same JSON as text, every failure as a result
//! with `isError`, so that the model can correct itself (server/tools, "Error Handling"). A question to the person is a
//! result of its own kind, and a state that is not the call's is the protocol's error (basic/patterns/mrtr).

use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, ErrorCode, ErrorData, MetaObject, RequestId};

use serde::{Serialize, ser::Error};

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
        // In the two forms in which the message holds it: see `message`.
        Ok(output) => {
            let (json, literal) = output.into_json_and_literal();
            CallToolResult::success(vec![ContentBlock::text(literal), ContentBlock::text(json)])
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
    of_call(Err(ToolError::from(error).into()), meta)
}

/// A service does not accept the caller's token. Answered with 401 and a challenge, whatever the revision; the code is one
/// that JSON-RPC leaves to servers.
pub(super) const TOKEN_REFUSED: ErrorCode = ErrorCode(-32010);

fn token_refused(text: String) -> ErrorData {
    ErrorData::new(TOKEN_REFUSED, text, None)
}

/// The message that answers a call. What succeeded stands here as the inside of a string and as JSON, and in the message as
/// its one text and its structured content: as it is, because to write it again would cost more than all else that an
/// answer does.
pub(super) fn message(id: &RequestId, result: &CallToolResult) -> Result<Vec<u8>, serde_json::Error> {
    let (literal, json) = match result.content.as_slice() {
        [ContentBlock::Text(literal), ContentBlock::Text(json)] if result.is_error != Some(true) => {
            (literal.text.as_str(), json.text.as_str())
        }
        _ => return serde_json::to_vec(&Answer { jsonrpc: "2.0", id, result }),
    };
    let mut around = CallToolResult::success(Vec::new());
    around.result_type = result.result_type.clone();
    around.meta = result.meta.clone();
    let around = serde_json::to_string(&around)?;
    let (before, after) = around.split_once(NO_CONTENT).ok_or_else(|| Error::custom("a result without content"))?;
    let mut message = Vec::with_capacity(literal.len() + json.len() + around.len() + 256);
    message.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    serde_json::to_writer(&mut message, id)?;
    let parts = [
        r#","result":"#,
        before,
        r#""content":[{"type":"text","text":""#,
        literal,
        r#""}],"structuredContent":"#,
        json,
        after,
        "}",
    ];
    parts.iter().for_each(|part| message.extend_from_slice(part.as_bytes()));
    Ok(message)
}

/// How a result without content says so.
const NO_CONTENT: &str = r#""content":[]"#;

#[derive(Serialize)]
struct Answer<'a> {
    jsonrpc: &'static str,
    id: &'a RequestId,
    result: &'a CallToolResult,
}
