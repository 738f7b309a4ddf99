//! The call that `catalog.read` or `catalog.call` holds in its arguments. Taken out, it goes the way of every other call,
//! with the rights, windows and counts of its own tool; what it was in is only noted.

use serde_json::Value;

use super::unknown_tool::unknown_tool;
use crate::mcp::{addresses::View, place::Named, server::Mcp};
use mana_mcp_runtime::{
    decode::{JsonObject, decode_arguments},
    tool::{CallInput, Catalog, CatalogTool, PolicyHint, ToolId},
};

/// A call that was taken out of another.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) tool: ToolId,
    pub(super) arguments: JsonObject,
    pub(super) space: Named,
}

/// Why there is no call in the arguments. The text is for the model.
#[derive(Debug)]
pub(super) enum NoCall {
    /// They have another shape.
    Malformed(String),
    /// There is no such tool, or not here.
    UnknownTool(String),
}

/// The tool that a `tools/call` is about: of one that holds another call, that call's.
pub(in crate::mcp) fn subject(catalog: &Catalog, view: &View, params: &JsonObject) -> Option<ToolId> {
    let named = |name: Option<&Value>| view.tool(catalog, name?.as_str()?);
    let tool = named(params.get("name"))?;
    match tool.catalog_tool() {
        Some(CatalogTool::Read | CatalogTool::Call) => named(params.get("arguments")?.get("tool")),
        Some(CatalogTool::Find) | None => Some(tool),
    }
}

/// Takes the call out of the arguments of `via`.
pub(super) fn inner(
    mcp: &Mcp,
    view: &View,
    via: CatalogTool,
    mut arguments: JsonObject,
    space: Named,
) -> Result<Inner, NoCall> {
    let malformed = |text: &str| NoCall::Malformed(mcp.names.text(text).into_owned());
    // A text may have been read by others as something else, and its values were not counted with the others.
    if matches!(arguments.get("arguments"), Some(Value::String(_))) {
        return Err(malformed(
            "/arguments: expected an object, got a string. Write the tool's arguments as JSON, not as text.",
        ));
    }
    let (input, _) =
        decode_arguments::<CallInput>(&mut arguments).map_err(|violations| malformed(&violations.to_string()))?;
    let catalog = mcp.services.catalog;
    let Some(tool) = view.tool(catalog, &input.tool) else {
        return Err(NoCall::UnknownTool(unknown_tool(mcp, view, &input.tool)));
    };
    if let Some(catalog_tool) = tool.catalog_tool() {
        let text = format!("`{}` cannot be called through `{}`: call it directly.", catalog_tool.name(), via.name());
        return Err(malformed(&text));
    }
    if via == CatalogTool::Read && tool.spec().policy_hint != PolicyHint::Read {
        let text = format!(
            "`{}` changes data, and `{}` calls tools that only read: use `{}`.",
            tool.name(),
            via.name(),
            CatalogTool::Call.name()
        );
        return Err(malformed(&text));
    }
    if catalog.find(&input.tool).is_none() {
        mcp.services.metrics.name_corrected();
    }
    let space = match (input.space, space) {
        (None, space) | (Some(_), space @ Named::Unclear) => space,
        (Some(asked), Named::Nothing) => Named::Text(asked),
        (Some(asked), Named::Text(named)) if asked == named => Named::Text(named),
        (Some(_), Named::Text(_)) => {
            return Err(malformed(
                "This connection works in the space that its address or X-Mana-Space header names: leave `space` out.",
            ));
        }
    };
    Ok(Inner { tool, arguments: input.arguments.unwrap_or_default(), space })
}
