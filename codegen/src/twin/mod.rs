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
mod outcome;
mod reads;
mod stop;
mod store;
mod stored;
#[cfg(test)]
mod tests;
mod world;
mod writes;

pub use self::outcome::{NoResult, Ran, Verdict};
pub use mana_mcp_values::{Timestamp, Zone};

use mana_mcp_values::{Env, Value};
use serde_json::Value as Json;

use self::answers::Answers;
use self::store::Store;
use self::world::{World, input};
use crate::Diagnostics;
use crate::diagnostics::did_you_mean;
use crate::ir::{Catalog, Module, Tool};
use crate::source::Span;
use crate::validate::instance::{self, Extent};

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

impl<'c> World<'c> {
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
