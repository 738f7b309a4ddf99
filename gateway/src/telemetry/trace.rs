//! Spans of calls of tools, and the context that comes with a message of the protocol.

use mana_mcp_runtime::{decode::JsonObject, tool::ToolId};
use mana_mcp_service::trace::{Remote, TARGET, follow_message, name_request};
use serde_json::Value;
use tracing::{Span, field::Empty, info_span};

/// The context of a message, from its `_meta`.
pub(crate) fn remote_of_meta(meta: &JsonObject) -> Option<Remote> {
    let text = |name: &str| meta.get(name).and_then(Value::as_str);
    Remote::read(text("traceparent")?, text("tracestate").unwrap_or_default())
}

/// A span of a call of a tool.
pub(crate) fn tool_span(tool: ToolId) -> Span {
    let span = info_span!(
        target: TARGET,
        "tool",
        otel.name = format_args!("tools/call {}", tool.name()),
        otel.kind = "server",
        otel.status_code = Empty,
        mcp.method.name = "tools/call",
        gen_ai.tool.name = tool.name(),
        outcome = Empty,
        request_id = Empty,
    );
    follow_message(&span);
    name_request(&span);
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_messages_context_may_have_a_state_that_is_none() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let read = |meta: Value| remote_of_meta(meta.as_object().unwrap());
        let plain = read(serde_json::json!({ "traceparent": parent }));
        assert!(plain.is_some());
        assert_eq!(read(serde_json::json!({ "traceparent": parent, "tracestate": 7 })), plain);
        assert_eq!(read(serde_json::json!({ "tracestate": "a=1" })), None);
    }
}
