//! The mirror of the web's tables (`web.yaml`): a table of the catalog stands in the app, and has the wire name, that the web
//! gives it, and is a user's or a space's as it is there. So no table writes into the rows of another one.

use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::raw::{Module, Web};

/// Holds every table against the mirror.
pub(super) fn check(modules: &[Module], web: &Web, diagnostics: &mut Diagnostics) {
    for module in modules {
        for (name, table) in &module.tables {
            let Some(app) = &module.app else { continue };
            let mirrored = web.apps.iter().filter_map(|(app, tables)| {
                let (_, wire) = tables.iter().find(|(known, _)| known.value == name.value)?;
                Some((app, wire))
            });
            let mirrored: Vec<_> = mirrored.collect();
            let Some((known_app, known_wire)) = mirrored.first() else {
                let known = web.apps.iter().flat_map(|(_, tables)| tables).map(|(table, _)| table.value.as_str());
                let help = did_you_mean(&name.value, known)
                    .unwrap_or_else(|| "a new table of the web is added to `web.yaml` first".to_owned());
                let message = format!("the web application has no table `{}`", name.value);
                diagnostics.push(Diagnostic::error(Code::WireName, name.span, message).help(help));
                continue;
            };
            if known_app.value != app.value {
                let help = "declare it in a module of that app, and name it `module.table` here";
                let message =
                    format!("the table `{}` is of the app `{}`, not `{}`", name.value, known_app.value, app.value);
                diagnostics.push(
                    Diagnostic::error(Code::WireName, name.span, message).also(known_app.span, "here").help(help),
                );
            }
            let wire = table.sync_name.as_ref().unwrap_or(name);
            if known_wire.value != wire.value {
                let message =
                    format!("the wire name of `{}` is `{}`, not `{}`", name.value, known_wire.value, wire.value);
                let help = format!("write `syncName: {}`", known_wire.value);
                let problem = Diagnostic::error(Code::WireName, wire.span, message);
                diagnostics.push(problem.also(known_wire.span, "here").help(help));
            }
            let is_of_user = web.user_tables.iter().any(|table| table.value == name.value);
            let says_user = table.scope.as_ref().is_some_and(|scope| scope.value == "user");
            if is_of_user != says_user {
                let at = table.scope.as_ref().map_or(name.span, |scope| scope.span);
                let (is, write) = if is_of_user { ("a user's", "user") } else { ("a space's", "space") };
                let message = format!("the rows of `{}` are {is} in the web application", name.value);
                diagnostics
                    .push(Diagnostic::error(Code::WireName, at, message).help(format!("write `scope: {write}`")));
            }
        }
    }
}
