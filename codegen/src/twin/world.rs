//! The catalog, as a call sees it.

use mana_mcp_values::Value;
use serde_json::Value as Json;

use super::stop::Stop;
use super::stored::{self, Absent};
use crate::ir::{self, Catalog, Module, Operation, Table, TableRef, Tool};

/// The catalog, as a call sees it.
pub(super) struct World<'c> {
    pub(super) catalog: &'c Catalog,
}

impl<'c> World<'c> {
    /// The tool of that name, in any of its spellings.
    pub(super) fn tool(&self, name: &str) -> Option<(&'c Module, &'c Tool)> {
        let is_named = |tool: &Tool| {
            let aliases = tool.listed_as.iter().chain(&tool.aliases);
            tool.name.dotted() == name || tool.name.underscored() == name || aliases.into_iter().any(|one| one == name)
        };
        let tools = self.catalog.modules.iter().flat_map(|module| module.tools.iter().map(move |tool| (module, tool)));
        tools.into_iter().find(|(_, tool)| is_named(tool))
    }

    pub(super) fn table(&self, table: &TableRef) -> Result<&'c Table, Stop> {
        let mut tables = self.catalog.modules.iter().flat_map(|module| &module.tables);
        let found = tables.find(|known| known.module == table.module && known.name == table.name);
        found.ok_or_else(|| Stop::unresolved(&table.dotted()))
    }

    pub(super) fn operation(&self, call: &ir::Call) -> Result<&'c Operation, Stop> {
        let service = self.catalog.services.iter().find(|service| service.name == call.service);
        let operation = service.and_then(|service| service.operations.iter().find(|one| one.name == call.operation));
        operation.ok_or_else(|| Stop::unresolved(&format!("{}.{}", call.service, call.operation)))
    }

    /// What expressions of a module read as `constants`.
    pub(super) fn constants(&self, module: &str) -> Value {
        let module = self.catalog.modules.iter().find(|known| known.name == module);
        let constants = module.and_then(|module| module.constants.as_ref());
        constants.map(Value::from_json).unwrap_or_default()
    }
}

/// The arguments of a tool as its expressions see them.
pub(super) fn input(tool: &Tool, arguments: &Json) -> Option<Value> {
    stored::object(&tool.input, arguments.as_object()?, Absent::HasDefault)
}
