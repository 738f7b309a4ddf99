//! The question whether a call may run, in words for the person.

use serde_json::Value;

use super::candidate::Candidate;
use mana_mcp_runtime::{
    decode::JsonObject,
    space::Space,
    steps::{ChangeKind, Plan, PlannedChange},
    tool::ToolId,
};

const MAX_SHOWN_CHARS: usize = 200;
/// The most rows that a question names, and the most fields of each.
const MAX_NAMED: usize = 5;

/// A question to the person, and the state that must come back with the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the person is asked.
    pub message: String,
    /// The sealed state.
    pub state: String,
}

impl Question {
    /// The same question about what the call will change, and not only what it was called with.
    pub(crate) fn about(self, tool: ToolId, space: &Space, plan: &Plan) -> Self {
        if plan.changes.is_empty() { self } else { Self { message: worded(tool, &summary(plan), space), ..self } }
    }
}

/// What a call will change, in words: the first rows by their labels, then how many there are besides.
fn summary(plan: &Plan) -> String {
    let mut parts: Vec<String> = plan.changes.iter().take(MAX_NAMED).map(row_summary).collect();
    match plan.total.saturating_sub(parts.len()) {
        0 => {}
        1 => parts.push("1 more row".to_owned()),
        more => parts.push(format!("{more} more rows")),
    }
    parts.join("; ")
}

fn row_summary(change: &PlannedChange) -> String {
    let PlannedChange { noun, id, label, before, after, .. } = change;
    let verb = match change.change {
        ChangeKind::Create => "adds",
        ChangeKind::Update => "changes",
        ChangeKind::Delete => "deletes",
        ChangeKind::Restore => "brings back",
        ChangeKind::Remove => "removes",
    };
    let name = label.as_deref().filter(|label| !label.trim().is_empty()).unwrap_or(id);
    let row = format!("{verb} the {noun} {}", quoted(name));
    if change.change != ChangeKind::Update {
        return row;
    }
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let changed = names.filter(|name| before.get(*name) != after.get(*name)).map(|name| {
        let value = |fields: &JsonObject| fields.get(name).map_or("nothing".to_owned(), quoted_value);
        format!("{name} from {} to {}", value(before), value(after))
    });
    let changed: Vec<String> = changed.take(MAX_NAMED).collect();
    if changed.is_empty() { row } else { format!("{row} ({})", changed.join(", ")) }
}

fn quoted_value(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

/// Between marks that the text itself does not have, and not too long.
fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("\"{}\"", shown(&short).replace('"', "'"))
}

/// Where nothing tells what will change, the arguments are shown as they came: the person sees what the agent asked for.
pub(super) fn about_call(call: &Candidate<'_>) -> String {
    let arguments = shown(&call.arguments.to_string());
    worded(call.tool, &arguments, call.access.space())
}

/// The space is last, because anybody may have named a shared one: nothing that it says can pass for the question.
fn worded(tool: ToolId, what: &str, space: &Space) -> String {
    let (title, name) = (tool.spec().title, tool.name());
    let space = shown(&space.name).replace('"', "'");
    let lasting = if tool.is_destructive() { " What it removes is gone for good." } else { "" };
    let asks = tool.spec().consent.map(|consent| format!("{consent} ")).unwrap_or_default();
    format!("{asks}{title} (`{name}`): {what}. Accept to let it run.{lasting} The space is named \"{space}\".")
}

/// Without what cannot be seen, or makes a line read otherwise than it is.
pub(super) fn shown(text: &str) -> String {
    let is_hidden = |char: char| {
        char.is_control()
            || matches!(char, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(char, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut chars = text.chars().filter(|char| !is_hidden(*char));
    let mut shown: String = chars.by_ref().take(MAX_SHOWN_CHARS).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}
