//! How a call's end looks in MCP: success as structured content with the same JSON as text, every failure as a result
//! with `isError`, so that the model can correct itself (server/tools, "Error Handling").

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

use crate::tools::CallFailure;

/// The result of a call.
pub(super) fn of_call(result: Result<Value, CallFailure>) -> CallToolResult {
    match result {
        Ok(output) => CallToolResult::structured(output),
        Err(failure @ (CallFailure::InvalidInput(_) | CallFailure::Denied(_) | CallFailure::Failed(_))) => {
            CallToolResult::error(vec![ContentBlock::text(failure.to_string())])
        }
    }
}
