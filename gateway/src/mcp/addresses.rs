//! The addresses at which tools are served, and which tools each serves: `/mcp` the default toolset, `/mcp/all` every tool,
//! `/mcp/x/{names}` toolsets and modules; with `/readonly` behind, those that change nothing.
//!
//! The tools of the module `catalog` are at every address. Through them `/mcp` reaches every tool, and each other address
//! reaches what it lists.

use std::{collections::BTreeMap, sync::Arc};

use mana_mcp_runtime::{
    decode::nearest,
    tool::{CATALOG_MODULE, Catalog, PolicyHint, ToolId, ToolSet, underscored},
};

/// The path of the endpoint that serves the default toolset.
pub(crate) const ENDPOINT: &str = "/mcp";
/// The end of an address that serves what changes nothing.
const READ_ONLY: &str = "/readonly";
/// The most names of an address.
const MAX_NAMES: usize = 40;

/// Whether this is the path of an endpoint that is served.
pub(crate) fn is_endpoint(catalog: &Catalog, path: &str) -> bool {
    Address::of(path).is_some_and(|address| match address.tools {
        Named::Default | Named::All => true,
        Named::These(names) => names_of(names).all(|name| has(catalog, name)) && names_of(names).count() <= MAX_NAMES,
    })
}

/// A path, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Address<'a> {
    tools: Named<'a>,
    is_read_only: bool,
}

/// What an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named<'a> {
    Default,
    All,
    /// Toolsets and modules, with commas between.
    These(&'a str),
}

impl<'a> Address<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix(ENDPOINT)?;
        let (rest, is_read_only) = rest.strip_suffix(READ_ONLY).map_or((rest, false), |rest| (rest, true));
        let tools = match rest {
            "" => Named::Default,
            "/all" => Named::All,
            _ => Named::These(rest.strip_prefix("/x/").filter(|names| !names.contains('/'))?),
        };
        Some(Self { tools, is_read_only })
    }
}

/// Some clients write a comma as what stands for it in a URL.
fn names_of(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').flat_map(|names| names.split("%2C")).flat_map(|names| names.split("%2c"))
}

/// Whether there is a toolset or a served module of that name.
fn has(catalog: &Catalog, name: &str) -> bool {
    let mut modules = catalog.served().map(ToolId::module);
    name != CATALOG_MODULE
        && (catalog.toolsets().iter().any(|toolset| toolset.name == name) || modules.any(|module| module == name))
}

/// The tools of every address.
#[derive(Debug)]
pub(super) struct Addresses {
    /// Toolsets and modules.
    named: BTreeMap<&'static str, ToolSet>,
    toolsets: Vec<&'static str>,
    default: Arc<ToolSet>,
    all: Arc<ToolSet>,
    reading: ToolSet,
    /// The tools of the module `catalog`.
    everywhere: ToolSet,
}

/// Which tools an address serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    /// In its list.
    pub(super) listed: Arc<ToolSet>,
    /// Those that calls reach.
    pub(super) reached: Arc<ToolSet>,
}

/// Why an address serves nothing. Its text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnknownAddress {
    /// It is no address of tools.
    #[error("There is nothing here. Tools are served at /mcp, /mcp/all and /mcp/x/<toolset or module>.")]
    Elsewhere,
    /// It names too much.
    #[error("The address names more than {MAX_NAMES} toolsets and modules: use /mcp/all.")]
    TooMany,
    /// It names something that is not there.
    #[error("The address names `{name}`, which is no toolset and no module. {known}")]
    Name {
        /// As it stands there, without what cannot be shown.
        name: String,
        /// All names.
        known: String,
    },
}

impl Addresses {
    pub(super) fn new(catalog: &Catalog) -> Self {
        let everywhere: ToolSet = catalog.served().filter(|tool| tool.catalog_tool().is_some()).collect();
        let mut modules: BTreeMap<&'static str, Vec<ToolId>> = BTreeMap::new();
        for tool in catalog.served().filter(|tool| tool.catalog_tool().is_none()) {
            modules.entry(tool.module()).or_default().push(tool);
        }
        let modules = modules.into_iter().map(|(name, tools)| (name, tools.into_iter().collect()));
        let toolsets = catalog.toolsets().iter().map(|toolset| (toolset.name, catalog.tools_of(toolset)));
        let all: Arc<ToolSet> = Arc::new(catalog.served().collect());
        let default = catalog.toolsets().iter().find(|toolset| toolset.is_default);
        let default =
            default.map_or_else(|| Arc::clone(&all), |toolset| Arc::new(catalog.tools_of(toolset).union(&everywhere)));
        Self {
            named: modules.chain(toolsets).collect(),
            toolsets: catalog.toolsets().iter().map(|toolset| toolset.name).collect(),
            default,
            all,
            reading: catalog.served().filter(|tool| tool.spec().policy_hint == PolicyHint::Read).collect(),
            everywhere,
        }
    }

    /// What the address of that path serves.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn view(&self, path: &str) -> Result<View, UnknownAddress> {
        let Address { tools, is_read_only } = Address::of(path).ok_or(UnknownAddress::Elsewhere)?;
        let (listed, reached) = match tools {
            Named::Default => (Arc::clone(&self.default), Arc::clone(&self.all)),
            Named::All => (Arc::clone(&self.all), Arc::clone(&self.all)),
            Named::These(names) => {
                let tools = Arc::new(self.tools_of(names)?);
                (Arc::clone(&tools), tools)
            }
        };
        if !is_read_only {
            return Ok(View { listed, reached });
        }
        let reading = |tools: &ToolSet| Arc::new(tools.intersection(&self.reading));
        Ok(View { listed: reading(&listed), reached: reading(&reached) })
    }

    fn tools_of(&self, names: &str) -> Result<ToolSet, UnknownAddress> {
        let mut tools = self.everywhere.clone();
        for (place, name) in names_of(names).enumerate() {
            if place == MAX_NAMES {
                return Err(UnknownAddress::TooMany);
            }
            tools = tools.union(self.named.get(name).ok_or_else(|| self.unknown(name))?);
        }
        Ok(tools)
    }

    fn unknown(&self, name: &str) -> UnknownAddress {
        let modules = self.named.keys().copied().filter(|name| !self.toolsets.contains(name));
        let modules = format!("Modules: {}.", modules.collect::<Vec<_>>().join(", "));
        let known = match self.toolsets.as_slice() {
            [] => modules,
            toolsets => format!("Toolsets: {}. {modules}", toolsets.join(", ")),
        };
        UnknownAddress::Name { name: name.chars().take(64).flat_map(char::escape_debug).collect(), known }
    }
}

impl View {
    /// The tool of that name, in any spelling, if calls reach it here.
    pub(super) fn tool(&self, catalog: &Catalog, name: &str) -> Option<ToolId> {
        catalog.resolve(name).filter(|tool| self.reached.contains(*tool))
    }

    /// The tool in reach whose name or former name is most like `name`, if one is close. No guess leads to a tool that
    /// destroys something.
    pub(super) fn nearest(&self, catalog: &Catalog, name: &str) -> Option<ToolId> {
        let spelled = underscored(name);
        let bare =
            ["mcp__", "mcp_", "mana_"].iter().find_map(|prefix| spelled.strip_prefix(prefix)).unwrap_or(&spelled);
        let bare = bare.strip_prefix("mana_").map_or(bare, |rest| rest.trim_start_matches('_'));
        let offered = catalog.served().filter(|tool| self.reached.contains(*tool) && !tool.is_destructive());
        let names = |tool: ToolId| {
            let names = std::iter::once(tool.name()).chain(tool.spec().aliases.iter().copied());
            names.map(move |name| (underscored(name), tool))
        };
        let offered: Vec<_> = offered.flat_map(names).collect();
        let nearest = nearest(bare, offered.iter().map(|(name, _)| name.as_str()))?;
        offered.iter().find(|(name, _)| name == nearest).map(|(_, tool)| *tool)
    }
}

#[cfg(test)]
mod tests;
