//! The agent behind a call, as the history of the rows that it writes names it. Self-reported: it is shown to people and
//! decides nothing.

use rmcp::model::RequestMetaObject;
use serde_json::Value;

use mana_mcp_runtime::{decode::JsonObject, tool::AgentActor};

const UNKNOWN: &str = "MCP client";
const MAX_CHARS: usize = 64;

/// The client's name for itself, from a request's `_meta`.
pub(super) fn of_request(meta: &RequestMetaObject) -> AgentActor {
    named(meta.0.0.get("io.modelcontextprotocol/clientInfo"))
}

/// The client's name for itself, from `initialize`, as its session keeps it.
pub(super) fn at_initialize(params: &JsonObject) -> String {
    let AgentActor { principal_id, display_name } = named(params.get("clientInfo"));
    // No name holds a line feed.
    format!("{principal_id}\n{display_name}")
}

/// The agent of a session: the same as that of a single request of the same client.
pub(super) fn of_session(kept: &str) -> AgentActor {
    let (name, title) = kept.split_once('\n').unwrap_or((kept, kept));
    AgentActor { principal_id: presentable(name), display_name: presentable(title) }
}

fn named(client_info: Option<&Value>) -> AgentActor {
    let text = |field: &str| client_info.and_then(|info| info.get(field)).and_then(Value::as_str).unwrap_or_default();
    let name = presentable(text("name"));
    let display_name = match text("title") {
        "" => name.clone(),
        title => presentable(title),
    };
    AgentActor { principal_id: name, display_name }
}

/// Without control characters (the sync service's database refuses U+0000), and short.
fn presentable(name: &str) -> String {
    let name: String = name.chars().filter(|char| !char.is_control()).take(MAX_CHARS).collect();
    if name.trim().is_empty() { UNKNOWN.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_cleaned_and_cut() {
        let display_name = |name: &str| named(Some(&json!({ "name": name }))).display_name;
        assert_eq!(display_name(""), UNKNOWN);
        assert_eq!(display_name("a\u{0}b\n"), "ab");
        assert_eq!(display_name(&"x".repeat(1000)).len(), MAX_CHARS);
    }

    #[test]
    fn a_client_is_the_same_agent_in_every_revision() {
        let info = json!({"name": "claude-code", "title": "Claude Code"});
        let params = json!({ "clientInfo": info });
        let agent = of_session(&at_initialize(params.as_object().unwrap()));
        assert_eq!(agent, named(Some(&info)));
        assert_eq!((agent.principal_id.as_str(), agent.display_name.as_str()), ("claude-code", "Claude Code"));
        assert_eq!(of_session(&at_initialize(&JsonObject::new())), named(None));
    }
}
