//! Wire names: under which name the rows of a table lie in an app's log.
//!
//! The registry says by a table's own name what of it is encrypted; the log knows its wire name alone (`syncName`, or the
//! table's name). So no two tables of the catalog share an app and a wire name, and a `syncName` is no other table of the
//! registry: a table would otherwise write into the rows of another, held against a list of fields that is not theirs.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::raw::{Module, Registry, Text};
use crate::source::Span;

/// Reports wire names that are those of other tables.
pub(super) fn check(modules: &[Module], registry: Option<&Registry>, diagnostics: &mut Diagnostics) {
    let known: Vec<&Text> = registry.into_iter().flat_map(Registry::tables).collect();
    check_against(modules, known.iter().copied(), diagnostics);
    let mut taken: BTreeMap<(&str, &str), (String, Span)> = BTreeMap::new();
    for module in modules {
        let (Some(app), Some(module_name)) = (&module.app, &module.name) else { continue };
        for (name, table) in &module.tables {
            let wire = table.sync_name.as_ref().unwrap_or(name);
            // What was refused already takes no name from others.
            if wire.value != name.value && known.iter().any(|table| table.value == wire.value) {
                continue;
            }
            let full = format!("{}.{}", module_name.value, name.value);
            let key = (app.value.as_str(), wire.value.as_str());
            let Some((other, first)) = taken.get(&key) else {
                taken.insert(key, (full, wire.span));
                continue;
            };
            let message = format!("the rows of `{full}` would lie among those of `{other}`");
            diagnostics.push(
                Diagnostic::error(Code::WireName, wire.span, message)
                    .label(format!("`{}` in the log of `{}`", wire.value, app.value))
                    .also(*first, format!("the wire name of `{other}` too"))
                    .help("a table stands in one module, and has a wire name of its own in its app"),
            );
        }
    }
}

/// Reports every `syncName` that is another one of these tables.
pub(crate) fn check_against<'a>(
    modules: &[Module],
    tables: impl Iterator<Item = &'a Text>,
    diagnostics: &mut Diagnostics,
) {
    let known: BTreeMap<&str, Span> = tables.map(|table| (table.value.as_str(), table.span)).collect();
    for (name, table) in modules.iter().flat_map(|module| &module.tables) {
        let Some(wire) = table.sync_name.as_ref().filter(|wire| wire.value != name.value) else { continue };
        // Two apps may use one wire name.
        let app = modules.iter().find(|module| module.tables.iter().any(|(known, _)| known.span == name.span));
        let app = app.and_then(|module| module.app.as_ref()).map(|app| &app.value);
        let is_of_another_app = modules.iter().any(|module| {
            module.app.as_ref().map(|app| &app.value) != app
                && module.tables.iter().any(|(other, _)| other.value == wire.value)
        });
        if let Some(at) = known.get(wire.value.as_str()).filter(|_| !is_of_another_app) {
            let message = format!("`{}` is another table, which `{}` would write into", wire.value, name.value);
            let help =
                format!("if it is that table, name it `{}`; its encrypted fields are then held against", wire.value);
            diagnostics.push(
                Diagnostic::error(Code::WireName, wire.span, message)
                    .also(*at, format!("`{}` is registered here", wire.value))
                    .help(format!("{help} that entry")),
            );
        }
    }
}
