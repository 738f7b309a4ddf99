//! The tools as MCP lists them, and the smaller lists of `/mcp/readonly` and `/mcp/x/{modules}`.

use std::{collections::BTreeSet, str::FromStr, sync::Arc};

use rmcp::model::{Tool, ToolAnnotations};

use mana_mcp_runtime::{
    decode::nearest,
    tool::{Catalog, PolicyHint, ToolId, ToolSpec, underscored},
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
pub(crate) fn is_endpoint(catalog: &Catalog, path: &str) -> bool {
    match path.strip_prefix(ENDPOINT) {
        Some("" | "/readonly") => true,
        Some(rest) => rest.strip_prefix("/x/").is_some_and(|modules| View::of_modules(catalog, modules).is_ok()),
        None => false,
    }
}

impl View {
    /// The view of a comma-separated list of modules.
    pub(super) fn of_modules(catalog: &Catalog, list: &str) -> Result<Self, UnknownModule> {
        let modules: BTreeSet<String> = list.split(',').map(str::to_owned).collect();
        let known = |module: &String| catalog.served().any(|tool| tool.module() == module);
        if modules.iter().all(known) { Ok(Self::Modules(Arc::new(modules))) } else { Err(UnknownModule) }
    }

    fn has(&self, tool: ToolId) -> bool {
        match self {
            Self::All => true,
            Self::ReadOnly => tool.spec().policy_hint == PolicyHint::Read,
            Self::Modules(modules) => modules.contains(tool.module()),
        }
    }

    /// The tool of that name, in either spelling, if this view serves it.
    pub(super) fn tool(&self, catalog: &Catalog, name: &str) -> Option<ToolId> {
        catalog.find(name).filter(|tool| tool.is_served() && self.has(*tool))
    }

    /// The name of a served tool that is most like `name`, if one is close. No guess leads to a tool that destroys something.
    pub(super) fn nearest(&self, catalog: &Catalog, name: &str) -> Option<&'static str> {
        let offered = catalog.served().filter(|tool| self.has(*tool) && !tool.is_destructive());
        nearest(name, offered.map(ToolId::name))
    }
}

/// The published tools, made once.
#[derive(Debug, Clone)]
pub(super) struct Listing(Arc<[(ToolId, Tool)]>);

impl Listing {
    pub(super) fn new(catalog: &Catalog, names: ToolNames) -> Self {
        Self(catalog.served().map(|tool| (tool, published(tool.spec(), names))).collect())
    }

    /// The tools of a view, by name.
    pub(super) fn of(&self, view: &View) -> Vec<Tool> {
        self.0.iter().filter(|(tool, _)| view.has(*tool)).map(|(_, tool)| tool.clone()).collect()
    }
}

fn published(spec: &'static ToolSpec, names: ToolNames) -> Tool {
    let name = match names {
        ToolNames::Dotted => spec.name.into(),
        ToolNames::Underscored => underscored(spec.name).into(),
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
    use crate::call::testing::CATALOG;

    #[test]
    fn every_tool_is_published_with_both_schemas() {
        for tool in Listing::new(&CATALOG, ToolNames::Dotted).of(&View::All) {
            assert_eq!(tool.input_schema.get("type").unwrap(), "object", "{}", tool.name);
            assert_eq!(tool.output_schema.unwrap().get("type").unwrap(), "object", "{}", tool.name);
        }
    }

    #[test]
    fn views_serve_a_part() {
        let listing = Listing::new(&CATALOG, ToolNames::Underscored);
        let names = |view: &View| listing.of(view).into_iter().map(|tool| tool.name.into_owned()).collect::<Vec<_>>();
        let modules = |list| View::of_modules(&CATALOG, list);
        assert_eq!(names(&View::ReadOnly), ["user_read"]);
        assert_eq!(names(&modules("user").unwrap()), ["user_destroy", "user_read", "user_wipe", "user_write"]);
        // A module without a tool that is served is as if it were not there.
        for list in ["user,nothing", "", "admin"] {
            assert_eq!(modules(list), Err(UnknownModule), "{list}");
        }
        assert!(View::ReadOnly.tool(&CATALOG, "user.write").is_none());
        assert!(View::ReadOnly.tool(&CATALOG, "user_read").is_some());
        assert!(View::All.tool(&CATALOG, "admin.read").is_none());
    }

    #[test]
    fn endpoints_are_told_from_other_paths() {
        for path in ["/mcp", "/mcp/readonly", "/mcp/x/user"] {
            assert!(is_endpoint(&CATALOG, path), "{path}");
        }
        for path in ["", "/", "/mcp/", "/mcpx", "/mcp/x", "/mcp/x/", "/mcp/x/nothing", "/mcp/x/user\"", "/base/mcp"] {
            assert!(!is_endpoint(&CATALOG, path), "{path}");
        }
    }

    #[test]
    fn the_nearest_name_is_found_and_is_never_a_destructive_tool() {
        let nearest = |name: &str| View::All.nearest(&CATALOG, name);
        assert_eq!(nearest("user.wite"), Some("user.write"));
        assert_eq!(nearest("user_read"), Some("user.read"));
        for name in ["user.destro", "user.destroy", "admin.destroy"] {
            let nearest = nearest(name).unwrap_or_default();
            assert!(!nearest.contains("destroy"), "{name}: {nearest}");
        }
        assert_eq!(nearest("zzz"), None);
        assert_eq!(nearest(&"user.write".repeat(10_000)), None);
    }
}
