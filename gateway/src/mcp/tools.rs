//! The tools as MCP lists them, and the smaller lists of `/mcp/readonly` and `/mcp/x/{modules}`.

use std::{collections::BTreeSet, str::FromStr, sync::Arc};

use rmcp::model::{Tool, ToolAnnotations};

use crate::{
    catalog::ToolId,
    decode::nearest,
    tools::{PolicyHint, Scope, ToolSpec},
};

/// How tool names are written in lists (`TOOL_NAMES`). Calls may use both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ToolNames {
    /// `habits.create`
    #[default]
    Dotted,
    /// `habits_create`, for hosts that accept no dots.
    Underscored,
}

/// A `TOOL_NAMES` that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `dotted` or `underscored`")]
pub struct UnknownToolNames;

impl FromStr for ToolNames {
    type Err = UnknownToolNames;

    fn from_str(text: &str) -> Result<Self, UnknownToolNames> {
        match text {
            "dotted" => Ok(Self::Dotted),
            "underscored" => Ok(Self::Underscored),
            _ => Err(UnknownToolNames),
        }
    }
}

/// Which tools an endpoint serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum View {
    /// All of them.
    All,
    /// Those that change nothing.
    ReadOnly,
    /// Those of some modules.
    Modules(Arc<BTreeSet<String>>),
}

/// A module that the catalog does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnknownModule;

/// The path of the endpoint that serves all tools.
pub(crate) const ENDPOINT: &str = "/mcp";

/// Whether this is the path of an endpoint that is served.
pub(crate) fn is_endpoint(path: &str) -> bool {
    match path.strip_prefix(ENDPOINT) {
        Some("" | "/readonly") => true,
        Some(rest) => rest.strip_prefix("/x/").is_some_and(|modules| View::of_modules(modules).is_ok()),
        None => false,
    }
}

impl View {
    /// The view of a comma-separated list of modules.
    pub(super) fn of_modules(list: &str) -> Result<Self, UnknownModule> {
        let modules: BTreeSet<String> = list.split(',').map(str::to_owned).collect();
        let known = |module: &String| served().any(|spec| module_of(spec) == module);
        if modules.iter().all(known) { Ok(Self::Modules(Arc::new(modules))) } else { Err(UnknownModule) }
    }

    fn has(&self, spec: &ToolSpec) -> bool {
        match self {
            Self::All => true,
            Self::ReadOnly => spec.policy_hint == PolicyHint::Read,
            Self::Modules(modules) => modules.contains(module_of(spec)),
        }
    }

    /// The tool of that name, in either spelling, if this view serves it.
    pub(super) fn tool(&self, name: &str) -> Option<ToolId> {
        ToolId::parse(name).filter(|tool| {
            let spec = &tool.entry().spec;
            spec.scope == Scope::UserSpace && self.has(spec)
        })
    }

    /// The name of a served tool that is most like `name`, if one is close. No guess leads to a tool that destroys something.
    pub(super) fn nearest(&self, name: &str) -> Option<&'static str> {
        let offered = served().filter(|spec| self.has(spec) && spec.policy_hint != PolicyHint::Destructive);
        nearest(name, offered.map(|spec| spec.name))
    }
}

fn served() -> impl Iterator<Item = &'static ToolSpec> {
    ToolId::ALL.iter().map(|tool| &tool.entry().spec).filter(|spec| spec.scope == Scope::UserSpace)
}

fn module_of(spec: &ToolSpec) -> &'static str {
    spec.name.split_once('.').map_or(spec.name, |(module, _)| module)
}

/// The published tools, made once.
#[derive(Debug, Clone)]
pub(super) struct Listing(Arc<[(&'static ToolSpec, Tool)]>);

impl Listing {
    pub(super) fn new(names: ToolNames) -> Self {
        Self(served().map(|spec| (spec, published(spec, names))).collect())
    }

    /// The tools of a view, by name.
    pub(super) fn of(&self, view: &View) -> Vec<Tool> {
        self.0.iter().filter(|(spec, _)| view.has(spec)).map(|(_, tool)| tool.clone()).collect()
    }
}

fn published(spec: &'static ToolSpec, names: ToolNames) -> Tool {
    let name = match names {
        ToolNames::Dotted => spec.name.into(),
        ToolNames::Underscored => spec.name.replace('.', "_").into(),
    };
    // Generated text; a test parses every one.
    let schema = |text: &str| Arc::new(serde_json::from_str(text).unwrap_or_default());
    let mut tool = Tool::default();
    tool.name = name;
    tool.title = Some(spec.title.to_owned());
    tool.description = Some(spec.description.into());
    tool.input_schema = schema(spec.input_schema);
    tool.output_schema = Some(schema(spec.output_schema));
    tool.annotations = Some(ToolAnnotations::from_raw(
        Some(spec.title.to_owned()),
        Some(spec.policy_hint == PolicyHint::Read),
        Some(spec.policy_hint == PolicyHint::Destructive),
        Some(spec.is_idempotent()),
        // Mana is a closed world: no tool reaches out of it.
        Some(false),
    ));
    tool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_published_with_both_schemas() {
        for tool in Listing::new(ToolNames::Dotted).of(&View::All) {
            assert_eq!(tool.input_schema.get("type").unwrap(), "object", "{}", tool.name);
            assert_eq!(tool.output_schema.unwrap().get("type").unwrap(), "object", "{}", tool.name);
        }
    }

    #[test]
    fn views_serve_a_part() {
        let listing = Listing::new(ToolNames::Underscored);
        let names = |view: &View| listing.of(view).into_iter().map(|tool| tool.name.into_owned()).collect::<Vec<_>>();
        assert_eq!(names(&View::ReadOnly), ["habits_list", "notes_search", "spaces_list", "todo_list"]);
        assert_eq!(names(&View::of_modules("spaces,journal").unwrap()), ["journal_add", "spaces_list"]);
        assert_eq!(View::of_modules("todo,nothing"), Err(UnknownModule));
        assert_eq!(View::of_modules(""), Err(UnknownModule));
        assert!(View::ReadOnly.tool("todo.create").is_none());
        assert!(View::ReadOnly.tool("todo_list").is_some());
    }

    #[test]
    fn endpoints_are_told_from_other_paths() {
        for path in ["/mcp", "/mcp/readonly", "/mcp/x/todo", "/mcp/x/todo,notes"] {
            assert!(is_endpoint(path), "{path}");
        }
        for path in ["", "/", "/mcp/", "/mcpx", "/mcp/x", "/mcp/x/", "/mcp/x/nothing", "/mcp/x/todo\"", "/base/mcp"] {
            assert!(!is_endpoint(path), "{path}");
        }
    }

    #[test]
    fn the_nearest_name_is_found() {
        assert_eq!(View::All.nearest("todo.creat"), Some("todo.create"));
        assert_eq!(View::All.nearest("habit_list"), Some("habits.list"));
        for name in ["notes.list", "notes.delet", "notes.delete", "todo.deleted"] {
            let nearest = View::All.nearest(name).unwrap_or_default();
            assert!(!nearest.contains("delete"), "{name}: {nearest}");
        }
        assert_eq!(View::All.nearest("zzz"), None);
        assert_eq!(View::All.nearest(&"todo.create".repeat(10_000)), None);
    }
}
