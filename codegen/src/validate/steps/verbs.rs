//! What each verb of a step does, and what its name then stands for.

use super::flow::Shown;
use super::state::{Effect, Steps};
use crate::expr::{Ast, AstKind, Ty, TyKind, Typed};
use crate::ir::{self, Verb};
use crate::raw;
use crate::yaml::Node;

impl<'a> Steps<'a, '_> {
    /// `each` is the list over whose elements the step goes.
    pub(super) fn verb(
        &mut self,
        verb: &'a raw::Verb,
        written: &raw::Step,
        each: Option<&Typed>,
    ) -> Option<(Verb, Ty)> {
        match verb {
            raw::Verb::Value(node) => {
                let ast = self.ast(node);
                self.checker.makes_ids = true;
                let typed = self.checker.expression(&ast, None);
                self.checker.makes_ids = false;
                let ty = typed.ty.clone();
                Some((Verb::Value(typed), ty))
            }
            raw::Verb::Get(of) => {
                let (reference, table) = self.table(of.table.as_ref())?;
                let id = self.id(of.id.as_ref())?;
                let row = self.row(table, true);
                Some((Verb::Get(reference, id), row))
            }
            raw::Verb::Restore(of) => {
                self.effect = self.effect.max(Effect::Writes);
                let (reference, table) = self.table(of.table.as_ref())?;
                let id = self.id(of.id.as_ref())?;
                let row = self.row(table, true);
                Some((Verb::Restore(reference, id), row))
            }
            raw::Verb::Find(query) => {
                let (query, row) = self.query(query)?;
                Some((Verb::Find(query), row.or_null()))
            }
            raw::Verb::List(query) => {
                let (query, row) = self.query(query)?;
                Some((Verb::List(query), Ty::list(row)))
            }
            raw::Verb::Insert(insert) => self.insert(insert, each),
            raw::Verb::Put(put) => self.put(put, each),
            raw::Verb::Update(update) => self.update(update, written),
            raw::Verb::Delete(delete) => self.delete(delete, written),
            raw::Verb::Call(call) => self.call(call),
            raw::Verb::Require(condition, text) => self.require(condition, text.as_ref()),
        }
    }

    fn require(&mut self, condition: &Node, text: Option<&Node>) -> Option<(Verb, Ty)> {
        let ast = self.parser().condition(condition);
        let typed = self.checker.condition(&ast);
        let text = text.map(|node| {
            let ast = self.ast(node);
            let typed = self.checker.value(&ast, &Ty::of(TyKind::Text), "`else`");
            self.flows.shown(&typed.ty.flow, Shown::Refusal, node.span, self.checker.diagnostics);
            typed
        });
        self.checker.learn(&ast, true);
        Some((Verb::Require(typed, text?), Ty::null()))
    }

    fn call(&mut self, call: &'a raw::Call) -> Option<(Verb, Ty)> {
        let (service, operation) = (call.service.as_ref()?, call.operation.as_ref()?);
        let found = self.around.services.find(service, operation, self.checker.diagnostics)?;
        let members = call.with.iter().map(|(name, node)| {
            let key = Ast::new(AstKind::Text(name.value.clone()), name.span);
            (key, self.parser().value(node))
        });
        let members = members.collect();
        let ast = Ast::new(AstKind::Object(members), operation.span);
        self.checker.makes_ids = true;
        let with = self.checker.expression(&ast, Some(&found.request));
        self.checker.makes_ids = false;
        self.flows.sent(&with, found, operation, self.raw, self.checker.diagnostics);
        self.effect = self.effect.max(if found.is_safe { Effect::Reads } else { Effect::Writes });
        let (service, operation) = (service.value.clone(), operation.value.clone());
        Some((Verb::Call(ir::Call { service, operation, with }), found.response.clone()))
    }
}
