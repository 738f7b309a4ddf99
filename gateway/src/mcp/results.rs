//! How a call's end looks in MCP: success as structured content with the same JSON as text, every failure as a result
//! with `isError`, so that the model can correct itself (server/tools, "Error Handling"). A question to the person is a
//! result of its own kind, and a state that is not the call's is the protocol's error (basic/patterns/mrtr).

use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, ErrorData, MetaObject};
use serde_json::Value;

use super::{consent, message::invalid_params};
use crate::tools::CallFailure;

/// The result of a call.
pub(super) fn of_call(
    result: Result<Value, CallFailure>,
    meta: Option<MetaObject>,
) -> Result<CallToolResponse, ErrorData> {
    let mut result = match result {
        Ok(output) => CallToolResult::structured(output),
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
