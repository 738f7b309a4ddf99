//! The tools as MCP lists them, and the smaller lists of `/mcp/readonly` and `/mcp/x/{modules}`.

use std::{collections::BTreeSet, sync::Arc};

use rmcp::model::{MetaObject, Tool, ToolAnnotations};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use super::names::NameWriter;
use mana_mcp_runtime::{
    decode::nearest,
    tool::{Catalog, HostHints, PolicyHint, ToolId, ToolSpec, underscored},
};

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

/// The `_meta` key by which Anthropic's hosts ask the user before a call.
const REQUIRES_USER_INTERACTION: &str = "anthropic/requiresUserInteraction";
/// The key by which they show a tool from the start, though they search for others.
const ALWAYS_LOAD: &str = "anthropic/alwaysLoad";
/// The key of words under which they find it.
const SEARCH_HINT: &str = "anthropic/searchHint";
/// The key of the most characters of a result that they keep.
const MAX_RESULT_CHARACTERS: &str = "anthropic/maxResultSizeChars";

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

    /// The tool of that name, in any spelling, if this view serves it.
    pub(super) fn tool(&self, catalog: &Catalog, name: &str) -> Option<ToolId> {
        catalog.resolve(name).filter(|tool| tool.is_served() && self.has(*tool))
    }

    /// The served tool whose name is most like `name`, if one is close. No guess leads to a tool that destroys something.
    pub(super) fn nearest(&self, catalog: &Catalog, name: &str) -> Option<ToolId> {
        let spelled = underscored(name);
        let bare =
            ["mcp__", "mcp_", "mana_"].iter().find_map(|prefix| spelled.strip_prefix(prefix)).unwrap_or(&spelled);
        let bare = bare.strip_prefix("mana_").map_or(bare, |rest| rest.trim_start_matches('_'));
        let offered = catalog.served().filter(|tool| self.has(*tool) && !tool.is_destructive());
        let offered: Vec<_> = offered.map(|tool| (underscored(tool.name()), tool)).collect();
        let nearest = nearest(bare, offered.iter().map(|(name, _)| name.as_str()))?;
        offered.iter().find(|(name, _)| name == nearest).map(|(_, tool)| *tool)
    }
}

/// The published tools, each written once: a list copies their JSON.
#[derive(Debug)]
pub(super) struct Listing(Box<[(ToolId, Box<RawValue>)]>);

impl Listing {
    /// Of these tools.
    pub(super) fn new(tools: impl Iterator<Item = ToolId>, names: NameWriter) -> Self {
        // No type of the protocol is without JSON; a test counts the tools.
        let written = |tool| to_raw_value(&published(tool, names)).ok().map(|json| (tool, json));
        let mut tools: Box<[_]> = tools.filter_map(written).collect();
        tools.sort_by_cached_key(|(tool, _)| names.tool(*tool));
        Self(tools)
    }

    /// The tools of a view, by name.
    pub(super) fn of(&self, view: &View) -> Vec<&RawValue> {
        self.0.iter().filter(|(tool, _)| view.has(*tool)).map(|(_, json)| &**json).collect()
    }
}

fn published(tool: ToolId, names: NameWriter) -> Tool {
    let spec = tool.spec();
    // Generated text; a test parses every one.
    let schema = |text: &str| {
        let mut schema: Value = serde_json::from_str(text).unwrap_or_default();
        names.schema(&mut schema);
        if let Value::Object(schema) = schema { Arc::new(schema) } else { Arc::default() }
    };
    let mut published = Tool::default();
    published.name = names.tool(tool);
    published.title = Some(spec.title.to_owned());
    published.description = Some(names.text(spec.description));
    published.input_schema = schema(spec.input_schema);
    published.output_schema = Some(schema(spec.output_schema));
    published.annotations = Some(ToolAnnotations::from_raw(
        Some(spec.title.to_owned()),
        Some(spec.policy_hint == PolicyHint::Read),
        Some(spec.policy_hint == PolicyHint::Destructive),
        Some(spec.is_idempotent()),
        // Mana's rows are a closed world; services reach out of it.
        Some(!spec.calls.is_empty()),
    ));
    published.meta = hints(spec);
    published
}

/// What hosts read beside the protocol.
fn hints(spec: &ToolSpec) -> Option<MetaObject> {
    let HostHints { always_load, search_hint, result_characters } = spec.hosts;
    // The host asks the user at every call, whatever they allowed before.
    let asks = spec.needs_consent().then_some(Value::Bool(true));
    let hints = [
        (REQUIRES_USER_INTERACTION, asks),
        (ALWAYS_LOAD, always_load.then_some(Value::Bool(true))),
        (SEARCH_HINT, (!search_hint.is_empty()).then(|| search_hint.join(", ").into())),
        (MAX_RESULT_CHARACTERS, result_characters.map(Value::from)),
    ];
    let given = hints.into_iter().filter_map(|(name, hint)| Some((name.to_owned(), hint?)));
    let meta = MetaObject(given.collect());
    (!meta.0.is_empty()).then_some(meta)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{call::testing::CATALOG, mcp::ToolNames};

    fn listed(names: ToolNames, view: &View) -> Vec<Tool> {
        let listing = Listing::new(CATALOG.served(), NameWriter::new(&CATALOG, names));
        listing.of(view).into_iter().map(|json| serde_json::from_str(json.get()).unwrap()).collect()
    }

    #[test]
    fn every_tool_is_published_with_both_schemas() {
        let tools = listed(ToolNames::Dotted, &View::All);
        assert_eq!(tools.len(), CATALOG.served().count());
        for tool in tools {
            assert_eq!(tool.input_schema.get("type").unwrap(), "object", "{}", tool.name);
            let asks = tool.meta.as_ref().and_then(|meta| meta.0.get(REQUIRES_USER_INTERACTION)).cloned();
            let destroys = ["user.destroy", "user.wipe"].contains(&&*tool.name);
            assert_eq!(asks, destroys.then_some(Value::Bool(true)), "{}", tool.name);
            assert_eq!(tool.output_schema.unwrap().get("type").unwrap(), "object", "{}", tool.name);
        }
    }

    #[test]
    fn views_serve_a_part() {
        let names = |view: &View| {
            listed(ToolNames::Underscored, view).into_iter().map(|tool| tool.name.into_owned()).collect::<Vec<_>>()
        };
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
        let nearest = |name: &str| View::All.nearest(&CATALOG, name).map(ToolId::name);
        for name in
            ["user.wite", "user_wite", "user-wite", "mcp__mana__user_wite", "mcp_mana_user_wite", "mana-user-wite"]
        {
            assert_eq!(nearest(name), Some("user.write"), "{name}");
        }
        for name in ["user.destro", "user.destroy", "admin.destroy"] {
            let nearest = nearest(name).unwrap_or_default();
            assert!(!nearest.contains("destroy"), "{name}: {nearest}");
        }
        assert_eq!(nearest("zzz"), None);
        assert_eq!(nearest(&"user.write".repeat(10_000)), None);
    }
}
