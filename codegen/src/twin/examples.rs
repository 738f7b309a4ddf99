//! Examples, run in memory as the gateway's tests run them over sockets: with what is given, at their time, and held
//! against what they say.

use std::collections::BTreeMap;

use mana_mcp_values::{Env, Timestamp, Zone};
use serde_json::{Map, Value as Json};

use super::answers::Answers;
use super::call::{self, USER};
use super::differences::{self, Names, excerpt};
use super::outcome::Verdict;
use super::stop::Stop;
use super::store::Store;
use super::world::{World, input};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::ir::{Example, Module, Outcome, Preparation, Struct, TableRef, Tool};
use crate::source::Span;
use crate::validate::instance::{self, Extent};

/// When the rows were stored that examples begin with.
const STORED_AT: &str = "2026-01-01T00:00:00.000Z";

/// Why an example says nothing of its tool.
enum Fault {
    OnlyInGateway(String),
    At(Box<Diagnostic>),
}

/// Runs an example.
pub(super) fn verdict(world: &World<'_>, called: (&Module, &Tool), example: &Example) -> Verdict {
    let mut run = Run { world, called, example, store: Store::default(), names: Names::new() };
    match run.differences() {
        Ok(found) if found.is_empty() => Verdict::Passed,
        Ok(found) => {
            let mut diagnostics = Diagnostics::default();
            found.into_iter().for_each(|one| diagnostics.push(one));
            Verdict::Failed(diagnostics)
        }
        Err(Fault::OnlyInGateway(why)) => Verdict::OnlyInGateway(why),
        Err(Fault::At(problem)) => {
            let mut diagnostics = Diagnostics::default();
            diagnostics.push(*problem);
            Verdict::Failed(diagnostics)
        }
    }
}

/// An example that runs.
struct Run<'c> {
    world: &'c World<'c>,
    called: (&'c Module, &'c Tool),
    example: &'c Example,
    store: Store,
    /// What the example calls the ids of rows that were made, and what they are.
    names: Names,
}

impl Run<'_> {
    /// Everything that is not as the example says.
    fn differences(&mut self) -> Result<Vec<Diagnostic>, Fault> {
        let example = self.example;
        let mut answers = Answers::of(example.services.as_ref());
        for given in &example.given {
            match given {
                Preparation::Row { table, row } => self.given_row(table, row)?,
                Preparation::Call { tool, at, input, id } => {
                    let made = self.prepare(&mut answers, tool.dotted(), *at, input)?;
                    if let Some(id) = id {
                        self.names.insert(
                            id.clone(),
                            id_of(&made).ok_or_else(|| {
                                self.at(*at, format!("`{}` returns no row with an id", tool.dotted()))
                            })?,
                        );
                    }
                }
            }
        }
        let (_, tool) = self.called;
        let arguments = differences::renamed(&example.input, &self.names);
        let result = self.call(&mut answers, self.called, &arguments, example.at)?;
        let mut found = match (result, &example.outcome) {
            (Ok(result), Outcome::Output(expected)) => {
                let mut found = self.misshapen(tool, &result);
                let what = format!("the example of `{}`", tool.name);
                found.extend(differences::differences(&what, "", Some(&result), expected, &self.names));
                found
            }
            (Ok(result), Outcome::Refused(refused)) => {
                let message = format!("the example of `{}` is not refused", tool.name);
                vec![self.problem(refused.span, message).label(format!("it returns {}", excerpt(&result)))]
            }
            (Err(told), Outcome::Output(expected)) => {
                let message = format!("the example of `{}` is refused", tool.name);
                vec![self.problem(expected.span, message).label(format!("it says: {told}"))]
            }
            // Texts name tools with a point or, as hosts list them, without.
            (Err(told), Outcome::Refused(refused))
                if told.replace('_', ".").contains(&refused.value.replace('_', ".")) =>
            {
                Vec::new()
            }
            (Err(told), Outcome::Refused(refused)) => {
                let message = format!("the example of `{}` is refused in other words", tool.name);
                vec![self.problem(refused.span, message).label(format!("it says: {told}"))]
            }
        };
        found.extend(answers.faults().into_iter().map(|fault| self.problem(example.at, fault)));
        Ok(found)
    }

    /// A call of a tool: its result, or the caller's error message.
    fn call(
        &mut self,
        answers: &mut Answers,
        (module, tool): (&Module, &Tool),
        arguments: &Json,
        at: Span,
    ) -> Result<Result<Json, String>, Fault> {
        let faults = instance::faults(arguments, &tool.input, Extent::Whole, at);
        let Some(input) = input(tool, arguments).filter(|_| faults.is_empty()) else {
            let why = format!("the schema of its input refuses the call: {}", faults.join("; "));
            return Err(Fault::OnlyInGateway(why));
        };
        let env = self.env().ok_or_else(|| self.at(at, "its time or time zone cannot be read".to_owned()))?;
        match call::run(self.world, &env, &mut self.store, answers, (module, tool), input) {
            Ok(result) => Ok(Ok(result)),
            Err(Stop::Refused(told)) => Ok(Err(told)),
            Err(Stop::OnlyInGateway(why)) => Err(Fault::OnlyInGateway(why)),
        }
    }

    fn prepare(&mut self, answers: &mut Answers, tool: &str, at: Span, arguments: &Json) -> Result<Json, Fault> {
        let called = self.world.tool(tool);
        let called = called.ok_or_else(|| self.at(at, format!("there is no tool `{tool}`")))?;
        let arguments = differences::renamed(arguments, &self.names);
        let made = self.call(answers, called, &arguments, at)?;
        made.map_err(|told| {
            let message = format!("`{tool}`, which prepares this example, is refused");
            Fault::At(self.problem(at, message).label(format!("it says: {told}")).into())
        })
    }

    /// Stores a row as the web application would have.
    fn given_row(&mut self, table: &TableRef, row: &Json) -> Result<(), Fault> {
        let table = self.world.table(table).map_err(|_| self.at(self.example.at, "a table is not there".to_owned()))?;
        let stored = [("authorId", USER), ("createdAt", STORED_AT), ("updatedAt", STORED_AT)];
        let mut fields: Map<String, Json> =
            stored.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        fields.extend(table.creates.iter().cloned());
        fields.extend(row.as_object().cloned().unwrap_or_default());
        let id = fields.get("id").and_then(Json::as_str).unwrap_or_default().to_owned();
        self.store.set(table, &id, fields);
        Ok(())
    }

    fn env(&self) -> Option<Env> {
        let now: Timestamp = self.example.time().parse().ok()?;
        let zone: Zone = self.example.zone().parse().ok()?;
        Some(Env::new(now, zone))
    }

    /// What the schema of the output refuses in a result.
    fn misshapen(&self, tool: &Tool, result: &Json) -> Vec<Diagnostic> {
        let mut faults = instance::faults(result, &tool.output, Extent::Part, self.example.at);
        missing("", &tool.output, result, &mut faults);
        let told = |fault| format!("the output of `{}` does not fit its schema: {fault}", tool.name);
        faults.into_iter().map(|fault| self.problem(self.example.at, told(fault))).collect()
    }

    fn problem(&self, at: Span, message: String) -> Diagnostic {
        let problem = Diagnostic::error(Code::ExampleFails, at, message);
        if at == self.example.at { problem } else { problem.also(self.example.at, "in this example") }
    }

    fn at(&self, at: Span, message: String) -> Fault {
        Fault::At(self.problem(at, message).into())
    }
}

/// Names what readers of an output can rely on and is not there.
fn missing(path: &str, one: &Struct, json: &Json, faults: &mut Vec<String>) {
    let Some(members) = json.as_object() else { return };
    for property in &one.properties {
        let path = format!("{path}/{}", property.name);
        match members.get(&property.name) {
            Some(member) => missing_in(&path, &property.schema, member, faults),
            None if one.publishes_as_required(property) && !property.schema.nullable => {
                faults.push(format!("`{path}` is missing"));
            }
            None => {}
        }
    }
}

fn missing_in(path: &str, schema: &crate::ir::Schema, json: &Json, faults: &mut Vec<String>) {
    use crate::ir::Kind;
    match (&schema.kind, json) {
        (Kind::Struct(one), json) => missing(path, one, json, faults),
        (Kind::Array { items, .. }, Json::Array(all)) => {
            for (index, item) in all.iter().enumerate() {
                missing_in(&format!("{path}/{index}"), items, item, faults);
            }
        }
        (Kind::Map(values), Json::Object(members)) => {
            for (name, member) in members {
                missing_in(&format!("{path}/{name}"), values, member, faults);
            }
        }
        _ => {}
    }
}

/// The id of the row that a result holds.
fn id_of(made: &Json) -> Option<String> {
    let rows = made.as_object().into_iter().flatten();
    let by_name: BTreeMap<&String, &Json> = rows.collect();
    by_name.values().find_map(|row| row.get("id")?.as_str()).map(str::to_owned)
}
