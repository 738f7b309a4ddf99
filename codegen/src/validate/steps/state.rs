//! The steps of one tool, while they are checked: what is known so far, and how a step of any kind is checked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::flow::{Flows, Shown};
use super::order::Order;
use crate::diagnostics::{Code, Diagnostic};
use crate::expr::{Ast, Checker, ObjectTy, Parser, Read, Ty, TyKind, Typed, Variable, is_reserved};
use crate::ir::{self, Struct, Table, TableRef};
use crate::raw::{self, Text};
use crate::source::Sources;
use crate::validate::names::{self, Of};
use crate::validate::services::Services;
use crate::validate::tables::{self, Tables};
use crate::yaml::Node;

/// The most steps that a tool has.
const MOST_STEPS: usize = 20;

/// What the steps of a tool are checked against.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) module: &'a str,
    pub(crate) tables: &'a Tables,
    pub(crate) services: &'a Services,
    pub(crate) constants: Option<&'a Ty>,
}

/// What steps do to data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    #[default]
    Reads,
    Writes,
    Removes,
}

/// Checks the steps of one tool.
pub(super) struct Steps<'a, 'd> {
    pub(super) around: Surroundings<'a>,
    pub(super) raw: &'a raw::Tool,
    pub(super) input: Option<&'a Struct>,
    pub(super) checker: Checker<'d>,
    pub(super) flows: Flows,
    pub(super) order: Order,
    pub(super) effect: Effect,
    /// Whether it is unknown what a step does.
    pub(super) is_unsure: bool,
    pub(super) used: BTreeSet<String>,
    /// Where rows are read: the steps, by number.
    pub(super) reads: Vec<Option<usize>>,
    /// The `when` of steps, as it is written, with their names.
    pub(super) whens: Vec<(String, String)>,
    pub(super) steps: Vec<ir::Step>,
}

impl<'a> Steps<'a, '_> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.checker.diagnostics.push(diagnostic);
    }

    pub(super) fn begin(&mut self) {
        let object = |what: &str, members: Vec<(&str, Ty)>| {
            let members = members.into_iter().map(|(name, ty)| (name.to_owned(), ty)).collect();
            Ty::of(TyKind::Object(Arc::new(ObjectTy { what: what.to_owned(), members, reads: BTreeSet::new() })))
        };
        let id = || Ty::of(TyKind::Id);
        let types = ir::SpaceType::WORDS.iter().map(|word| (*word).to_owned()).collect();
        let input = match self.input {
            Some(input) => Ty::of(TyKind::Object(Arc::new(ObjectTy::of_struct(input, "the input")))),
            None if self.raw.has_input => Ty::unknown(),
            None => object("the input", Vec::new()),
        };
        let scope = &mut self.checker.scope;
        scope.add("input", Variable::Input, input);
        scope.add("now", Variable::Now, Ty::of(TyKind::Timestamp));
        scope.add("today", Variable::Today, Ty::of(TyKind::Date));
        scope.add("user", Variable::User, object("the user", vec![("id", id())]));
        let kind = Ty::of(TyKind::Enum(types)).or_null();
        scope.add("space", Variable::Space, object("the space", vec![("id", id()), ("type", kind)]));
    }

    /// Whether all of them are in order.
    pub(super) fn all(&mut self, written: &'a [raw::Step]) -> bool {
        if let Some(step) = written.get(MOST_STEPS) {
            let message = format!("a tool has at most {MOST_STEPS} steps");
            let help = "join `value` steps, or make two tools of it";
            self.report(Diagnostic::error(Code::Steps, step.name.span, message).help(help));
            return false;
        }
        let is_alone = matches!(written, [step] if step.name.span == step.at);
        let mut is_whole = true;
        let mut locals = BTreeMap::new();
        self.checker.later = written.iter().rev().map(|step| step.name.value.clone()).collect();
        for step in written {
            self.checker.later.pop();
            if !is_alone {
                self.name(&step.name, &mut locals);
            }
            is_whole &= self.step(step);
        }
        is_whole
    }

    /// Reports a name that expressions cannot say, or that the generated code cannot tell from another one.
    fn name(&mut self, name: &'a Text, locals: &mut BTreeMap<String, &'a Text>) {
        if is_reserved(&name.value) {
            let message = format!("a step cannot be called `{}`: expressions have it for themselves", name.value);
            let help = "call it after what it gives, such as `plant` or `found`";
            self.report(Diagnostic::error(Code::BadName, name.span, message).help(help));
            self.checker.reported.insert(name.value.clone());
            return;
        }
        if !names::check(Of::Step, name, self.checker.diagnostics) {
            let words = name.value.split(|one: char| !one.is_alphanumeric() && one != '_');
            self.checker.reported.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
            return;
        }
        match locals.get(&names::snake(&name.value)) {
            Some(other) => {
                let message = format!("the steps `{}` and `{}` cannot be told apart", other.value, name.value);
                self.report(
                    Diagnostic::error(Code::NameCollision, name.span, message)
                        .also(other.span, format!("`{}` is named here", other.value))
                        .help("names differ in more than case and underscores"),
                );
            }
            None => {
                locals.insert(names::snake(&name.value), name);
            }
        }
    }

    pub(super) fn step(&mut self, written: &'a raw::Step) -> bool {
        self.order.note(written, self.around.services, self.checker.diagnostics);
        let before = self.checker.scope.clone();
        let when_ast = written.when.as_ref().map(|node| self.parser().condition(node));
        let when = when_ast.as_ref().map(|ast| {
            let typed = self.checker.condition(ast);
            self.checker.learn(ast, true);
            typed
        });
        let text = written.when.as_ref().and_then(text_of);
        if let Some(text) = &text {
            let together: Vec<String> =
                self.whens.iter().filter(|(when, _)| when == text).map(|(_, name)| name.clone()).collect();
            for name in together {
                self.checker.scope.note_there(&name);
            }
        }
        let each = written.each.as_ref().map(|node| {
            let ast = self.parser().value(node);
            let typed = self.checker.expression(&ast, None);
            let element = match &typed.ty.kind {
                TyKind::List(items) => (**items).clone(),
                TyKind::Unknown => Ty::unknown(),
                _ => {
                    let message = format!("`each` goes over a list, and this is {}", typed.ty);
                    let help = "name a list, or leave `each` out";
                    self.report(Diagnostic::error(Code::ExpressionType, node.span, message).help(help));
                    Ty::unknown()
                }
            };
            if typed.ty.nullable && !typed.ty.is_unknown() {
                let message = "this list may be null";
                let help = "write `coalesce(…, [])`";
                self.report(Diagnostic::error(Code::MayBeNull, node.span, message).help(help));
            }
            self.checker.scope.add("it", Variable::It, element);
            self.checker.scope.add("at", Variable::At, Ty::of(TyKind::Int));
            typed
        });
        let verb = written.verb.as_ref().and_then(|verb| self.verb(verb, written, each.as_ref()));
        let is_require = matches!(written.verb, Some(raw::Verb::Require(..)));
        // What a step learns is forgotten behind it, but what must hold holds from here on.
        let learnt = std::mem::replace(&mut self.checker.scope, before);
        if is_require && written.when.is_none() && written.each.is_none() {
            self.checker.scope = learnt;
        }
        let Some((verb, result)) = verb else {
            if !is_require {
                self.checker.scope.add(&written.name.value, Variable::Named(written.name.value.clone()), Ty::unknown());
            }
            return false;
        };
        let result = if each.is_some() { Ty::list(result) } else { result };
        let otherwise = self.otherwise(written, when_ast.as_ref(), &result);
        let ty = match (&when, &otherwise) {
            (None, _) => result,
            (Some(_), None) => result.or_null(),
            (Some(_), Some(other)) => match result.unify(&other.ty) {
                Some(ty) => ty,
                None => {
                    let message = format!("the step gives {result}, and `otherwise` {}", other.ty);
                    let at = written.otherwise.as_ref().map_or(written.name.span, |node| node.span);
                    let help = "both are of one type; an expression stands in `${…}`";
                    self.report(Diagnostic::error(Code::ExpressionType, at, message).help(help));
                    Ty::unknown()
                }
            },
        };
        if !is_require {
            let name = &written.name.value;
            self.checker.scope.add(name, Variable::Named(name.clone()), ty);
            if let Some(text) = text {
                self.whens.push((text, name.clone()));
            }
        }
        let name = written.name.value.clone();
        self.steps.push(ir::Step { name, when, otherwise, each, verb, fields: BTreeSet::new() });
        true
    }

    fn otherwise(&mut self, written: &raw::Step, when: Option<&Ast>, result: &Ty) -> Option<Typed> {
        let node = written.otherwise.as_ref()?;
        if written.when.is_none() {
            let message = "`otherwise` stands beside `when`";
            let help = "leave it out, or say `when` the step is done";
            self.report(Diagnostic::error(Code::Steps, node.span, message).help(help));
        }
        let ast = self.parser().value(node);
        Some(self.checker.within(|checker| {
            if let Some(when) = when {
                checker.learn(when, false);
            }
            checker.expression(&ast, Some(result))
        }))
    }

    pub(super) fn parser(&mut self) -> Parser<'_, '_> {
        Parser { sources: self.around.sources, reported: &self.checker.reported, diagnostics: self.checker.diagnostics }
    }

    /// What a node says, which may be a literal.
    pub(super) fn ast(&mut self, node: &Node) -> Ast {
        self.parser().value(node)
    }

    /// The table of that name, in this module or as `module.table`.
    pub(super) fn table(&mut self, name: Option<&Text>) -> Option<(TableRef, &'a Table)> {
        let name = name?;
        self.around.tables.find(self.around.module, name, self.checker.diagnostics)
    }

    /// A read of rows, whose used fields are noted for the step that is being made.
    pub(super) fn new_read(&mut self, is_returned: bool) -> Read {
        self.reads.push(is_returned.then_some(self.steps.len()));
        self.reads.len() - 1
    }

    /// The type of a row of a table.
    pub(super) fn row(&mut self, table: &Table, is_returned: bool) -> Ty {
        let read = self.new_read(is_returned);
        tables::row_type(table, read)
    }

    /// A row's id.
    pub(super) fn id(&mut self, node: Option<&Node>) -> Option<Typed> {
        let node = node?;
        let ast = self.ast(node);
        let typed = self.checker.expression(&ast, Some(&Ty::of(TyKind::Id)));
        if typed.ty.is_unknown() {
            return Some(typed);
        }
        self.flows.shown(&typed.ty.flow, Shown::Id, node.span, self.checker.diagnostics);
        // Texts of rows name other rows too.
        let wanted = if typed.ty.is_text() { Ty::of(TyKind::Text) } else { Ty::of(TyKind::Id) };
        Some(self.checker.fit(typed, &wanted, node.span, "`id`"))
    }
}

/// The inputs that a checked expression mentions.
pub(super) fn inputs_of(typed: &Typed, used: &mut BTreeSet<String>) {
    typed.members_of(&Variable::Input, used);
}

/// A condition, as it is written but for white space.
fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        crate::yaml::Value::String(text) => Some(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        _ => None,
    }
}
