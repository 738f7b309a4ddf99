//! What people say to an agent (`tests/goals.yaml`), done by a scripted one at the default address: it calls what is listed,
//! and finds and calls every other tool through `catalog.find`, `catalog.read` and `catalog.call`.

use std::collections::{BTreeMap, BTreeSet};

use mana_mcp_tests::{Backends, Gateway, Mcp, Program, repository};
use serde::Deserialize;
use serde_json::{Value, json};

use super::examples::{differences, structured};

/// When it is, and where.
const NOW: &str = "2026-05-06T08:00:00.000Z";
const ZONE: &str = "Europe/Berlin";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Goal {
    goal: String,
    #[serde(default)]
    given: Vec<Call>,
    calls: Vec<Call>,
    holds: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    tool: String,
    #[serde(default = "nothing")]
    with: Value,
    #[serde(rename = "as")]
    name: Option<String>,
    at: Option<String>,
}

fn nothing() -> Value {
    json!({})
}

/// Answers by the names that a goal gives them.
pub(super) type Named = BTreeMap<String, Value>;

/// The value with what `$name/path` stands for.
pub(super) fn filled(value: &Value, answers: &Named) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match text.strip_prefix('$') {
            Some(place) => {
                let (name, path) = place.split_at(place.find('/').unwrap_or(place.len()));
                let found = answers.get(name).and_then(|answer| answer.pointer(path));
                found.ok_or_else(|| format!("`{text}` is nowhere in {:?}", answers.get(name)))?.clone()
            }
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| filled(item, answers)).collect::<Result<_, _>>()?,
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| Ok((key.clone(), filled(value, answers)?)));
            Value::Object(entries.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

/// An agent with one goal.
struct Agent<'a> {
    gateway: &'a Gateway,
    token: String,
    listed: &'a BTreeSet<String>,
    answers: Named,
}

impl Agent<'_> {
    /// Makes the calls, as they stand or with what was found; the last answer.
    async fn make(&mut self, mcp: &Mcp<'_>, calls: &[Call], found: Option<&[Value]>) -> Result<Value, String> {
        let mut last = Value::Null;
        for call in calls {
            self.gateway.set_clock(call.at.as_deref().unwrap_or(NOW));
            let arguments = filled(&call.with, &self.answers)?;
            let (tool, arguments) = match found {
                Some(found) => self.called_as(&call.tool, arguments, found)?,
                None => (call.tool.clone(), arguments),
            };
            last = structured(mcp, &tool, arguments).await?;
            if let Some(name) = &call.name {
                self.answers.insert(name.clone(), last.clone());
            }
        }
        Ok(last)
    }

    /// The tool that is called for another: itself where it is listed, else what `catalog.find` says.
    fn called_as(&self, tool: &str, arguments: Value, found: &[Value]) -> Result<(String, Value), String> {
        let name = tool.replace('.', "_");
        if self.listed.contains(&name) {
            return Ok((name, arguments));
        }
        let names: Vec<&Value> = found.iter().map(|found| &found["name"]).collect();
        let found = found.iter().find(|found| found["name"].as_str().is_some_and(|own| own.replace('.', "_") == name));
        let found = found.ok_or_else(|| format!("`{tool}` is neither listed nor found, only {names:?}"))?;
        let validator = jsonschema::options().build(&found["inputSchema"]).map_err(|error| error.to_string())?;
        validator.validate(&arguments).map_err(|error| format!("`{tool}`: {error}"))?;
        let through = found["callWith"].as_str().ok_or("no tool to call it with")?;
        Ok((through.to_owned(), json!({ "tool": found["name"], "arguments": arguments })))
    }

    async fn reach(&mut self, goal: &Goal) -> Result<Vec<String>, String> {
        let user = Mcp::modern(self.gateway, &self.token).await.with_zone(ZONE).at("/all");
        self.make(&user, &goal.given, None).await?;
        let mcp = Mcp::modern(self.gateway, &self.token).await.with_zone(ZONE);
        let found = structured(&mcp, "catalog_find", json!({ "query": goal.goal })).await?;
        let found = found["tools"].as_array().cloned().unwrap_or_default();
        let answer = self.make(&mcp, &goal.calls, Some(&found)).await?;
        Ok(differences("answer", &answer, &goal.holds))
    }
}

#[tokio::test]
async fn an_agent_reaches_every_goal_with_what_is_listed_and_what_it_finds() {
    let text = std::fs::read_to_string(repository().join("tests/goals.yaml")).unwrap();
    let goals: Vec<Goal> = serde_yaml::from_str(&text).unwrap();
    let backends = Backends::of(Program::Examples).await;
    let gateway = backends.gateway().start().await;
    let token = async |user: usize| backends.short_token(&format!("goal{user}@example.org"), 600).await;
    let listed = Mcp::modern(&gateway, &token(0).await).await.request("tools/list", json!({})).await.result();
    let tokens = listed["tools"].to_string().chars().count() / 4;
    assert!(tokens <= 8_000, "the default toolset takes {tokens} tokens, as it is sent");
    let listed =
        listed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().replace('.', "_"));
    let listed: BTreeSet<String> = listed.collect();
    assert!(listed.contains("catalog_find") && listed.len() <= 30, "the default toolset is small: {listed:?}");
    let mut failed = Vec::new();
    for (user, goal) in goals.iter().enumerate() {
        let mut agent = Agent { gateway: &gateway, token: token(user).await, listed: &listed, answers: Named::new() };
        let problems = agent.reach(goal).await.unwrap_or_else(|problem| vec![problem]);
        failed.extend(problems.iter().map(|problem| format!("{}: {problem}", goal.goal)));
    }
    assert_eq!(goals.len(), 30);
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}
