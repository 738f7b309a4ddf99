//! The protocol's methods, as rmcp asks for them.

use std::{borrow::Cow, sync::Arc, time::Duration};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, ErrorCode, Implementation, InitializeRequestParams,
        InitializeResult, ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion, ServerCapabilities,
        ServerConfig,
    },
    service::RequestContext,
};

use super::{
    consent, era,
    message::invalid_params,
    results::{self, Outlet},
    tools::{Listing, View},
};
use crate::{
    auth::SpaceAccess,
    call::{self, CallRequest, ToolServices},
    policy::consent::Consenting,
};
use mana_mcp_runtime::{
    failure::BackendError,
    tool::{AgentActor, Catalog, Module, ToolId},
};

/// The catalog is compiled in: a list stays right until the gateway is replaced.
const LIST_FRESH_FOR: Duration = Duration::from_secs(3600);
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// What came of a call's way to its space.
#[derive(Debug, Clone)]
pub(super) enum Admission {
    /// The caller is a member.
    Proven(ProvenCall),
    /// The identity service could not tell.
    Failed(BackendError),
}

/// What is known about a call before rmcp dispatches it.
#[derive(Debug, Clone)]
pub(super) struct ProvenCall {
    pub(super) tool: ToolId,
    pub(super) access: SpaceAccess,
    pub(super) agent: AgentActor,
}

/// The server's side of the protocol.
#[derive(Clone)]
pub(super) struct Handler {
    services: Arc<ToolServices>,
    listing: Listing,
    server: Implementation,
    server_meta: MetaObject,
}

impl Handler {
    pub(super) fn new(services: Arc<ToolServices>, listing: Listing) -> Self {
        let server = Implementation::new("mana-mcp", env!("CARGO_PKG_VERSION")).with_title("Mana");
        let mut server_meta = MetaObject::new();
        server_meta.0.insert(SERVER_INFO.to_owned(), serde_json::to_value(&server).unwrap_or_default());
        Self { services, listing, server, server_meta }
    }

    /// `serverInfo`, which the stateless revision wants in every result.
    fn meta(&self, context: &RequestContext<RoleServer>) -> Option<MetaObject> {
        is_modern(context).then(|| self.server_meta.clone())
    }
}

/// What a model is told of the whole server.
fn instructions(catalog: &Catalog) -> String {
    let served = |module: &&&Module| catalog.served().any(|tool| tool.module() == module.name);
    let modules: Vec<&str> = catalog.modules().iter().filter(served).map(|module| module.name).collect();
    format!(
        "Mana is the user's personal suite, with these modules: {}. Every tool works on the user's own data in one space. \
         Find an id with a list or search tool before you change something. Errors say what to do differently.",
        modules.join(", ")
    )
}

/// Whether a request speaks the stateless revision.
fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version == era::MODERN)
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        info.protocol_version = ProtocolVersion::V_2025_11_25;
        info.server_info = self.server.clone();
        info.instructions = Some(instructions(self.services.catalog));
        info
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(era::SUPPORTED)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        // Not the default, which notes the client in the peer: peers are shared here.
        self.negotiate_initialize(&request)
    }

    /// Not declared; accepted because clients of the earlier revisions send it all the same.
    #[expect(deprecated, reason = "the earlier revisions still have the method")]
    async fn set_level(
        &self,
        _request: rmcp::model::SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if is_modern(&context) {
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "logging/setLevel", None));
        }
        Ok(())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if request.and_then(|page| page.cursor).is_some() {
            return Err(invalid_params("This list has one page: no cursor is valid."));
        }
        let view = context.extensions.get::<View>().unwrap_or(&View::All);
        let mut result = ListToolsResult::with_all_items(self.listing.of(view));
        result.meta = self.meta(&context);
        if is_modern(&context) {
            result.ttl_ms = u64::try_from(LIST_FRESH_FOR.as_millis()).ok();
            result.cache_scope = Some(CacheScope::Private);
        }
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let outlet = context.extensions.remove::<Outlet>().unwrap_or_default();
        let ProvenCall { tool, access, agent } = match context.extensions.remove() {
            Some(Admission::Proven(proven)) => proven,
            Some(Admission::Failed(error)) => return results::of_failure(error, self.meta(&context)),
            None => return Err(ErrorData::internal_error("The call's space was not resolved.", None)),
        };
        // In the earlier revisions a question would need state held between requests.
        let consenting =
            if is_modern(&context) { consent::of_request(&context.meta, &request) } else { Consenting::default() };
        let arguments = request.arguments.unwrap_or_default();
        let request = CallRequest { tool, access, arguments, agent, consenting };
        results::of_call(call::call(&self.services, request).await, self.meta(&context), &outlet)
    }
}
