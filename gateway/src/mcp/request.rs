//! A method's name and parameters as rmcp's types.

use rmcp::model::{CallToolRequestParams, ClientRequest, ErrorData, ProtocolVersion, Request as McpRequest};
use serde_json::{Value, json};

use super::{era, message::invalid_params, tools::View};
use mana_mcp_runtime::{decode::JsonObject, tool::Catalog};

/// Methods with parameters of their own, where rmcp would take parameters that do not fit for an unknown method.
const KNOWN: [&str; 4] = ["initialize", "tools/list", "server/discover", "ping"];
/// Of the earlier revisions alone.
const KNOWN_EARLIER: &str = "logging/setLevel";

/// A method's parameters as rmcp's type. What rmcp would take for an unknown method, because the parameters do not fit
/// a known one, is told as such.
pub(super) fn typed(
    catalog: &Catalog,
    view: &View,
    version: &ProtocolVersion,
    method: &str,
    mut params: JsonObject,
    tool_is_known: bool,
) -> Result<ClientRequest, ErrorData> {
    if method == "tools/call" {
        let Some(Value::String(name)) = params.remove("name") else {
            return Err(invalid_params("`name` must be a string: the tool's name."));
        };
        if !tool_is_known {
            return Err(unknown_tool(catalog, view, &name));
        }
        let mut call = CallToolRequestParams::new(name);
        call.arguments = match params.remove("arguments") {
            None | Some(Value::Null) => None,
            Some(Value::Object(arguments)) => Some(arguments),
            Some(_) => return Err(invalid_params("`arguments` must be an object.")),
        };
        // Of the stateless revision alone; others may have members of these names that mean something else.
        if *version == era::MODERN {
            call.request_state = match params.remove("requestState") {
                None => None,
                Some(Value::String(state)) => Some(state),
                Some(_) => return Err(invalid_params("`requestState` must be a string.")),
            };
            call.input_responses = match params.remove("inputResponses") {
                None => None,
                Some(Value::Object(answers)) => Some(answers.into_iter().collect()),
                Some(_) => return Err(invalid_params("`inputResponses` must be an object.")),
            };
        }
        return Ok(ClientRequest::CallToolRequest(McpRequest::new(call)));
    }
    // rmcp would take parameters of the wrong type for none.
    if method == "tools/list" && params.get("cursor").is_some_and(|cursor| !cursor.is_string() && !cursor.is_null()) {
        return Err(invalid_params("`cursor` must be a string."));
    }
    let request: ClientRequest = serde_json::from_value(json!({ "method": method, "params": params }))
        .map_err(|_| invalid_params("The parameters do not fit the method."))?;
    match request {
        ClientRequest::CustomRequest(_)
            if KNOWN.contains(&method) || (method == KNOWN_EARLIER && *version != era::MODERN) =>
        {
            Err(invalid_params("The parameters do not fit the method."))
        }
        request => Ok(request),
    }
}

fn unknown_tool(catalog: &Catalog, view: &View, name: &str) -> ErrorData {
    // Nothing that a terminal or a reader could take for something else.
    let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
    invalid_params(match view.nearest(catalog, name) {
        Some(nearest) => format!("There is no tool `{shown}`. Did you mean `{nearest}`?"),
        None => format!("There is no tool `{shown}`. tools/list names all tools."),
    })
}
