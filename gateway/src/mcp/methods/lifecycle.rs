//! `initialize`, `server/discover` and `logging/setLevel`: which revisions the server speaks, and what it says about
//! itself.

use rmcp::model::{
    DiscoverResult, ErrorCode, ErrorData, Implementation, InitializeRequestParams, InitializeResult, MetaObject,
    PromptsCapability, ProtocolVersion, ServerCapabilities, ToolsCapability,
};
use serde_json::json;

use crate::mcp::{
    message::typed,
    names::NameWriter,
    revision::{LEGACY, Revision, SUPPORTED},
};
use mana_mcp_runtime::{
    decode::JsonObject,
    tool::{CATALOG_MODULE, Catalog, Module, ToolId},
};

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// What the server says about itself, made once.
pub(in crate::mcp) struct Server {
    /// For clients that ask for no revision which is served.
    opening: InitializeResult,
    meta: MetaObject,
}

impl Server {
    /// A server that lists these tools of the catalog.
    pub(in crate::mcp) fn new(catalog: &Catalog, listed: &[ToolId], names: NameWriter) -> Self {
        let server_info = Implementation::new("mana-mcp", env!("CARGO_PKG_VERSION")).with_title("Mana");
        let mut meta = MetaObject::new();
        meta.0.insert(SERVER_INFO.to_owned(), serde_json::to_value(&server_info).unwrap_or_default());
        let mut capabilities = ServerCapabilities::default();
        capabilities.tools = Some(ToolsCapability::default());
        capabilities.prompts = (!catalog.prompts().is_empty()).then(PromptsCapability::default);
        let mut opening = InitializeResult::new(capabilities);
        opening.protocol_version = ProtocolVersion::V_2025_11_25;
        opening.server_info = server_info;
        opening.instructions = Some(names.text(&instructions(catalog, listed)).into_owned());
        Self { opening, meta }
    }

    /// The `_meta` of a result: `serverInfo`, which the stateless revision wants in every one.
    pub(in crate::mcp) fn meta(&self, revision: Revision) -> Option<MetaObject> {
        match revision {
            Revision::Stateless => Some(self.meta.clone()),
            Revision::Sessions => None,
        }
    }

    /// The result of `server/discover`.
    pub(super) fn discovery(&self) -> DiscoverResult {
        DiscoverResult::from_server_info(SUPPORTED.to_vec(), self.opening.clone())
    }
}

/// What a model reads about the server as a whole.
fn instructions(catalog: &Catalog, listed: &[ToolId]) -> String {
    let is_listed =
        |module: &&Module| module.name != CATALOG_MODULE && listed.iter().any(|tool| tool.module() == module.name);
    let modules = catalog.modules().iter().copied().filter(is_listed).map(|module| module.name);
    format!(
        "Mana is the user's personal suite, with these modules: {}. Every tool works on the user's own data in one space. \
         Your list may hold only some of the tools: find others with catalog.find. Find an id with a list or search tool \
         before you change something. Errors say what to do differently.",
        modules.collect::<Vec<_>>().join(", ")
    )
}

/// The result of `initialize`: the revision that the client asked for if it has sessions and is served, else the latest
/// that has (basic/lifecycle, "Version Negotiation").
pub(in crate::mcp) fn initialize(server: &Server, params: JsonObject) -> Result<InitializeResult, ErrorData> {
    let InitializeRequestParams { protocol_version: asked, .. } = typed(params)?;
    let mut result = server.opening.clone();
    if LEGACY.contains(&asked) {
        result.protocol_version = asked;
    }
    Ok(result)
}

/// The parameters of `logging/setLevel` must name a level that exists.
#[expect(deprecated, reason = "the earlier revisions still have the method")]
pub(super) fn check_level(params: JsonObject) -> Result<(), ErrorData> {
    typed::<rmcp::model::SetLevelRequestParams>(params).map(|_| ())
}

/// The stateless revision has no `initialize`. A client of the earlier ones learns here which versions there are.
pub(super) fn no_initialize() -> ErrorData {
    let text =
        "`initialize` belongs to the revisions before 2026-07-28, and this request names that one or a later one.";
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, text, Some(json!({ "supported": SUPPORTED })))
}
