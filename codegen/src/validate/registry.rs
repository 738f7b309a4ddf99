//! `crypto.yaml` against itself and against the tables of the catalog.
//!
//! The registry says of every table of the web application what is encrypted (`encrypted`), what is registered but
//! switched off (`disabled`) and what is plain on purpose (`plaintext`); a table stands in one of the three. A table
//! of the catalog says the same as the registry, or a field would leave the process in plain text that the web
//! encrypts, or be written in a form that the web does not read.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::raw::{Registry, Table, Text};
use crate::source::{Span, Spanned};

/// Reports tables that stand twice in the registry, and fields that stand twice in a table.
pub(super) fn check(registry: &Registry, diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for table in registry.tables() {
        if let Some(first) = seen.insert(&table.value, table.span) {
            let message = format!("the registry lists the table `{}` twice", table.value);
            diagnostics.push(
                Diagnostic::error(Code::CryptoRegistry, table.span, message)
                    .also(first, "first here")
                    .help("it is encrypted, disabled or plain text, never two of them"),
            );
        }
    }
    for (table, fields) in &registry.encrypted {
        if fields.is_empty() {
            let message = format!("`{}` is encrypted, but has no encrypted fields", table.value);
            diagnostics.push(Diagnostic::error(Code::CryptoRegistry, table.span, message));
        }
        for (index, field) in fields.iter().enumerate() {
            if fields.iter().take(index).any(|before| before.value == field.value) {
                let message = format!("the field `{}` is listed twice", field.value);
                diagnostics.push(Diagnostic::error(Code::CryptoRegistry, field.span, message));
            }
        }
    }
}

/// Reports where a table's encrypted fields differ from the registry's.
pub(super) fn compare(
    table: &Text,
    written: &Table,
    fields: &Spanned<Vec<Text>>,
    registry: &Registry,
    diagnostics: &mut Diagnostics,
) {
    let name = &table.value;
    // What the record does not have was reported; it may be the wrong name of a field that seems to be missing.
    let is_field = |field: &Text| written.record.as_ref().is_none_or(|record| record.has_property(&field.value));
    let unknown = fields.value.iter().filter(|field| !is_field(field)).count();
    let error = |span, message: String| Diagnostic::error(Code::EncryptedFields, span, message);
    let listed = |list: &[Text]| list.iter().find(|one| one.value == *name).map(|one| one.span);
    if let Some((at, wanted)) = registry.encrypted.iter().find(|(key, _)| key.value == *name) {
        let all: Vec<&str> = wanted.iter().map(|field| field.value.as_str()).collect();
        let help = format!("write `encryptedFields: [{}]`", all.join(", "));
        let missing = || wanted.iter().filter(|field| !fields.value.iter().any(|one| one.value == field.value));
        for field in missing().filter(|_| missing().count() > unknown) {
            let message = format!("the web encrypts `{}` of `{name}`, this table does not", field.value);
            diagnostics.push(error(fields.span, message).also(field.span, "encrypted here").help(help.as_str()));
        }
        let extra = fields.value.iter().filter(|field| !wanted.iter().any(|one| one.value == field.value));
        for field in extra.filter(|field| is_field(field)) {
            let message = format!("the web does not encrypt `{}` of `{name}`", field.value);
            diagnostics.push(error(field.span, message).also(at.span, "its encrypted fields").help(help.as_str()));
        }
        let same_order = fields.value.iter().map(|one| &one.value).eq(wanted.iter().map(|one| &one.value));
        let same_fields = fields.value.len() == wanted.len()
            && wanted.iter().all(|one| fields.value.iter().any(|field| field.value == one.value));
        if same_fields && !same_order {
            let message = format!("the encrypted fields of `{name}` stand in another order than in the registry");
            diagnostics.push(
                Diagnostic::warning(Code::EncryptedFields, fields.span, message).also(at.span, "their order there"),
            );
        }
        return;
    }
    let plain = listed(&registry.disabled)
        .map(|at| (at, "switched off"))
        .or_else(|| listed(&registry.plaintext).map(|at| (at, "plain text on purpose")));
    match plain {
        Some(_) if fields.value.is_empty() => {}
        Some((at, why)) => {
            let message = format!("the web does not encrypt `{name}`");
            diagnostics.push(error(fields.span, message).also(at, why).help("write `encryptedFields: []`"));
        }
        None => {
            let known = registry.tables().map(|one| one.value.as_str());
            let message = format!("the registry does not know the table `{name}`");
            diagnostics.push(error(table.span, message).maybe_help(did_you_mean(name, known)));
        }
    }
}
