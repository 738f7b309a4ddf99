//! The former tools of the web application's agents, compared with the catalog.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use mana_mcp_codegen::overview::ToolFacts;
use serde_json::Value;

/// Where they are listed.
pub(crate) const FILE: &str = "catalog/web/ai-tools.json";

/// The former tools, and which of them the catalog does without.
#[derive(Debug, Default)]
pub(crate) struct Former {
    tools: Vec<FormerTool>,
    /// By name, with the reason.
    left_out: BTreeMap<String, String>,
}

#[derive(Debug)]
struct FormerTool {
    name: String,
    module: String,
    policy: String,
    parameters: Vec<String>,
}

/// What became of the former tools, each in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Those that are tools of the catalog.
    pub(crate) kept: Vec<Kept>,
    /// Those that are left out, with the reason.
    pub(crate) left_out: Vec<(String, String)>,
    /// Those that are neither, in sentences that say what to do.
    pub(crate) faults: Vec<String>,
}

/// A former tool that is a tool of the catalog.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) former: String,
    pub(crate) tool: String,
    /// Its module in the web application, where that changed.
    pub(crate) module: Option<String>,
    /// Parameters that the tool does not take.
    pub(crate) gone: Vec<String>,
}

impl Former {
    /// Reads the list; a repository without one has no former tools.
    ///
    /// # Errors
    /// The list cannot be read, or is not such a list.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let path = root.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {FILE}"))?;
        Self::parse(&text).with_context(|| format!("{FILE} is not a list of former tools"))
    }

    fn parse(text: &str) -> Result<Self> {
        let list: Value = serde_json::from_str(text)?;
        let tools = list.get("tools").and_then(Value::as_array).context("`tools` is not a list")?;
        let reasons = list.get("leftOut").and_then(Value::as_object).context("`leftOut` is not an object")?;
        let reasons = reasons.iter().map(|(name, reason)| Some((name.clone(), reason.as_str()?.to_owned())));
        Ok(Self {
            tools: tools.iter().map(FormerTool::parse).collect::<Result<_>>()?,
            left_out: reasons.collect::<Option<_>>().context("each value of `leftOut` is a reason")?,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.tools.len()
    }

    /// Compares the former tools with those of the catalog.
    pub(crate) fn compare(&self, tools: &[ToolFacts]) -> Comparison {
        let by_alias: BTreeMap<&str, &ToolFacts> =
            tools.iter().flat_map(|tool| tool.aliases.iter().map(move |alias| (alias.as_str(), tool))).collect();
        let mut comparison = Comparison::default();
        for former in &self.tools {
            let name = &former.name;
            match (by_alias.get(name.as_str()), self.left_out.get(name)) {
                (Some(tool), None) => {
                    if tool.agent_policy != former.policy {
                        comparison.faults.push(format!(
                            "agents knew {name} as `{}`, and {} is `{}`: write `agentPolicy: {}`",
                            former.policy, tool.name, tool.agent_policy, former.policy
                        ));
                    }
                    comparison.kept.push(former.kept_as(tool));
                }
                (None, Some(reason)) => comparison.left_out.push((name.clone(), reason.clone())),
                (None, None) => comparison.faults.push(format!(
                    "{name} is missing: add it to the `aliases` of a tool, or to `leftOut` in {FILE} with a reason"
                )),
                (Some(tool), Some(_)) => comparison
                    .faults
                    .push(format!("{name} is an alias of {}: remove it from `leftOut` in {FILE}", tool.name)),
            }
        }
        let unknown = self.left_out.keys().filter(|name| !self.tools.iter().any(|tool| tool.name == **name));
        comparison.faults.extend(unknown.map(|name| format!("{name} in `leftOut` of {FILE} is not a former tool")));
        comparison
    }
}

impl FormerTool {
    fn parse(tool: &Value) -> Result<Self> {
        let text = |key: &str| {
            let text = tool.get(key).and_then(Value::as_str);
            text.map(str::to_owned).with_context(|| format!("a tool has no `{key}`: {tool}"))
        };
        let parameters = tool.get("parameters").and_then(Value::as_array);
        let parameters = parameters.with_context(|| format!("a tool has no `parameters`: {tool}"))?;
        Ok(Self {
            name: text("name")?,
            module: text("module")?,
            policy: text("policy")?,
            parameters: parameters.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    }

    fn kept_as(&self, tool: &ToolFacts) -> Kept {
        Kept {
            former: self.name.clone(),
            tool: tool.name.clone(),
            module: (tool.web_module != self.module).then(|| tool.web_module.clone()),
            gone: self.parameters.iter().filter(|name| !tool.inputs.contains(name)).cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use mana_mcp_codegen::overview::{ActionFacts, overview};

    use super::*;
    use crate::workspace;

    fn tool(name: &str, alias: &str, agent_policy: &'static str) -> ToolFacts {
        ToolFacts {
            name: name.to_owned(),
            module: "books".to_owned(),
            web_module: "books".to_owned(),
            aliases: vec![alias.to_owned()],
            policy_hint: "write",
            agent_policy,
            inputs: vec!["id".to_owned()],
            action: ActionFacts::Custom,
        }
    }

    fn former(left_out: &str) -> Former {
        let tools = r#"{"name": "read_book", "module": "shelf", "policy": "auto", "parameters": ["bookId", "id"]}"#;
        Former::parse(&format!(r#"{{"leftOut": {{{left_out}}}, "tools": [{tools}]}}"#)).unwrap()
    }

    #[test]
    fn every_former_tool_is_a_tool_of_the_catalog_or_left_out_with_a_reason() {
        let root = workspace::root().unwrap();
        let (catalog, _) = mana_mcp_codegen::check(&workspace::sources(&root).unwrap()).unwrap();
        let former = Former::read(&root).unwrap();
        let comparison = former.compare(&overview(&catalog));
        assert_eq!(comparison.faults, [""; 0]);
        assert_eq!(comparison.kept.len() + comparison.left_out.len(), former.len());
        assert_eq!(former.len(), 110);
        let moved: Vec<_> = comparison.kept.iter().filter(|kept| kept.module.is_some()).collect();
        assert!(matches!(moved.as_slice(), [one] if one.former == "save_news_article"), "{moved:?}");
        let page = fs::read_to_string(root.join("docs/package.md")).unwrap();
        for (name, _) in &comparison.left_out {
            assert!(page.contains(&format!("`{name}`")), "docs/package.md does not say that {name} is left out");
        }
    }

    #[test]
    fn an_alias_keeps_a_tool_and_what_changed_is_named() {
        let comparison = former("").compare(&[tool("books.read", "read_book", "auto")]);
        let kept = Kept {
            former: "read_book".to_owned(),
            tool: "books.read".to_owned(),
            module: Some("books".to_owned()),
            gone: vec!["bookId".to_owned()],
        };
        assert_eq!(comparison, Comparison { kept: vec![kept], ..Comparison::default() });
    }

    #[test]
    fn a_tool_that_is_missing_or_has_another_policy_is_a_fault() {
        let faults = |left_out: &str, tools: &[ToolFacts]| former(left_out).compare(tools).faults.join("\n");
        assert!(faults("", &[]).starts_with("read_book is missing: add it to the `aliases`"));
        let proposed = faults("", &[tool("books.read", "read_book", "propose")]);
        assert!(proposed.ends_with("write `agentPolicy: auto`"), "{proposed}");
        assert_eq!(faults(r#""read_book": "nobody reads""#, &[]), "");
        let both = faults(r#""read_book": "nobody reads""#, &[tool("books.read", "read_book", "auto")]);
        assert!(both.starts_with("read_book is an alias of books.read: remove it"), "{both}");
        let unknown = faults(r#""read_book": "nobody reads", "sell_book": "no shop""#, &[]);
        assert!(unknown.starts_with("sell_book in `leftOut`"), "{unknown}");
    }

    #[test]
    fn a_list_in_another_shape_is_refused() {
        for text in ["", "{}", r#"{"tools": [], "leftOut": {"a": 1}}"#, r#"{"tools": [{"name": "a"}], "leftOut": {}}"#]
        {
            assert!(Former::parse(text).is_err(), "{text}");
        }
    }
}
