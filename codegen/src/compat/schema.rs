//! Two published schemas.
//!
//! Every difference makes the set of values wider or narrower, or both. Clients write inputs, so a narrower input
//! refuses what they send; they read outputs, so a wider output holds what they do not know.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::{Change, Rule, Verdict};

/// Which way values go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// From clients.
    Input,
    /// To clients.
    Output,
}

/// What became of the set of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Wider,
    Narrower,
    /// Neither holds the other, or nobody can tell.
    Other,
}

/// Adds all differences between two schemas.
pub(super) fn compare(tool: &str, at: &str, old: &Json, new: &Json, side: Side, changes: &mut Vec<Change>) {
    Walk { tool, side, changes }.schema(at, old, new);
}

struct Walk<'a> {
    tool: &'a str,
    side: Side,
    changes: &'a mut Vec<Change>,
}

impl Walk<'_> {
    fn push(&mut self, at: &str, rule: Rule, effect: Effect, what: String) {
        let additive = matches!((self.side, effect), (Side::Input, Effect::Wider) | (Side::Output, Effect::Narrower));
        let verdict = if additive { Verdict::Additive } else { Verdict::Breaking };
        self.changes.push(Change { tool: self.tool.to_owned(), at: at.to_owned(), rule, verdict, what });
    }

    fn schema(&mut self, at: &str, old: &Json, new: &Json) {
        // Where even the type is another one, its keywords have nothing to be compared with.
        if self.types(at, old, new) == Some(Effect::Other) {
            return;
        }
        self.words(at, old, new);
        for (keyword, noun, lower) in BOUNDS {
            self.bound(at, keyword, noun, lower, old, new);
        }
        self.unique(at, old, new);
        self.text_rule(at, "pattern", Rule::Pattern, old, new);
        self.text_rule(at, "format", Rule::Format, old, new);
        self.properties(at, old, new);
        if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
            self.schema(&format!("{at}/items"), old, new);
        }
    }

    fn types(&mut self, at: &str, old: &Json, new: &Json) -> Option<Effect> {
        let (old, new) = (types(old), types(new));
        if old == new {
            return None;
        }
        let effect = match (holds(&new, &old), holds(&old, &new)) {
            (true, _) => Effect::Wider,
            (_, true) => Effect::Narrower,
            _ => Effect::Other,
        };
        self.push(at, Rule::Type, effect, format!("{} instead of {}", listed(&new, " or "), listed(&old, " or ")));
        Some(effect)
    }

    fn words(&mut self, at: &str, old: &Json, new: &Json) {
        // The type says whether null is allowed.
        let words = |schema: &Json| -> Option<BTreeSet<String>> {
            let words = schema.get("enum")?.as_array()?;
            Some(words.iter().filter_map(Json::as_str).map(str::to_owned).collect())
        };
        match (words(old), words(new)) {
            (Some(old), Some(new)) => {
                let gone: BTreeSet<_> = old.difference(&new).cloned().collect();
                let more: BTreeSet<_> = new.difference(&old).cloned().collect();
                if !gone.is_empty() {
                    self.push(at, Rule::Enum, Effect::Narrower, format!("not {} any more", listed(&gone, " or ")));
                }
                if !more.is_empty() {
                    self.push(at, Rule::Enum, Effect::Wider, format!("{} too", listed(&more, " or ")));
                }
            }
            (Some(_), None) => self.push(at, Rule::Enum, Effect::Wider, "any word, not only some".to_owned()),
            (None, Some(new)) => {
                self.push(at, Rule::Enum, Effect::Narrower, format!("only {}", listed(&new, " or ")));
            }
            (None, None) => {}
        }
    }

    fn bound(&mut self, at: &str, keyword: &str, noun: &str, lower: bool, old: &Json, new: &Json) {
        let bound = |schema: &Json| schema.get(keyword).and_then(Json::as_f64);
        let (before, after) = (bound(old), bound(new));
        if before == after {
            return;
        }
        let tighter = match (before, after) {
            (None, _) => true,
            (_, None) => false,
            (Some(before), Some(after)) => (after > before) == lower,
        };
        let effect = if tighter { Effect::Narrower } else { Effect::Wider };
        let least = if lower { "at least" } else { "at most" };
        let shown = |schema: &Json| schema.get(keyword).map(ToString::to_string);
        let what = match (shown(old), shown(new)) {
            (Some(old), Some(new)) => format!("{least} {new}{noun} instead of {old}"),
            (None, Some(new)) => format!("{least} {new}{noun}; there was no such bound"),
            (Some(old), None) => format!("no bound any more, it was {least} {old}{noun}"),
            (None, None) => return,
        };
        self.push(at, Rule::Bounds, effect, what);
    }

    fn unique(&mut self, at: &str, old: &Json, new: &Json) {
        let unique = |schema: &Json| schema.get("uniqueItems").and_then(Json::as_bool).unwrap_or(false);
        match (unique(old), unique(new)) {
            (false, true) => self.push(at, Rule::Bounds, Effect::Narrower, "no two items may be equal".to_owned()),
            (true, false) => self.push(at, Rule::Bounds, Effect::Wider, "items may be equal".to_owned()),
            _ => {}
        }
    }

    /// A pattern or format: what another one takes cannot be told.
    fn text_rule(&mut self, at: &str, keyword: &str, rule: Rule, old: &Json, new: &Json) {
        let text = |schema: &Json| schema.get(keyword).and_then(Json::as_str).map(str::to_owned);
        match (text(old), text(new)) {
            (Some(old), Some(new)) if old != new => {
                self.push(at, rule, Effect::Other, format!("the {keyword} `{new}` instead of `{old}`"));
            }
            (None, Some(new)) => {
                self.push(at, rule, Effect::Narrower, format!("the {keyword} `{new}`; there was none"));
            }
            (Some(old), None) => self.push(at, rule, Effect::Wider, format!("no {keyword} any more, it was `{old}`")),
            _ => {}
        }
    }

    fn properties(&mut self, at: &str, old: &Json, new: &Json) {
        let none = Map::new();
        let of = |schema: &'_ Json| schema.get("properties").and_then(Json::as_object).cloned();
        let (before, after) = (of(old), of(new));
        match (&before, &after) {
            (None, Some(_)) if may_be_object(old) => {
                return self.push(at, Rule::Property, Effect::Narrower, "only known properties".to_owned());
            }
            (Some(_), None) if may_be_object(new) => {
                return self.push(at, Rule::Property, Effect::Wider, "any properties".to_owned());
            }
            _ => {}
        }
        let (before, after) = (before.as_ref().unwrap_or(&none), after.as_ref().unwrap_or(&none));
        for (name, schema) in before {
            let at = format!("{at}/{name}");
            let Some(now) = after.get(name) else {
                // A closed object refuses it now; of an open one nobody knows any more what stands there.
                let effect = if self.side == Side::Input { Effect::Narrower } else { Effect::Wider };
                self.push(&at, Rule::Property, effect, "is gone".to_owned());
                continue;
            };
            let (always, absent) = match self.side {
                Side::Input => ("must be given", "may be left out"),
                Side::Output => ("is always there", "may be absent"),
            };
            match (is_required(old, name), is_required(new, name)) {
                (false, true) => self.push(&at, Rule::Required, Effect::Narrower, always.to_owned()),
                (true, false) => self.push(&at, Rule::Required, Effect::Wider, absent.to_owned()),
                _ => self.default(&at, schema, now),
            }
            self.schema(&at, schema, now);
        }
        for name in after.keys().filter(|name| !before.contains_key(*name)) {
            let at = format!("{at}/{name}");
            match (self.side, is_required(new, name)) {
                (Side::Input, true) => {
                    self.push(&at, Rule::Required, Effect::Narrower, "is new, and must be given".to_owned());
                }
                (Side::Input, false) => self.push(&at, Rule::Property, Effect::Wider, "is new".to_owned()),
                (Side::Output, _) => self.push(&at, Rule::Property, Effect::Narrower, "is new".to_owned()),
            }
        }
    }

    /// The same call does something else where a default is another one, or one where there was none.
    fn default(&mut self, at: &str, old: &Json, new: &Json) {
        match (old.get("default"), new.get("default")) {
            (Some(old), Some(new)) if old != new => {
                self.push(at, Rule::Default, Effect::Other, format!("{new} when it is left out, instead of {old}"));
            }
            (Some(old), None) => {
                self.push(at, Rule::Default, Effect::Other, format!("nothing when it is left out, instead of {old}"));
            }
            (None, Some(new)) => {
                self.push(at, Rule::Default, Effect::Other, format!("{new} when it is left out, instead of nothing"));
            }
            _ => {}
        }
    }
}

/// Keywords that bound something, what they count, and whether they bound it from below.
const BOUNDS: [(&str, &str, bool); 6] = [
    ("minLength", " characters", true),
    ("maxLength", " characters", false),
    ("minItems", " items", true),
    ("maxItems", " items", false),
    ("minimum", "", true),
    ("maximum", "", false),
];

fn types(schema: &Json) -> BTreeSet<String> {
    match schema.get("type") {
        Some(Json::String(name)) => BTreeSet::from([name.clone()]),
        Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    }
}

/// Whether every value of `inner` is one of `outer`; an integer is a number.
fn holds(outer: &BTreeSet<String>, inner: &BTreeSet<String>) -> bool {
    inner.iter().all(|name| outer.contains(name) || (name == "integer" && outer.contains("number")))
}

fn may_be_object(schema: &Json) -> bool {
    types(schema).contains("object")
}

fn is_required(schema: &Json, name: &str) -> bool {
    let required = schema.get("required").and_then(Json::as_array);
    required.is_some_and(|required| required.iter().any(|one| one.as_str() == Some(name)))
}

fn listed(words: &BTreeSet<String>, between: &str) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(between)
}
