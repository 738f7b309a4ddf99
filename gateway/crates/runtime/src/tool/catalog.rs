//! A catalog as a value: the modules that a program serves, and the tools in them by name.

use std::{collections::HashMap, fmt};

use super::{Module, Prompt, ToolId, ToolSet, Toolset, WordEntry, catalog_tools, underscored};
use crate::service::{Operation, Service};

/// The tools that a program serves, those of the module `catalog` among them.
pub struct Catalog {
    modules: Box<[&'static Module]>,
    /// By name.
    tools: Box<[ToolId]>,
    /// By name, dotted, underscored and as hosts want it.
    by_name: HashMap<Box<str>, ToolId>,
    /// What tools call, by service and name.
    operations: Box<[&'static Operation]>,
    /// By name.
    services: Box<[&'static Service]>,
    /// By other names, as they are written and underscored.
    by_alias: HashMap<Box<str>, ToolId>,
    toolsets: &'static [Toolset],
    prompts: &'static [Prompt],
    words: &'static [WordEntry],
}

impl Catalog {
    /// The catalog of these modules.
    #[must_use]
    pub fn new(modules: &'static [&'static Module]) -> Self {
        let mut modules: Vec<&'static Module> = modules.iter().copied().chain([&catalog_tools::MODULE]).collect();
        modules.sort_unstable_by_key(|module| module.name);
        let of_module = |module: &'static Module| module.tools.iter().map(move |entry| (module, entry));
        let mut entries: Vec<_> = modules.iter().copied().flat_map(of_module).collect();
        entries.sort_unstable_by_key(|(_, entry)| entry.spec.name);
        let tools = (0..).zip(entries).map(|(index, (module, entry))| ToolId { index, module, entry });
        let tools: Box<[ToolId]> = tools.collect();
        let spellings =
            |name: &'static str, tool: ToolId| [name.into(), underscored(name).into()].map(|name| (name, tool));
        let of_hosts = tools.iter().filter_map(|tool| Some((tool.entry().name_of_hosts()?.into(), *tool)));
        let by_name = tools.iter().flat_map(|tool| spellings(tool.name(), *tool)).chain(of_hosts).collect();
        let aliases = tools.iter().flat_map(|tool| tool.spec().aliases.iter().map(|alias| (*alias, *tool)));
        let by_alias = aliases.flat_map(|(alias, tool)| spellings(alias, tool)).collect();
        let served = tools.iter().filter(|tool| tool.is_served());
        let mut operations: Vec<_> = served.flat_map(|tool| tool.spec().calls).copied().collect();
        operations.sort_unstable();
        operations.dedup();
        let mut services: Vec<_> = operations.iter().map(|operation| operation.service).collect();
        services.dedup();
        Self {
            modules: modules.into(),
            tools,
            by_name,
            operations: operations.into(),
            services: services.into(),
            by_alias,
            toolsets: &[],
            prompts: &[],
            words: &[],
        }
    }

    /// The same with these groups of its tools.
    #[must_use]
    pub fn with_toolsets(self, toolsets: &'static [Toolset]) -> Self {
        Self { toolsets, ..self }
    }

    /// The same with these prompts.
    #[must_use]
    pub fn with_prompts(self, prompts: &'static [Prompt]) -> Self {
        Self { prompts, ..self }
    }

    /// The same with these words, by which people look for its tools.
    #[must_use]
    pub fn with_words(self, words: &'static [WordEntry]) -> Self {
        Self { words, ..self }
    }

    /// The modules, by name.
    #[must_use]
    pub fn modules(&self) -> &[&'static Module] {
        &self.modules
    }

    /// The groups of tools, by name.
    #[must_use]
    pub fn toolsets(&self) -> &'static [Toolset] {
        self.toolsets
    }

    /// The tools of a group that agents are served.
    #[must_use]
    pub fn tools_of(&self, toolset: &Toolset) -> ToolSet {
        toolset.tools.iter().filter_map(|name| self.find(name)).filter(|tool| tool.is_served()).collect()
    }

    /// The prompts, by name.
    #[must_use]
    pub fn prompts(&self) -> &'static [Prompt] {
        self.prompts
    }

    /// Words that people use, and the catalog's words for each.
    #[must_use]
    pub fn words(&self) -> &'static [WordEntry] {
        self.words
    }

    /// All tools, by name.
    #[must_use]
    pub fn tools(&self) -> &[ToolId] {
        &self.tools
    }

    /// The tools that agents are served, by name.
    pub fn served(&self) -> impl Iterator<Item = ToolId> + '_ {
        self.tools.iter().copied().filter(|tool| tool.is_served())
    }

    /// The services that tools call, by name.
    #[must_use]
    pub fn services(&self) -> &[&'static Service] {
        &self.services
    }

    /// What tools call of services.
    #[must_use]
    pub fn operations(&self) -> &[&'static Operation] {
        &self.operations
    }

    /// The tool of that name, dotted or underscored. For the names of calls see [`Catalog::resolve`].
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ToolId> {
        self.by_name.get(name).copied()
    }

    /// The tool of that name or former name, dotted or underscored.
    pub(super) fn find_any(&self, name: &str) -> Option<ToolId> {
        self.find(name).or_else(|| self.by_alias.get(name).copied())
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.tools.iter()).finish()
    }
}
