//! The tools as MCP lists them.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use moka::sync::Cache;
use rmcp::model::{MetaObject, Tool, ToolAnnotations};
use serde_json::{
    Map, Value,
    value::{RawValue, to_raw_value},
};

use super::names::NameWriter;
use mana_mcp_runtime::tool::{CatalogTool, HostHints, PolicyHint, ToolId, ToolSet, ToolSpec};

/// The `_meta` key by which Anthropic's hosts ask the user before a call.
const REQUIRES_USER_INTERACTION: &str = "anthropic/requiresUserInteraction";
/// The key by which they show a tool from the start, though they search for others.
const ALWAYS_LOAD: &str = "anthropic/alwaysLoad";
/// The key of words under which they find it.
const SEARCH_HINT: &str = "anthropic/searchHint";
/// The key of the most characters of a result that they keep.
const MAX_RESULT_CHARACTERS: &str = "anthropic/maxResultSizeChars";

/// The most bytes of written lists that are kept. All tools of a large catalog take about one MiB.
const MAX_LISTS: u64 = 16 << 20;

/// The published tools. Each is written once, and so is the list of each address while there is room for it.
#[derive(Debug)]
pub(super) struct Listing {
    names: NameWriter,
    /// By listed name.
    tools: Box<[(ToolId, OnceLock<Box<RawValue>>)]>,
    lists: Cache<ToolSet, Bytes>,
}

impl Listing {
    /// Of these tools.
    pub(super) fn new(tools: impl Iterator<Item = ToolId>, names: NameWriter) -> Self {
        let mut tools: Box<[_]> = tools.map(|tool| (tool, OnceLock::new())).collect();
        tools.sort_by_cached_key(|(tool, _)| names.tool(*tool));
        let bytes = |_: &ToolSet, list: &Bytes| u32::try_from(list.len()).unwrap_or(u32::MAX);
        Self { names, tools, lists: Cache::builder().max_capacity(MAX_LISTS).weigher(bytes).build() }
    }

    /// The JSON array of these tools, by name.
    pub(super) fn of(&self, tools: &ToolSet) -> Bytes {
        if let Some(list) = self.lists.get(tools) {
            return list;
        }
        let list = self.written(tools);
        self.lists.insert(tools.clone(), list.clone());
        list
    }

    fn written(&self, tools: &ToolSet) -> Bytes {
        let mut list = Vec::from(b"[");
        for (tool, json) in self.tools.iter().filter(|(tool, _)| tools.contains(*tool)) {
            if list.len() > 1 {
                list.push(b',');
            }
            // No type of the protocol is without JSON; a test counts the tools.
            let json = json.get_or_init(|| to_raw_value(&published(*tool, self.names)).unwrap_or_default());
            list.extend_from_slice(json.get().as_bytes());
        }
        list.push(b']');
        list.into()
    }
}

/// A schema of a tool, its texts with the names of tools as they are listed.
pub(super) fn written_schema(text: &str, names: NameWriter) -> Map<String, Value> {
    // Generated text; a test parses every one.
    let mut schema: Value = serde_json::from_str(text).unwrap_or_default();
    names.schema(&mut schema);
    if let Value::Object(schema) = schema { schema } else { Map::new() }
}

fn published(tool: ToolId, names: NameWriter) -> Tool {
    let spec = tool.spec();
    let schema = |text| Arc::new(written_schema(text, names));
    let mut published = Tool::default();
    published.name = names.tool(tool);
    published.title = Some(spec.title.to_owned());
    published.description = Some(names.text(spec.description));
    published.input_schema = schema(spec.input_schema);
    published.output_schema = Some(schema(spec.output_schema));
    published.annotations = Some(ToolAnnotations::from_raw(
        Some(spec.title.to_owned()),
        Some(spec.policy_hint == PolicyHint::Read),
        // Whatever `catalog.call` calls may be.
        Some(tool.is_destructive() || tool.catalog_tool() == Some(CatalogTool::Call)),
        Some(spec.is_idempotent()),
        // Mana's rows are a closed world; services reach out of it, and so may whatever is called through another tool.
        Some(!spec.calls.is_empty() || matches!(tool.catalog_tool(), Some(CatalogTool::Read | CatalogTool::Call))),
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

    fn listed(names: ToolNames, tools: &ToolSet) -> Vec<Tool> {
        let listing = Listing::new(CATALOG.served(), NameWriter::new(&CATALOG, names));
        serde_json::from_slice(&listing.of(tools)).unwrap()
    }

    fn all() -> ToolSet {
        CATALOG.served().collect()
    }

    #[test]
    fn every_tool_is_published_with_both_schemas() {
        let tools = listed(ToolNames::Dotted, &all());
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
    fn hosts_ask_before_whatever_may_destroy() {
        let tools = listed(ToolNames::Dotted, &all());
        let of = |name: &str| tools.iter().find(|tool| tool.name == name).unwrap().annotations.clone().unwrap();
        let hints = |name: &str| (of(name).read_only_hint, of(name).destructive_hint);
        assert_eq!(hints("catalog.call"), (Some(false), Some(true)));
        for reading in ["catalog.find", "catalog.read", "user.read"] {
            assert_eq!(hints(reading), (Some(true), Some(false)), "{reading}");
        }
    }

    #[test]
    fn a_list_is_written_once_and_in_the_order_of_its_names() {
        let listing = Listing::new(CATALOG.served(), NameWriter::new(&CATALOG, ToolNames::Underscored));
        let (first, second) = (listing.of(&all()), listing.of(&all()));
        assert_eq!(first.as_ptr(), second.as_ptr());
        let tools: Vec<Tool> = serde_json::from_slice(&first).unwrap();
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        let wanted =
            ["catalog_call", "catalog_find", "catalog_read", "user_destroy", "user_read", "user_wipe", "user_write"];
        assert_eq!(names, wanted);
        let texts = String::from_utf8(first.to_vec()).unwrap();
        assert!(texts.contains("come from catalog_find.") && !texts.contains("catalog.find"), "{texts}");
        assert_eq!(&listing.of(&ToolSet::default())[..], b"[]");
    }
}
