//! Writes: `insert`, `put`, `update`, `delete`. Every value fits the field that takes it, and a new row has all that it must.

use std::collections::BTreeSet;

use super::ids;
use super::state::{Effect, Steps, inputs_of};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean, is_near};
use crate::expr::{Ast, Parser, Ty, TyKind, Typed, TypedKind, Variable};
use crate::ir::{self, Given, Presence, Table, TableRef, Verb, Which};
use crate::raw::{self, Named, Text};
use crate::source::{Span, Spanned};
use crate::yaml::{Node, Value};

/// The most rows that an update or delete of several rows takes.
const MOST_ROWS: i64 = 100;
/// Fields that are set by themselves.
const SET_BY_THEMSELVES: [&str; 2] = ["createdAt", "updatedAt"];

impl<'a> Steps<'a, '_> {
    pub(super) fn insert(&mut self, insert: &'a raw::Insert, each: Option<&Typed>) -> Option<(Verb, Ty)> {
        self.effect = self.effect.max(Effect::Writes);
        let (reference, table) = self.table(insert.table.as_ref())?;
        let values = self.given(&insert.values, table, each);
        let at = insert.table.as_ref().map(|table| table.span)?;
        self.is_complete(table, &insert.values, &[], at);
        let row = self.row(table, true);
        Some((Verb::Insert(reference, values), row))
    }

    pub(super) fn put(&mut self, put: &'a raw::Put, each: Option<&Typed>) -> Option<(Verb, Ty)> {
        self.effect = self.effect.max(Effect::Writes);
        let (reference, table) = self.table(put.table.as_ref())?;
        let mut key = Vec::new();
        for (name, node) in &put.key {
            let Some((_, wanted)) = self.field_type(table, name) else { continue };
            if table.is_encrypted(&name.value) {
                let message = format!("`{}` is encrypted, and rows are not found by it", name.value);
                let help = "name a field that is stored as it is, or look for the row with `find`";
                self.report(Diagnostic::error(Code::EncryptedQuery, name.span, message).help(help));
            }
            let ast = self.ast(node);
            let typed = self.checker.expression(&ast, Some(&wanted));
            let wanted = if name.value == "id" { Ty::of(TyKind::Text) } else { wanted.there() };
            let typed = self.checker.fit(typed, &wanted, node.span, &format!("`{}`", name.value));
            self.store(&typed, table, name, node.span);
            key.push((name.value.clone(), typed));
        }
        let values = self.given(&put.values, table, each);
        let at = put.table.as_ref().map(|table| table.span)?;
        self.is_complete(table, &put.values, &put.key, at);
        let updates = match put.existing.as_ref().map(|word| word.value.as_str()) {
            Some("update") => true,
            Some("keep") => false,
            Some(_) => {
                let word = put.existing.as_ref()?;
                self.unknown_word(word, "`update` or `keep`", &["update", "keep"]);
                return None;
            }
            None => return None,
        };
        let row = self.row(table, true);
        let members = vec![("row".to_owned(), row), ("created".to_owned(), Ty::of(TyKind::Bool))];
        let object = crate::expr::ObjectTy { what: "what `put` gives".to_owned(), members, reads: BTreeSet::new() };
        Some((Verb::Put(ir::Put { table: reference, key, values, updates }), Ty::of(TyKind::Object(object.into()))))
    }

    pub(super) fn update(&mut self, update: &'a raw::Update, step: &raw::Step) -> Option<(Verb, Ty)> {
        self.effect = self.effect.max(Effect::Writes);
        let (reference, table) = self.table(update.table.as_ref())?;
        let at = step.at;
        let which =
            self.which(reference, table, update.id.as_ref(), update.condition.as_ref(), update.at_most.as_ref(), at);
        let mut given = Vec::new();
        for name in &update.given {
            if self.is_given(name, table) {
                given.push(name.value.clone());
            }
        }
        let clear = update.clear.as_ref().and_then(|node| self.clear(node, table));
        let row = self.row(table, false);
        let condition = update.condition.as_ref().map(|node| self.quietly(node));
        let row = self.refined(row, condition.as_ref());
        let scope = self.checker.scope.clone();
        self.checker.scope.add("row", Variable::Row, row);
        let mut needs = BTreeSet::new();
        let mut values = Vec::new();
        for (name, node) in &update.values {
            let Some((_, wanted)) = self.settable(table, name) else { continue };
            let ast = self.ast(node);
            self.checker.makes_ids = true;
            let typed = self.checker.expression(&ast, Some(&wanted));
            self.checker.makes_ids = false;
            let is_null = matches!(typed.kind, TypedKind::Null) && !typed.ty.is_unknown();
            let typed = self.checker.fit(typed, &wanted, node.span, &format!("`{}`", name.value));
            if !is_null {
                self.store(&typed, table, name, node.span);
            }
            typed.members_of(&Variable::Row, &mut needs);
            inputs_of(&typed, &mut self.used);
            values.push((name.value.clone(), typed));
        }
        self.checker.scope = scope;
        if update.given.is_empty() && update.clear.is_none() && update.values.is_empty() {
            let message = "this update changes nothing";
            self.report(
                Diagnostic::error(Code::Steps, at, message).help("name fields in `values`, `given` or `clear`"),
            );
        }
        let which = which?;
        let row = self.row(table, true);
        let ty = if matches!(which, Which::All(..)) { Ty::list(row) } else { row };
        Some((Verb::Update(ir::Update { which, needs, given, clear, values }), ty))
    }

    pub(super) fn delete(&mut self, delete: &'a raw::Delete, step: &raw::Step) -> Option<(Verb, Ty)> {
        let is_hard = match delete.mode.as_ref().map(|word| word.value.as_str()) {
            None | Some("soft") => false,
            Some("hard") => true,
            Some(_) => {
                let word = delete.mode.as_ref()?;
                self.unknown_word(word, "`soft` or `hard`", &["soft", "hard"]);
                return None;
            }
        };
        self.effect = self.effect.max(if is_hard { Effect::Removes } else { Effect::Writes });
        let (reference, table) = self.table(delete.table.as_ref())?;
        let (id, condition, most) = (delete.id.as_ref(), delete.condition.as_ref(), delete.at_most.as_ref());
        let which = self.which(reference, table, id, condition, most, step.at)?;
        Some((Verb::Delete(ir::Delete { which, is_hard }), Ty::of(TyKind::Int)))
    }

    /// A condition that is read a second time: what is wrong with it was reported.
    fn quietly(&mut self, node: &Node) -> Ast {
        let mut diagnostics = Diagnostics::default();
        let (sources, reported) = (self.around.sources, &self.checker.reported);
        Parser { sources, reported, diagnostics: &mut diagnostics }.condition(node)
    }

    fn unknown_word(&mut self, word: &Text, what: &str, known: &[&str]) {
        self.is_unsure = true;
        let message = format!("this is {what}, not `{}`", word.value);
        let help = did_you_mean(&word.value, known.iter().copied());
        self.report(Diagnostic::error(Code::UnknownWord, word.span, message).maybe_help(help));
    }

    fn which(
        &mut self,
        reference: TableRef,
        table: &'a Table,
        id: Option<&Node>,
        condition: Option<&Node>,
        most: Option<&Spanned<i64>>,
        at: Span,
    ) -> Option<Which> {
        if let Some(most) = most.filter(|most| !(1..=MOST_ROWS).contains(&most.value)) {
            let message = format!("`atMost` is from 1 to {MOST_ROWS}");
            let help = "more rows than these are changed in several calls";
            self.report(Diagnostic::error(Code::Steps, most.span, message).help(help));
        }
        match (id, condition) {
            (Some(id), None) => Some(Which::One(reference, self.id(Some(id))?)),
            (None, Some(node)) => {
                let ast = self.parser().condition(node);
                let (stored, sealed) = self.conditions(Some(&ast), table);
                let query = ir::Query { table: reference, stored, sealed, search: None, sort: Vec::new(), limit: None };
                Some(Which::All(Box::new(query), most.map_or(MOST_ROWS, |most| most.value)))
            }
            _ => {
                let message = "either an `id` says which row, or `where` which ones";
                let help = "write `id: '${input.id}'`, or `where: <condition>` with `atMost`";
                self.report(Diagnostic::error(Code::Steps, at, message).help(help));
                None
            }
        }
    }

    /// A field with the type of its values, null included.
    fn field_type(&mut self, table: &'a Table, name: &Text) -> Option<(&'a ir::Property, Ty)> {
        let property = self.field(table, name)?;
        let ty = Ty::of_schema(&property.schema);
        let is_required = property.presence == Presence::Required;
        Some((property, if is_required { ty } else { ty.or_null() }))
    }

    /// The same of a field that a tool may set.
    fn settable(&mut self, table: &'a Table, name: &Text) -> Option<(&'a ir::Property, Ty)> {
        if SET_BY_THEMSELVES.contains(&name.value.as_str()) {
            let message = format!("`{}` is set by itself", name.value);
            self.report(Diagnostic::error(Code::FieldSetTwice, name.span, message).help("leave it out"));
            return None;
        }
        self.field_type(table, name)
    }

    /// The values of a new row.
    fn given(&mut self, written: &Named<Node>, table: &'a Table, each: Option<&Typed>) -> Vec<(String, Given)> {
        let mut values = Vec::new();
        for (name, node) in written {
            let Some((_, wanted)) = self.settable(table, name) else { continue };
            if matches!(node.value, Value::Null) {
                values.push((name.value.clone(), Given::Null));
                continue;
            }
            let ast = self.ast(node);
            self.checker.makes_ids = true;
            let typed = self.checker.expression(&ast, Some(&wanted));
            self.checker.makes_ids = false;
            if name.value == "id" && !typed.ty.is_unknown() && !ids::is_new_id(&typed, &self.steps, each) {
                let message = "the id of a new row comes from a `uuid()` of this call";
                let help = "leave `id` out; to store a row with an id that is known, use `put` with it as its `key`";
                self.report(Diagnostic::error(Code::Steps, node.span, message).help(help));
                continue;
            }
            let typed = self.checker.fit(typed, &wanted, node.span, &format!("`{}`", name.value));
            self.store(&typed, table, name, node.span);
            inputs_of(&typed, &mut self.used);
            values.push((name.value.clone(), Given::Value(typed)));
        }
        values
    }

    /// Reports what a new row would lack.
    fn is_complete(&mut self, table: &Table, values: &[(Text, Node)], key: &[(Text, Node)], at: Span) {
        let is_set = |name: &str| {
            name == "id"
                || SET_BY_THEMSELVES.contains(&name)
                || values.iter().chain(key).any(|(set, _)| set.value == name)
                || table.creates.iter().any(|(set, _)| set == name)
                || table.place.as_ref().is_some_and(|place| place.field == name)
        };
        let required = table.row.properties.iter().filter(|field| field.presence == Presence::Required);
        // A field that is misspelt was reported.
        let is_misspelt = |name: &str| {
            let unknown = values.iter().chain(key).filter(|(set, _)| !table.row.has(&set.value));
            unknown.map(|(set, _)| set.value.as_str()).any(|set| is_near(set, name))
        };
        let missing = required.map(|field| field.name.as_str()).filter(|name| !is_set(name) && !is_misspelt(name));
        let missing: Vec<&str> = missing.collect();
        if !missing.is_empty() {
            let message = format!("nothing sets `{}` of a new {}", missing.join("`, `"), table.noun);
            let help = "set it in `values`, or say in the table's `creates` what the web application stores";
            self.report(Diagnostic::error(Code::FieldNeverSet, at, message).help(help));
        }
    }

    fn store(&mut self, typed: &Typed, table: &Table, name: &Text, at: Span) {
        let flow = typed.ty.whole_flow();
        let is_text = holds_text(&typed.ty);
        self.flows.stored(&flow, table, &name.value, is_text, at, self.checker.diagnostics);
    }

    /// Whether an input can be stored in the field of its name.
    fn is_given(&mut self, name: &Text, table: &'a Table) -> bool {
        let Some((_, wanted)) = self.settable(table, name) else { return false };
        let Some(input) = self.input else { return false };
        let Some(property) = input.property(&name.value) else {
            if !input.has(&name.value) {
                let help = did_you_mean(&name.value, input.properties.iter().map(|property| property.name.as_str()));
                let message = format!("the input has no `{}`", name.value);
                self.report(Diagnostic::error(Code::UnknownField, name.span, message).maybe_help(help));
            }
            return false;
        };
        let ty = Ty::of_schema(&property.schema);
        if !ty.fits(&wanted) {
            let message = format!("the input `{}` is {ty}, and the field is {}", name.value, wanted.there());
            let help = "give both the same schema, or set the field under `values`";
            self.report(Diagnostic::error(Code::ExpressionType, name.span, message).help(help));
            return false;
        }
        let inputs: BTreeSet<String> = [name.value.clone()].into();
        let flow = crate::expr::Flow { sealed: false, inputs: inputs.into() };
        self.flows.stored(&flow, table, &name.value, holds_text(&ty), name.span, self.checker.diagnostics);
        true
    }

    fn clear(&mut self, node: &Node, table: &Table) -> Option<Typed> {
        let ast = self.ast(node);
        let typed = self.checker.expression(&ast, Some(&Ty::list(Ty::of(TyKind::Text))));
        if typed.ty.is_unknown() {
            return None;
        }
        let words = typed.ty.items().and_then(Ty::words).map(<[String]>::to_vec);
        let names = match (&typed.kind, words) {
            (_, Some(words)) => words,
            (TypedKind::List(items), None) => items
                .iter()
                .filter_map(|item| match &item.kind {
                    TypedKind::Text(text) => Some(text.clone()),
                    _ => None,
                })
                .collect(),
            _ => {
                let message = format!("`clear` takes a list of names of fields, and this is {}", typed.ty);
                let help = "the input is an array whose items are an enum of the names";
                self.report(Diagnostic::error(Code::ExpressionType, node.span, message).help(help));
                return None;
            }
        };
        for name in &names {
            match table.row.property(name) {
                None if !table.row.has(name) => {
                    let message = format!("{} has no field `{name}` to empty", super::super::tables::a_row(table));
                    let known = table.row.properties.iter().map(|property| property.name.as_str());
                    let help = did_you_mean(name, known);
                    self.report(Diagnostic::error(Code::UnknownField, node.span, message).maybe_help(help));
                }
                Some(property) if property.presence == Presence::Required => {
                    let message = format!("`{name}` must be there: it cannot be emptied");
                    let help = "take it out of the list";
                    self.report(Diagnostic::error(Code::FieldNeverSet, node.span, message).help(help));
                }
                _ => {}
            }
        }
        Some(typed)
    }
}

/// Whether a value holds texts that people write.
fn holds_text(ty: &Ty) -> bool {
    match &ty.kind {
        TyKind::Text | TyKind::Json => true,
        TyKind::List(items) | TyKind::Map(items) => holds_text(items),
        TyKind::Object(object) => object.members.iter().any(|(_, member)| holds_text(member)),
        _ => false,
    }
}
