//! Cascades: the rows of other tables that are deleted and restored along with a row.

use std::collections::BTreeSet;

use super::names::stem;
use super::tables::{self, Tables};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::expr::{Checker, Parser, Scope, Uses, Variable};
use crate::ir::{Cascade, TableRef};
use crate::raw;
use crate::source::Sources;

/// Checks the cascades of all tables, and gives them to these.
pub(super) fn check(modules: &[raw::Module], sources: &Sources, tables: &mut Tables, diagnostics: &mut Diagnostics) {
    let mut made: Vec<(TableRef, Cascade)> = Vec::new();
    for module in modules {
        let module_name = module.name.as_ref().map_or_else(|| stem(module.file, sources), |name| name.value.as_str());
        for (name, table) in &module.tables {
            let reference = TableRef { module: module_name.to_owned(), name: name.value.clone() };
            for cascade in &table.cascade {
                if let Some(cascade) = one(module_name, &reference, cascade, sources, tables, diagnostics) {
                    made.push((reference.clone(), cascade));
                }
            }
        }
    }
    for table in tables.all_mut() {
        let own = made.iter().filter(|(of, _)| of.module == table.module && of.name == table.name);
        table.cascade = own.map(|(_, cascade)| cascade.clone()).collect();
    }
}

fn one(
    module: &str,
    deleted: &TableRef,
    raw: &raw::Cascade,
    sources: &Sources,
    tables: &Tables,
    diagnostics: &mut Diagnostics,
) -> Option<Cascade> {
    let name = raw.table.as_ref()?;
    let (reference, table) = tables.find(module, name, diagnostics)?;
    let node = raw.condition.as_ref()?;
    let reported = BTreeSet::new();
    let ast = Parser { sources, reported: &reported, diagnostics }.condition(node);
    let mut scope = Scope::default();
    scope.add("row", Variable::Row, tables::row_type(table, 0));
    scope.add("deleted", Variable::Deleted, tables::row_type(tables.get(deleted)?, 1));
    let mut checker = Checker {
        scope,
        uses: Uses::default(),
        constants: None,
        makes_ids: false,
        reported,
        is_partial: false,
        later: Vec::new(),
        diagnostics,
    };
    let condition = checker.condition(&ast);
    if condition.ty.is_unknown() {
        return None;
    }
    let mut needs = BTreeSet::new();
    let mut fields = BTreeSet::new();
    condition.members_of(&Variable::Deleted, &mut needs);
    condition.members_of(&Variable::Row, &mut fields);
    let sealed = fields.iter().find(|field| table.is_encrypted(field));
    let sealed = sealed
        .or_else(|| needs.iter().find(|field| tables.get(deleted).is_some_and(|table| table.is_encrypted(field))));
    if let Some(field) = sealed {
        let message = format!("`{field}` is encrypted, and no key is fetched to delete a row");
        let help = "compare fields that are stored as they are, such as ids";
        diagnostics.push(Diagnostic::error(Code::EncryptedQuery, node.span, message).help(help));
    }
    Some(Cascade { table: reference, condition, needs })
}
