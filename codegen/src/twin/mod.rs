//! Tools, run in memory: their checked steps over rows that nothing stores, without a gateway.
//!
//! What a tool does here is what emitted code does in a gateway: expressions are evaluated by the same functions, and the
//! verbs are written after the runtime's (`gateway/crates/runtime/src/steps/`). Tests hold both to the examples of the
//! catalog. What is different: nothing is encrypted, no row is unreadable, one user has one space, a page is not cut at
//! its characters, and services answer what an example says.

mod answers;
mod call;
mod deletion;
mod differences;
mod examples;
mod reads;
mod stop;
mod store;
mod stored;
#[cfg(test)]
mod tests;
mod writes;

pub use mana_mcp_values::{Timestamp, Zone};

use mana_mcp_values::{Env, Value};
use serde_json::Value as Json;

use self::answers::Answers;
use self::call::USER;
use self::stop::Stop;
use self::store::Store;
use self::stored::Absent;
use crate::Diagnostics;
use crate::diagnostics::did_you_mean;
use crate::ir::{self, Catalog, Module, Operation, Table, TableRef, Tool};
use crate::source::Span;
use crate::validate::instance::{self, Extent};

/// What became of an example.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The tool.
    pub tool: String,
    /// The example.
    pub example: String,
    /// Where it stands.
    pub at: Span,
    /// Whether it does what it says.
    pub verdict: Verdict,
}

/// Whether an example does what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Passed,
    /// It does not, each difference at its place.
    Failed(Diagnostics),
    /// It cannot be run here, and why.
    OnlyInGateway(String),
}

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoResult {
    /// The tool refused it, in these words.
    Refused(String),
    /// It cannot be made here, and why.
    OnlyInGateway(String),
    /// There is no such tool, or its arguments do not fit it.
    Wrong(String),
}

/// The names of the tools of a catalog that a name stands for: a tool's, or that of a module with all of its tools.
pub fn named<'c>(catalog: &'c Catalog, name: &str) -> Vec<&'c str> {
    let world = World { catalog };
    if let Some((_, tool)) = world.tool(name) {
        return vec![tool.name.dotted()];
    }
    let module = catalog.modules.iter().find(|module| module.name == name);
    module.map(Module::tools_by_name).unwrap_or_default().into_iter().map(|tool| tool.name.dotted()).collect()
}

/// Runs the examples of these tools, in their order.
pub fn run_examples(catalog: &Catalog, tools: &[&str]) -> Vec<Ran> {
    let world = World { catalog };
    crate::on_a_large_stack(|| {
        let tools = tools.iter().filter_map(|name| world.tool(name));
        tools
            .flat_map(|(module, tool)| tool.examples.iter().map(move |example| (module, tool, example)))
            .map(|(module, tool, example)| Ran {
                tool: tool.name.dotted().to_owned(),
                example: example.name.clone(),
                at: example.at,
                verdict: examples::verdict(&world, (module, tool), example),
            })
            .collect()
    })
}

/// All tools of a catalog, by name.
pub fn all(catalog: &Catalog) -> Vec<&str> {
    catalog.tools().into_iter().map(|(_, tool)| tool.name.dotted()).collect()
}

/// The tool or module that was perhaps meant, to stand behind a message; nothing where none is near.
pub fn suggest(catalog: &Catalog, name: &str) -> String {
    let modules = catalog.modules.iter().map(|module| module.name.as_str());
    let near = did_you_mean(name, all(catalog).into_iter().chain(modules));
    near.map(|near| format!("; {near}")).unwrap_or_default()
}

/// Everything in which tools differ from their examples.
pub fn problems(catalog: &Catalog) -> Diagnostics {
    let mut found = Diagnostics::default();
    for ran in run_examples(catalog, &all(catalog)) {
        if let Verdict::Failed(problems) = ran.verdict {
            problems.iter().for_each(|problem| found.push(problem.clone()));
        }
    }
    found
}

/// Makes calls, one after the other, over rows of their own that are empty at first. Ends behind the first one that gives no
/// result.
pub fn run_calls(
    catalog: &Catalog,
    now: Timestamp,
    zone: &Zone,
    calls: &[(&str, Json)],
) -> Vec<Result<Json, NoResult>> {
    let world = World { catalog };
    crate::on_a_large_stack(|| {
        let (mut store, mut answers, mut made) = (Store::default(), Answers::default(), Vec::new());
        for (name, arguments) in calls {
            let env = Env::new(now, zone.clone());
            let result = world.called(name, arguments).and_then(|(module, tool, input)| {
                Ok(call::run(&world, &env, &mut store, &mut answers, (module, tool), input)?)
            });
            let is_last = result.is_err();
            made.push(result);
            if is_last {
                break;
            }
        }
        made
    })
}

/// The catalog, as a call sees it.
struct World<'c> {
    catalog: &'c Catalog,
}

impl<'c> World<'c> {
    /// The tool of that name, in any of its spellings.
    fn tool(&self, name: &str) -> Option<(&'c Module, &'c Tool)> {
        let is_named = |tool: &Tool| {
            let aliases = tool.listed_as.iter().chain(&tool.aliases);
            tool.name.dotted() == name || tool.name.underscored() == name || aliases.into_iter().any(|one| one == name)
        };
        let tools = self.catalog.modules.iter().flat_map(|module| module.tools.iter().map(move |tool| (module, tool)));
        tools.into_iter().find(|(_, tool)| is_named(tool))
    }

    fn table(&self, table: &TableRef) -> Result<&'c Table, Stop> {
        let mut tables = self.catalog.modules.iter().flat_map(|module| &module.tables);
        let found = tables.find(|known| known.module == table.module && known.name == table.name);
        found.ok_or_else(|| Stop::unresolved(&table.dotted()))
    }

    fn operation(&self, call: &ir::Call) -> Result<&'c Operation, Stop> {
        let service = self.catalog.services.iter().find(|service| service.name == call.service);
        let operation = service.and_then(|service| service.operations.iter().find(|one| one.name == call.operation));
        operation.ok_or_else(|| Stop::unresolved(&format!("{}.{}", call.service, call.operation)))
    }

    /// What expressions of a module read as `constants`.
    fn constants(&self, module: &str) -> Value {
        let module = self.catalog.modules.iter().find(|known| known.name == module);
        let constants = module.and_then(|module| module.constants.as_ref());
        constants.map(Value::from_json).unwrap_or_default()
    }

    /// The tool that a call names, and its arguments.
    fn called(&self, name: &str, arguments: &Json) -> Result<(&'c Module, &'c Tool, Value), NoResult> {
        let (module, tool) = self
            .tool(name)
            .ok_or_else(|| NoResult::Wrong(format!("there is no tool `{name}`{}", suggest(self.catalog, name))))?;
        let faults = instance::faults(arguments, &tool.input, Extent::Whole, Span::nowhere());
        match (faults.is_empty(), input(tool, arguments)) {
            (true, Some(input)) => Ok((module, tool, input)),
            _ => Err(NoResult::Wrong(format!("`{name}` does not take these arguments: {}", faults.join("; ")))),
        }
    }
}

/// The arguments of a tool as its expressions see them.
fn input(tool: &Tool, arguments: &Json) -> Option<Value> {
    stored::object(&tool.input, arguments.as_object()?, Absent::HasDefault)
}

impl From<Stop> for NoResult {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(text) => Self::Refused(text),
            Stop::OnlyInGateway(why) => Self::OnlyInGateway(why),
        }
    }
}
