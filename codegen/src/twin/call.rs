//! One call of a tool: its steps, one after the other, over rows in memory.
//!
//! It does what emitted code and the runtime's steps do (`emit::rust::steps`, `gateway/crates/runtime/src/steps/`). Writes
//! go to the call's own rows, so that later steps see them; they are kept where the call succeeds.

use mana_mcp_values::{Env, Value, functions};
use serde_json::{Map, Value as Json};

use super::answers::Answers;
use super::stop::Stop;
use super::store::Store;
use super::stored;
use super::world::World;
use crate::expr::{Evaluator, Typed, Variable};
use crate::ir::{self, Action, Module, Step, Steps, Tool, Verb};

/// The most elements of an `each`, and rows of an `update` or `delete` with `where`.
pub(super) const MOST_ELEMENTS: usize = 100;
/// The characters of an answer.
const MOST_CHARACTERS: usize = 50_000;
/// The caller.
pub(super) const USER: &str = "user-1";

/// A call that runs.
pub(super) struct Call<'c> {
    pub(super) world: &'c World<'c>,
    pub(super) env: &'c Env,
    pub(super) evaluator: Evaluator<'c>,
    pub(super) store: Store,
    /// How often it has written.
    pub(super) writes: usize,
    pub(super) page: Option<Page>,
    pub(super) input: Value,
    pub(super) answers: &'c mut Answers,
    /// What services are asked for once the rows are stored: the service and the operation.
    afterwards: Vec<ir::Call>,
}

/// What a page says beside its rows.
pub(super) struct Page {
    pub(super) total: usize,
    pub(super) next: Option<usize>,
}

/// Runs a tool over these rows. What it stores is in them where it succeeds.
pub(super) fn run(
    world: &World<'_>,
    env: &Env,
    store: &mut Store,
    answers: &mut Answers,
    (module, tool): (&Module, &Tool),
    input: Value,
) -> Result<Json, Stop> {
    let Action::Steps(steps) = &tool.action else {
        return Err(Stop::OnlyInGateway(format!("`{}` is written by hand", tool.name)));
    };
    let mut evaluator = Evaluator::new(env, world.constants(&module.name)).of_call(answers.next_call());
    evaluator.set(Variable::Input, input.clone());
    evaluator.set(Variable::User, Value::object([("id", Value::from_static(USER))]));
    evaluator.set(Variable::Space, space());
    let mut call = Call {
        world,
        env,
        evaluator,
        store: store.clone(),
        writes: 0,
        page: None,
        input,
        answers,
        afterwards: Vec::new(),
    };
    let made = call.result(steps, tool);
    let written = call.store;
    let made = made?;
    *store = written;
    Ok(made)
}

/// The active space: the caller's own.
fn space() -> Value {
    let id = format!("_personal:{USER}");
    Value::object([("id", Value::text(id)), ("type", Value::from_static("personal"))])
}

impl Call<'_> {
    fn result(&mut self, steps: &Steps, tool: &Tool) -> Result<Json, Stop> {
        for step in &steps.steps {
            let made = self.step(step, steps.page.as_ref() == Some(&step.name))?;
            self.evaluator.set(Variable::Named(step.name.clone()), made);
        }
        let output = self.evaluator.value(&steps.returns);
        self.look()?;
        let mut members = stored::shaped_members(&tool.output, &output);
        if let Some(page) = &self.page {
            members.insert("total".to_owned(), page.total.into());
            if let Some(next) = page.next {
                members.insert("nextCursor".to_owned(), cursor(next).into());
            }
        }
        self.is_short(&members)?;
        for call in std::mem::take(&mut self.afterwards) {
            // The rows are stored: that it fails is a note.
            let _ = self.ask(&call)?;
        }
        Ok(Json::Object(members))
    }

    /// An answer of a call that only reads has an end. A page is not cut at it here.
    fn is_short(&self, members: &Map<String, Json>) -> Result<(), Stop> {
        let characters = Json::Object(members.clone()).to_string().chars().count();
        let is_bounded = self.writes == 0 && self.page.is_none();
        if is_bounded && characters > MOST_CHARACTERS {
            return Err(Stop::too_long(characters, MOST_CHARACTERS));
        }
        Ok(())
    }

    /// Whether the call may go on: it has not looked at too much.
    pub(super) fn look(&self) -> Result<(), Stop> {
        if self.env.is_exhausted() { Err(Stop::too_much_data()) } else { Ok(()) }
    }

    fn step(&mut self, step: &Step, is_paged: bool) -> Result<Value, Stop> {
        self.evaluator.begin(&step.name);
        if let Some(when) = &step.when
            && !self.evaluator.holds(when)
        {
            return Ok(step.otherwise.as_ref().map(|other| self.evaluator.value(other)).unwrap_or_default());
        }
        let Some(each) = &step.each else { return self.verb(step, is_paged) };
        let elements = self.evaluator.value(each);
        let elements = elements.items();
        if elements.len() > MOST_ELEMENTS {
            return Err(Stop::too_many_elements(elements.len(), MOST_ELEMENTS));
        }
        let mut made = Vec::with_capacity(elements.len());
        for (at, element) in elements.iter().enumerate() {
            self.evaluator.begin_element(at, element);
            self.evaluator.set(Variable::It, element.clone());
            self.evaluator.set(Variable::At, Value::from_index(at));
            made.push(self.verb(step, is_paged)?);
        }
        Ok(Value::list(made))
    }

    fn verb(&mut self, step: &Step, is_paged: bool) -> Result<Value, Stop> {
        let fields = &step.fields;
        match &step.verb {
            Verb::Value(typed) => Ok(self.evaluator.value(typed)),
            Verb::Require(condition, text) => self.require(condition, text),
            Verb::Get(table, id) => {
                let (table, id) = (self.world.table(table)?, self.evaluator.value(id));
                self.live(table, &id).map(|row| row.shown(table, fields))
            }
            Verb::Find(query) => {
                let (table, found) = self.found(query)?;
                Ok(found.first().map(|row| row.shown(table, fields)).unwrap_or_default())
            }
            Verb::List(query) if is_paged => self.paged(query, fields),
            Verb::List(query) => {
                let (table, found) = self.found(query)?;
                Ok(Value::list(found.iter().map(|row| row.shown(table, fields))))
            }
            Verb::Insert(table, values) => self.insert(table, values, fields),
            Verb::Put(put) => self.put(put, fields),
            Verb::Update(update) => self.update(update, fields),
            Verb::Delete(delete) => self.delete(delete),
            Verb::Restore(table, id) => self.restore(table, id, fields),
            Verb::Call(call) => self.call(call),
        }
    }

    fn require(&mut self, condition: &Typed, text: &Typed) -> Result<Value, Stop> {
        if self.evaluator.holds(condition) {
            return Ok(Value::Null);
        }
        let text = self.evaluator.value(text);
        Err(Stop::Refused(functions::text_of(&text)))
    }

    fn call(&mut self, call: &ir::Call) -> Result<Value, Stop> {
        let operation = self.world.operation(call)?;
        let with = self.evaluator.value(&call.with);
        self.look()?;
        in_path(operation)
            .find(|member| !with.member(member).as_str().is_some_and(is_segment))
            .map_or(Ok(()), |member| Err(Stop::not_a_segment(member)))?;
        if operation.is_safe && self.writes > 0 {
            self.afterwards.push(call.clone());
            return Ok(Value::Null);
        }
        self.ask(call)?.map_err(Stop::Refused)
    }

    /// The next answer of an operation, or the caller's error message.
    fn ask(&mut self, call: &ir::Call) -> Result<Result<Value, String>, Stop> {
        self.answers.next(self.world, call)
    }
}

/// The members of a request that stand in the path.
fn in_path(operation: &ir::Operation) -> impl Iterator<Item = &str> {
    operation.path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// Whether a text can be a segment of a path.
fn is_segment(text: &str) -> bool {
    let is_other = |one: char| one.is_control() || one == '/' || one == '\\';
    !text.chars().all(|one| one == '.') && !text.chars().any(is_other)
}

/// Where the next page begins, as a text. The one of a gateway is sealed.
pub(super) fn cursor(behind: usize) -> String {
    format!("after-{behind}")
}
