//! Queries: which rows, in what order. A condition is split where its parts must all hold: those on fields that are stored as
//! they are run first, on rows as they lie in memory; the others after decryption.

use std::collections::BTreeSet;

use super::state::{Steps, inputs_of};
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::expr::{Ast, Ty, TyKind, Typed, TypedKind, Variable};
use crate::ir::{self, Kind, Table};
use crate::raw::{self, Text};
use crate::yaml::{Node, Value};

impl<'a> Steps<'a, '_> {
    pub(super) fn query(&mut self, query: &'a raw::Query) -> Option<(ir::Query, Ty)> {
        let (reference, table) = self.table(query.table.as_ref())?;
        let condition = query.condition.as_ref().map(|node| self.parser().condition(node));
        let (stored, sealed) = self.conditions(condition.as_ref(), table);
        let search = query.search.as_ref().and_then(|search| self.search(search, table));
        let sort = query.sort.iter().filter_map(|key| self.sort(key, table)).collect();
        let limit = query.limit.as_ref().map(|node| {
            let ast = self.ast(node);
            self.checker.value(&ast, &Ty::of(TyKind::Int), "`limit`")
        });
        let row = self.row(table, true);
        let row = self.refined(row, condition.as_ref());
        Some((ir::Query { table: reference, stored, sealed, search, sort, limit }, row))
    }

    /// The rows for which a condition holds have the fields that it asks for.
    pub(super) fn refined(&mut self, row: Ty, condition: Option<&Ast>) -> Ty {
        let Some(condition) = condition else { return row };
        let fields = row.object().map(|row| row.members.clone()).unwrap_or_default();
        let scope = self.checker.scope.clone();
        self.checker.scope.add("row", Variable::Row, row.clone());
        self.checker.learn(condition, true);
        let there: BTreeSet<String> = fields
            .iter()
            .filter(|(name, _)| self.checker.scope.is_there(&format!("row.{name}")))
            .map(|(name, _)| name.clone())
            .collect();
        self.checker.scope = scope;
        let Some(object) = row.object() else { return row };
        let members = object.members.iter().map(|(name, ty)| {
            let ty = if there.contains(name) { ty.clone().there() } else { ty.clone() };
            (name.clone(), ty)
        });
        let object = crate::expr::ObjectTy { members: members.collect(), ..object.clone() };
        Ty { kind: TyKind::Object(std::sync::Arc::new(object)), ..row }
    }

    /// The part of a condition on stored fields, and the one on encrypted fields with these.
    pub(super) fn conditions(
        &mut self,
        condition: Option<&Ast>,
        table: &'a Table,
    ) -> (Option<Typed>, Option<(BTreeSet<String>, Typed)>) {
        let Some(ast) = condition else { return (None, None) };
        let row = self.row(table, false);
        let scope = self.checker.scope.clone();
        self.checker.scope.add("row", Variable::Row, row);
        let typed = self.checker.condition(ast);
        self.checker.scope = scope;
        inputs_of(&typed, &mut self.used);
        if typed.ty.is_unknown() {
            return (None, None);
        }
        if typed.ty.flow.sealed {
            self.flows.searched(&typed.ty.flow, ast.span);
        }
        let (mut stored, mut sealed): (Vec<Typed>, Vec<Typed>) = (Vec::new(), Vec::new());
        for part in typed.conjuncts() {
            let mut fields = BTreeSet::new();
            part.members_of(&Variable::Row, &mut fields);
            if fields.iter().any(|field| table.is_encrypted(field)) {
                self.flows.searched(&texts_of(&part), ast.span);
                sealed.push(part);
            } else {
                stored.push(part);
            }
        }
        let sealed = joined(sealed).map(|sealed| {
            let mut fields = BTreeSet::new();
            sealed.members_of(&Variable::Row, &mut fields);
            (fields, sealed)
        });
        (joined(stored), sealed)
    }

    fn search(&mut self, search: &raw::Search, table: &Table) -> Option<(Vec<String>, Typed)> {
        let mut fields = Vec::new();
        for field in &search.fields {
            let Some(property) = self.field(table, field) else { continue };
            if !matches!(property.schema.kind, Kind::String(_) | Kind::Enum(_)) {
                let message = format!(
                    "`{}` is {}, and a search looks through texts",
                    field.value,
                    property.schema.kind.describe()
                );
                let help = "name fields that hold texts";
                self.report(Diagnostic::error(Code::TypeMismatch, field.span, message).help(help));
            }
            fields.push(field.value.clone());
        }
        let node = search.text.as_ref()?;
        let ast = self.ast(node);
        let typed = self.checker.value(&ast, &Ty::of(TyKind::Text).or_null(), "`for`");
        if fields.iter().any(|field| table.is_encrypted(field)) {
            self.flows.searched(&typed.ty.flow, node.span);
        }
        Some((fields, typed))
    }

    /// The field of a table; reported where it has none.
    pub(super) fn field<'t>(&mut self, table: &'t Table, name: &Text) -> Option<&'t ir::Property> {
        if let Some(property) = table.row.property(&name.value) {
            return Some(property);
        }
        if !table.row.has(&name.value) {
            let help = did_you_mean(&name.value, table.row.properties.iter().map(|property| property.name.as_str()));
            let message = format!("{} has no field `{}`", super::super::tables::a_row(table), name.value);
            self.report(Diagnostic::error(Code::UnknownField, name.span, message).maybe_help(help));
        }
        None
    }

    fn sort(&mut self, key: &Text, table: &'a Table) -> Option<ir::Sort> {
        let (descending, rest) = match key.value.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, key.value.as_str()),
        };
        if !rest.contains("${") {
            let name = Text::new(rest.to_owned(), key.span);
            let is_set = ["createdAt", "updatedAt"].contains(&rest);
            let property = if is_set { None } else { Some(self.field(table, &name)?) };
            if property.is_some_and(|property| {
                matches!(property.schema.kind, Kind::Array { .. } | Kind::Struct(_) | Kind::Map(_) | Kind::Object)
            }) {
                let message = format!("`{rest}` has no order");
                let help = "order by a number, text or time, such as `'${row.tags.size()}'`";
                self.report(Diagnostic::error(Code::TypeMismatch, key.span, message).help(help));
                return None;
            }
            let by = if table.is_encrypted(rest) {
                let row = self.row(table, false);
                let member = row.object().and_then(|row| row.member(rest)).cloned().unwrap_or_else(Ty::unknown);
                let row = Typed::new(TypedKind::Variable(Variable::Row), row);
                let member = Typed::new(TypedKind::Member(Box::new(row), rest.to_owned()), member);
                ir::SortBy::Key([rest.to_owned()].into(), member)
            } else {
                ir::SortBy::Field(rest.to_owned())
            };
            return Some(ir::Sort { by, descending });
        }
        let node = Node { value: Value::String(rest.to_owned()), span: key.span };
        let ast = self.ast(&node);
        let row = self.row(table, false);
        let scope = self.checker.scope.clone();
        self.checker.scope.add("row", Variable::Row, row);
        let typed = self.checker.expression(&ast, None);
        self.checker.scope = scope;
        if typed.ty.is_unknown() {
            return None;
        }
        let mut fields = BTreeSet::new();
        typed.members_of(&Variable::Row, &mut fields);
        let typed = match typed.ty.words() {
            Some(words) => {
                let (words, ty) = (words.to_vec(), Ty::of(TyKind::Int).or_null_if(typed.ty.nullable));
                Typed::new(TypedKind::Rank(Box::new(typed), words), ty)
            }
            None => typed,
        };
        Some(ir::Sort { by: ir::SortBy::Key(fields, typed), descending })
    }
}

/// All that flows into the parts of a condition.
fn texts_of(typed: &Typed) -> crate::expr::Flow {
    let own = typed.ty.flow.clone();
    typed.parts().into_iter().fold(own, |flow, part| flow.and(&texts_of(part)))
}

fn joined(parts: Vec<Typed>) -> Option<Typed> {
    let ty = Ty::of(TyKind::Bool);
    parts.into_iter().reduce(|one, other| Typed::new(TypedKind::And(Box::new(one), Box::new(other)), ty.clone()))
}
