//! The goals of `tests/goals.yaml`: each sentence leads to every tool that its goal needs. The test `goals` of the gateway
//! reaches them over sockets.

#![expect(clippy::unwrap_used, reason = "a test fails loudly, in its helpers too")]

use std::collections::BTreeSet;

use mana_mcp::find::ToolFinder;
use mana_mcp_catalog::CATALOG;
use serde_json::Value;

/// What `catalog.find` answers.
const MOST: usize = 5;
const GOALS: &str = include_str!("../../../../tests/goals.yaml");

fn goals() -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let goals: Vec<Value> = serde_yaml::from_str(GOALS).unwrap();
    let calls = |goal: &Value| goal["calls"].as_array().unwrap().iter().map(|call| text(&call["tool"])).collect();
    goals.iter().map(|goal| (text(&goal["goal"]), calls(goal))).collect()
}

#[test]
fn every_tool_of_a_goal_is_listed_or_found_by_what_the_person_says() {
    let default = CATALOG.toolsets().iter().find(|toolset| toolset.is_default).unwrap();
    let finder = ToolFinder::new(&CATALOG);
    let mut missed = Vec::new();
    for (goal, needed) in goals() {
        let found: Vec<&str> = finder.find(&goal, MOST, |_| true).into_iter().map(|tool| tool.name()).collect();
        for tool in needed {
            assert!(CATALOG.find(&tool).is_some(), "{tool}");
            if !default.tools.contains(&tool.as_str()) && !found.contains(&tool.as_str()) {
                missed.push(format!("{goal}: {tool} is not in {found:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn there_are_thirty_goals_and_most_need_tools_outside_the_default_set() {
    let goals = goals();
    let sentences: BTreeSet<&String> = goals.iter().map(|(goal, _)| goal).collect();
    assert_eq!((goals.len(), sentences.len()), (30, 30));
    let default = CATALOG.toolsets().iter().find(|toolset| toolset.is_default).unwrap();
    let is_listed = |tool: &String| default.tools.contains(&tool.as_str());
    assert!(goals.iter().filter(|(_, needed)| !needed.iter().all(is_listed)).count() >= 15);
}
