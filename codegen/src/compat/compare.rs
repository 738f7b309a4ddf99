//! Two interfaces, tool by tool.

use super::{Change, Interface, Rule, TableInterface, ToolInterface, Verdict, schema};
use crate::ir::PolicyHint;

/// All differences, by tool; of a tool, those that break clients come first.
pub fn compare(old: &Interface, new: &Interface) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, before) in &old.tools {
        match new.tools.get(name) {
            Some(after) => tool(name, before, after, &mut changes),
            None => changes.push(gone(name, before, old, new)),
        }
    }
    for name in new.tools.keys().filter(|name| !old.tools.contains_key(*name)) {
        changes.push(whole(name, Rule::ToolAdded, Verdict::Additive, "is new".to_owned()));
    }
    changes.sort_by(|a, b| (&a.tool, a.verdict).cmp(&(&b.tool, b.verdict)));
    changes
}

fn whole(tool: &str, rule: Rule, verdict: Verdict, what: String) -> Change {
    Change { tool: tool.to_owned(), at: String::new(), rule, verdict, what }
}

/// A tool that is not there any more; one that is new and equal to it in everything is the same tool renamed.
fn gone(name: &str, before: &ToolInterface, old: &Interface, new: &Interface) -> Change {
    let renamed = new.tools.iter().find(|(other, after)| !old.tools.contains_key(*other) && *after == before);
    match renamed {
        Some((other, _)) => whole(name, Rule::ToolRenamed, Verdict::Breaking, format!("is called `{other}` now")),
        None => whole(name, Rule::ToolRemoved, Verdict::Breaking, "is gone".to_owned()),
    }
}

fn tool(name: &str, old: &ToolInterface, new: &ToolInterface, changes: &mut Vec<Change>) {
    let mut push = |at: &str, rule, breaking: bool, what: String| {
        let verdict = if breaking { Verdict::Breaking } else { Verdict::Additive };
        changes.push(Change { tool: name.to_owned(), at: at.to_owned(), rule, verdict, what });
    };
    if old.scope != new.scope {
        let what = format!("`{}` instead of `{}`", new.scope.word(), old.scope.word());
        push("scope", Rule::Scope, true, what);
    }
    if old.policy_hint != new.policy_hint {
        let what = format!("`{}` instead of `{}`", new.policy_hint.word(), old.policy_hint.word());
        push("policyHint", Rule::PolicyHint, weight(new.policy_hint) > weight(old.policy_hint), what);
    }
    if old.idempotent != new.idempotent {
        let what = if new.idempotent { "an equal call may be repeated" } else { "an equal call may not be repeated" };
        push("idempotent", Rule::Idempotent, old.idempotent, what.to_owned());
    }
    if let (Some(old), Some(new)) = (&old.table, &new.table) {
        table(old, new, push);
    } else if let Some(old) = &old.table {
        // A custom tool says nothing of its tables: what was promised of them cannot be held against it.
        push("table", Rule::Table, true, format!("the tool is custom now; it worked on `{}`", old.name));
    } else if let Some(new) = &new.table {
        push("table", Rule::Table, false, format!("works on `{}`", new.name));
    }
    for (at, old, new, side) in [
        ("input", &old.input, &new.input, schema::Side::Input),
        ("output", &old.output, &new.output, schema::Side::Output),
    ] {
        schema::compare(name, at, old, new, side, changes);
    }
}

fn table(old: &TableInterface, new: &TableInterface, mut push: impl FnMut(&str, Rule, bool, String)) {
    if old.name != new.name {
        push("table", Rule::Table, true, format!("works on `{}` instead of `{}`", new.name, old.name));
    }
    for field in old.encrypted.iter().filter(|field| !new.encrypted.contains(field)) {
        let at = format!("encryptedFields/{field}");
        push(&at, Rule::Encryption, true, "is not encrypted any more".to_owned());
    }
    for field in new.encrypted.iter().filter(|field| !old.encrypted.contains(field)) {
        push(&format!("encryptedFields/{field}"), Rule::Encryption, false, "is encrypted".to_owned());
    }
}

/// How much permission a hint asks for.
fn weight(hint: PolicyHint) -> u8 {
    match hint {
        PolicyHint::Read => 0,
        PolicyHint::Write => 1,
        PolicyHint::Destructive => 2,
    }
}
