//! Actions over a table: `insert`, `list`, `update`, `delete`.
//!
//! - An insert sets every field that a live row needs; `id`, `createdAt` and `updatedAt` it sets by itself.
//! - A list filters and sorts by plain fields only: of encrypted ones the sync service and the replica know nothing.
//!   It searches in any field of texts. Its limit is an input with bounds, or a number.
//! - An update names one row by an input of `format: id` (or `uuid`). An absent input leaves its field alone.
//! - A delete names one row in the same way, and says whether it can come back (`mode: soft`) or is gone for good.
//! - `returns` gives every property of the output that is required, and no other.

use super::names;
use super::table::SET_BY_COMPILER;
use super::value::{Target, Values, Within};
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::ir::{
    Action, Clear, Delete, DeleteMode, Expr, FieldValue, Filter, Insert, Kind, List, Presence, Property, RowId,
    RustIdent, Search, Shape, Sort, Struct, Table, Type, Update,
};
use crate::raw::{self, ActionKind, ExprKind, Named, Text};
use crate::source::{Span, Spanned};

/// The greatest number of rows that a list may be asked for.
const MAX_LIMIT: i64 = 1000;

impl Values<'_, '_, '_> {
    /// The table that an action names; `None` where it was reported.
    pub(super) fn table(&mut self, name: &Text) -> Option<Table> {
        if let Some(table) = self.schemas.tables.iter().find(|table| table.name == name.value) {
            return Some(table.clone());
        }
        let written = &self.schemas.module.tables;
        if !written.iter().any(|(key, _)| key.value == name.value) {
            let help = did_you_mean(&name.value, written.iter().map(|(key, _)| key.value.as_str()));
            let message = format!("this module has no table `{}`", name.value);
            self.report(Diagnostic::error(Code::UnknownTable, name.span, message).maybe_help(help));
        }
        None
    }

    /// The field of a table; `None` where it was reported.
    fn field<'t>(&mut self, table: &'t Table, name: &Text) -> Option<&'t Property> {
        let found = table.row.property(&name.value);
        let written = self.schemas.module.tables.iter().find(|(key, _)| key.value == table.name);
        let written = written.and_then(|(_, raw)| raw.record.as_ref()).and_then(|record| record.properties.as_ref());
        if found.is_none()
            && !written.is_some_and(|properties| properties.value.iter().any(|(key, _)| key.value == name.value))
        {
            let help = did_you_mean(&name.value, table.row.properties.iter().map(|one| one.name.as_str()));
            let message = format!("`{}` has no field `{}`", table.name, name.value);
            self.report(Diagnostic::error(Code::UnknownField, name.span, message).maybe_help(help));
        }
        found
    }

    /// The action over its table.
    pub(super) fn action(&mut self, raw: &raw::Action, table: &Table, output: Option<&Struct>) -> Option<Action> {
        let returns = raw.returns.as_ref();
        let action = match &raw.kind {
            ActionKind::Insert(insert) => {
                let values = self.insert_values(insert, raw, table);
                let returns = self.returns(returns, output, Some((Expr::Row, Some(table))));
                Action::Insert(Insert { row: table.row.name.clone(), values, returns })
            }
            ActionKind::List(list) => Action::List(self.list(list, table, returns, output)),
            ActionKind::Update(update) => {
                let id = self.row_id(update.id.as_ref());
                let unless = update.unless.as_ref().and_then(|unless| self.unless(unless, table));
                let clear = update.clear.as_ref().and_then(|clear| self.clear(clear, table));
                let values = self.update_values(update, raw.at, table);
                Action::Update(Update {
                    row: table.row.name.clone(),
                    patch: table.patch.clone(),
                    unless,
                    clear,
                    // A change has every field of the row but its id.
                    complete: values.len() + 1 == table.row.properties.len(),
                    values,
                    returns: self.returns(returns, output, None),
                    id: id?,
                })
            }
            ActionKind::Delete(delete) => {
                let (id, mode) = (self.row_id(delete.id.as_ref()), self.delete_mode(delete.mode.as_ref()));
                let returns = self.returns(returns, output, None);
                Action::Delete(Delete { row: table.row.name.clone(), id: id?, mode: mode?, returns })
            }
            ActionKind::Custom => Action::Custom,
        };
        Some(action)
    }

    /// What of an action can be told without its table, which was reported: its inputs, and what it returns.
    pub(super) fn without_table(&mut self, raw: &raw::Action, output: Option<&Struct>) {
        let special = match &raw.kind {
            ActionKind::Insert(insert) => {
                insert.values.iter().for_each(|(_, value)| self.names_are_known(value, Within::InsertValues));
                Some((Expr::Row, None))
            }
            ActionKind::List(list) => {
                for (_, condition) in &list.conditions {
                    condition.equals.iter().for_each(|equals| self.names_are_known(equals, Within::Elsewhere));
                    self.list_unless(condition);
                }
                list.search.iter().for_each(|search| drop(self.search_text(search)));
                list.limit.iter().for_each(|limit| drop(self.limit(limit)));
                Some((Expr::Rows, None))
            }
            ActionKind::Update(update) => {
                self.row_id(update.id.as_ref());
                let unless = update.unless.iter().flat_map(|unless| &unless.value);
                unless.chain(&update.values).for_each(|(_, value)| self.names_are_known(value, Within::Elsewhere));
                None
            }
            ActionKind::Delete(delete) => {
                self.row_id(delete.id.as_ref());
                self.delete_mode(delete.mode.as_ref());
                None
            }
            ActionKind::Custom => return,
        };
        self.returns(raw.returns.as_ref(), output, special);
    }

    /// The input that names one row.
    fn row_id(&mut self, id: Option<&raw::Expr>) -> Option<RowId> {
        let property = self.plain_input(id?, &[Type::Id, Type::Uuid], "an input with `format: id`, required,")?;
        Some(RowId { is_id: property.schema.ty() == Type::Id, ident: property.ident })
    }

    fn delete_mode(&mut self, word: Option<&Text>) -> Option<DeleteMode> {
        let word = word?;
        let known = DeleteMode::ALL.map(DeleteMode::word);
        DeleteMode::from_word(&word.value).or_else(|| self.schemas.unknown_word(word, "mode", &known))
    }

    fn insert_values(&mut self, insert: &raw::InsertAction, action: &raw::Action, table: &Table) -> Vec<FieldValue> {
        let mut values = Vec::new();
        let unset = table.row.properties.iter().filter(|property| {
            property.presence != Presence::Optional
                && !SET_BY_COMPILER.contains(&property.name.as_str())
                && !insert.values.iter().any(|(name, _)| name.value == property.name)
        });
        // A wrong name may be that of a field which nothing sets; values that could not be read were reported.
        let wrong = insert.values.iter().filter(|(name, _)| !table.row.has(&name.value)).count();
        let unread = insert.values.is_empty() && self.schemas.diagnostics.has_error_within(action.span);
        let is_reported = unread || unset.count() <= wrong;
        self.fields_are_known(&insert.values, table);
        for property in &table.row.properties {
            let to = property.shape();
            let written = insert.values.iter().find(|(name, _)| name.value == property.name);
            let value = match (written, property.name.as_str()) {
                (_, "id") if property.schema.ty() == Type::Uuid => Some((Expr::Uuid, Shape::PLAIN)),
                (_, "id") => Some((Expr::Id, Shape::PLAIN)),
                (_, "createdAt" | "updatedAt") => Some((Expr::Now, Shape::PLAIN)),
                (Some((name, raw)), _) => {
                    let target = Target { name: &name.value, schema: &property.schema, shape: to };
                    self.value(raw, target, Within::InsertValues)
                }
                (None, _) if property.presence == Presence::Optional => Some((Expr::Null, to)),
                (None, _) if is_reported => None,
                (None, _) => {
                    let message =
                        format!("nothing sets `{}`, which every row of `{}` needs", property.name, table.name);
                    self.report(Diagnostic::error(Code::FieldNeverSet, action.at, message));
                    None
                }
            };
            values.extend(value.map(|(expr, from)| FieldValue { ident: property.ident.clone(), expr, from, to }));
        }
        for (_, raw) in insert.values.iter().filter(|(name, _)| table.row.property(&name.value).is_none()) {
            self.names_are_known(raw, Within::InsertValues);
        }
        values
    }

    fn update_values(&mut self, update: &raw::UpdateAction, at: Span, table: &Table) -> Vec<FieldValue> {
        self.fields_are_known(&update.values, table);
        if update.values.is_empty() {
            self.report(Diagnostic::error(Code::FieldNeverSet, at, "an update sets at least one field"));
        }
        let mut values = Vec::new();
        for (name, raw) in &update.values {
            let Some(property) = table.row.property(&name.value) else {
                self.names_are_known(raw, Within::Elsewhere);
                continue;
            };
            // In a change every field may be absent, whatever the row needs.
            let to = Shape { optional: true, nullable: property.schema.nullable };
            let target = Target { name: &name.value, schema: &property.schema, shape: to };
            if let Some((expr, from)) = self.value(raw, target, Within::Elsewhere) {
                values.push(FieldValue { ident: property.ident.clone(), expr, from, to });
            }
        }
        values
    }

    /// The fields that an input empties: an array of an enum whose words name fields that can be null.
    fn clear(&mut self, raw: &raw::Expr, table: &Table) -> Option<Clear> {
        let property = match &raw.kind {
            ExprKind::Input(name) => self.input.and_then(|input| input.property(name)),
            _ => None,
        };
        let names = property.and_then(|property| match &property.schema.kind {
            Kind::Array { items, .. } if !items.nullable && !property.schema.nullable => match &items.kind {
                Kind::Enum(names) if matches!(property.presence, Presence::Default(_)) => Some((property, names)),
                _ => None,
            },
            _ => None,
        });
        let Some((property, names)) = names else {
            let message = "`clear` takes an input that is an array of an enum of field names";
            let help = "write `clear: { type: array, uniqueItems: true, default: [], items: { type: string, enum: [dueDate] }, description: … }` \
                        in the input, and `clear: $input.clear` here";
            self.report(Diagnostic::error(Code::TypeMismatch, raw.span, message).help(help));
            return None;
        };
        let mut fields = Vec::new();
        for name in &names.variants {
            let field = table.row.property(&name.value).filter(|_| !SET_BY_COMPILER.contains(&name.value.as_str()));
            match field {
                Some(field) if field.schema.nullable => fields.push((name.ident.clone(), field.ident.clone())),
                found => {
                    let why = if found.is_some() { "is never null" } else { "is no field that an update sets" };
                    let message = format!("`{}` cannot be cleared: it {why}", name.value);
                    self.report(Diagnostic::error(Code::UnknownField, raw.span, message));
                }
            }
        }
        Some(Clear { input: property.ident.clone(), names: names.name.clone(), fields })
    }

    fn fields_are_known(&mut self, values: &Named<raw::Expr>, table: &Table) {
        for (name, _) in values {
            if SET_BY_COMPILER.contains(&name.value.as_str()) {
                let message = format!("`{}` is set by itself", name.value);
                self.report(Diagnostic::error(Code::FieldSetTwice, name.span, message).help("leave it out"));
            } else {
                self.field(table, name);
            }
        }
    }

    fn list(
        &mut self,
        raw: &raw::ListAction,
        table: &Table,
        returns: Option<&Spanned<Named<raw::Expr>>>,
        output: Option<&Struct>,
    ) -> List {
        let mut filters = Vec::new();
        for (name, condition) in &raw.conditions {
            let filter = condition.equals.as_ref().and_then(|equals| self.filter(name, equals, table));
            let unless = self.list_unless(condition);
            filters.extend(filter.map(|filter| Filter { unless, ..filter }));
        }
        let mut sort = Vec::new();
        for key in &raw.sort {
            if let Some(field) = self.plain_field(&key.field, table, "sort by") {
                sort.push(Sort { field, descending: key.descending });
            }
        }
        let search = raw.search.as_ref().and_then(|search| self.search(search, table));
        let limit = raw.limit.as_ref().and_then(|limit| self.limit(limit));
        let made = self.returns(returns, output, Some((Expr::Rows, Some(table))));
        if let Some(returns) = returns
            && !made.iter().any(|value| value.expr == Expr::Rows)
            && !returns.value.iter().any(|(_, raw)| matches!(&raw.kind, ExprKind::Variable(name) if name == "rows"))
        {
            let message = "a list returns its rows";
            self.report(Diagnostic::error(Code::Returns, returns.span, message).help("for example `{ items: $rows }`"));
        }
        List { row: table.row.name.clone(), filters, search, sort, limit, returns: made }
    }

    /// The input that switches a condition off.
    fn list_unless(&mut self, condition: &raw::Condition) -> Option<RustIdent> {
        let unless = condition.unless.as_ref()?;
        let wanted = "a boolean input, required or with a default,";
        Some(self.plain_input(unless, &[Type::Boolean], wanted)?.ident)
    }

    /// A plain field that can be compared.
    fn plain_field(&mut self, name: &Text, table: &Table, doing: &str) -> Option<String> {
        let property = self.field(table, name)?;
        if table.is_encrypted(&name.value) {
            let message = format!("`{}` is encrypted: nobody can {doing} it", name.value);
            let help = "use `search` to look for a text in it";
            self.report(Diagnostic::error(Code::EncryptedQuery, name.span, message).help(help));
            return None;
        }
        if matches!(property.schema.kind, Kind::Array { .. } | Kind::Struct(_) | Kind::Object) {
            let message = format!("`{}` is {}: it has no order", name.value, property.schema.kind.describe());
            self.report(Diagnostic::error(Code::TypeMismatch, name.span, message));
            return None;
        }
        Some(name.value.clone())
    }

    fn filter(&mut self, name: &Text, equals: &raw::Expr, table: &Table) -> Option<Filter> {
        let Some(field) = self.plain_field(name, table, "filter by") else {
            self.names_are_known(equals, Within::Elsewhere);
            return None;
        };
        let property = table.row.property(&field)?;
        let shape = Shape { optional: false, nullable: property.schema.nullable };
        let target = Target { name: &name.value, schema: &property.schema, shape };
        let (expr, from) = self.value(equals, target, Within::Elsewhere)?;
        if from != Shape::PLAIN {
            let message = "a filter compares with a value that is there and not null";
            self.report(Diagnostic::error(Code::TypeMismatch, equals.span, message));
            return None;
        }
        Some(Filter { field, equals: expr, ty: property.schema.ty(), unless: None })
    }

    fn unless(&mut self, unless: &Spanned<Named<raw::Expr>>, table: &Table) -> Option<Filter> {
        let [(name, equals)] = unless.value.as_slice() else {
            let message = "`unless` compares one field";
            self.report(Diagnostic::error(Code::WrongKind, unless.span, message));
            return None;
        };
        self.filter(name, equals, table)
    }

    fn search(&mut self, raw: &raw::Search, table: &Table) -> Option<Search> {
        let mut fields = Vec::new();
        for name in &raw.fields {
            let Some(property) = self.field(table, name) else { continue };
            if property.schema.ty() == Type::String {
                fields.push(name.value.clone());
            } else {
                let message =
                    format!("`{}` is {}: only texts are searched", name.value, property.schema.kind.describe());
                self.report(Diagnostic::error(Code::TypeMismatch, name.span, message));
            }
        }
        Some(Search { fields, text: self.search_text(raw)? })
    }

    fn search_text(&mut self, raw: &raw::Search) -> Option<Expr> {
        let text = raw.text.as_ref()?;
        let wanted = "an input of type string, required or with a default,";
        let ident = self.plain_input(text, &[Type::String], wanted)?.ident;
        Some(Expr::Input { ident, copy: false, shape: Shape::PLAIN })
    }

    fn limit(&mut self, raw: &raw::Expr) -> Option<Expr> {
        if let ExprKind::Literal(node) = &raw.kind
            && let crate::yaml::Value::Integer(limit @ 1..=MAX_LIMIT) = node.value
        {
            return Some(Expr::Integer(limit));
        }
        let wanted = format!("a number from 1 to {MAX_LIMIT}, or an integer input with such bounds");
        let property = self.plain_input(raw, &[Type::Integer], &format!("{wanted}, required or with a default,"))?;
        let bounded = matches!(property.schema.kind, Kind::Integer { minimum: Some(1..), maximum: Some(..=MAX_LIMIT) });
        if !bounded {
            self.report(Diagnostic::error(Code::TypeMismatch, raw.span, format!("{wanted} is wanted here")));
            return None;
        }
        Some(Expr::Input { ident: property.ident, copy: true, shape: Shape::PLAIN })
    }

    /// What the action returns; `special` is `$row` or `$rows` of a table. An output or a table that was reported is
    /// `None`.
    fn returns(
        &mut self,
        raw: Option<&Spanned<Named<raw::Expr>>>,
        output: Option<&Struct>,
        special: Option<(Expr, Option<&Table>)>,
    ) -> Vec<FieldValue> {
        let Some(raw) = raw else { return Vec::new() };
        let is_row = |value: &raw::Expr| {
            let expr = special.as_ref().map(|(expr, _)| expr);
            matches!((&value.kind, expr), (ExprKind::Variable(variable), Some(expr)) if is_special(variable, expr))
        };
        let mut taken = names::Namespace::default();
        let mut made = Vec::new();
        for (name, value) in &raw.value {
            let Some(property) = output.and_then(|output| output.property(&name.value)) else {
                if !is_row(value) {
                    self.names_are_known(value, Within::Elsewhere);
                }
                let Some(output) = output.filter(|output| !output.has(&name.value)) else { continue };
                let help = did_you_mean(&name.value, output.properties.iter().map(|one| one.name.as_str()));
                let message = format!("the output has no `{}`", name.value);
                self.report(Diagnostic::error(Code::Returns, name.span, message).maybe_help(help));
                continue;
            };
            let to = property.shape();
            let wrapped = match (&value.kind, &special) {
                (ExprKind::Variable(variable), Some((expr, table))) if is_special(variable, expr) => {
                    let is_first = taken.take(variable, variable, value.span, self.schemas.diagnostics);
                    let table = table.filter(|_| is_first);
                    table.and_then(|table| self.special(expr, table, property, value.span))
                }
                _ => {
                    let target = Target { name: &name.value, schema: &property.schema, shape: to };
                    self.value(value, target, Within::Elsewhere)
                }
            };
            made.extend(wrapped.map(|(expr, from)| FieldValue { ident: property.ident.clone(), expr, from, to }));
        }
        let properties = output.map_or(&[][..], |output| output.properties.as_slice());
        let given = |property: &Property| raw.value.iter().any(|(name, _)| name.value == property.name);
        let wrong = raw.value.iter().filter(|(name, _)| output.is_some_and(|output| !output.has(&name.value))).count();
        let is_missing = |property: &&Property| property.presence == Presence::Required && !given(property);
        // A wrong name, which was reported, may be that of a property which nothing gives.
        let is_reported = properties.iter().filter(is_missing).count() <= wrong;
        for property in properties.iter().filter(|property| !given(property)) {
            if is_missing(&property) && is_reported {
                continue;
            }
            if property.presence == Presence::Required {
                let message = format!("nothing gives `{}`, which the output requires", property.name);
                self.report(Diagnostic::error(Code::Returns, raw.span, message));
            } else {
                let (expr, to) = (Expr::Null, property.shape());
                made.push(FieldValue { ident: property.ident.clone(), expr, from: to, to });
            }
        }
        made
    }

    fn special(&mut self, expr: &Expr, table: &Table, property: &Property, span: Span) -> Option<(Expr, Shape)> {
        let row = Type::Named(table.row.name.clone());
        let wanted = match expr {
            Expr::Rows => Type::Array { items: Box::new(row), nullable: false },
            _ => row,
        };
        if property.schema.ty() != wanted {
            let (what, how) = match expr {
                Expr::Rows => ("rows", format!("`type: array`, `items: {{ $ref: '#/tables/{}' }}`", table.name)),
                _ => ("a row", format!("`$ref: '#/tables/{}'`", table.name)),
            };
            let message = format!("this is {what} of `{}`, `{}` is something else", table.name, property.name);
            self.report(Diagnostic::error(Code::TypeMismatch, span, message).help(format!("write {how}")));
            return None;
        }
        Some((expr.clone(), Shape::PLAIN))
    }
}

fn is_special(variable: &str, expr: &Expr) -> bool {
    matches!((variable, expr), ("row", Expr::Row) | ("rows", Expr::Rows))
}
