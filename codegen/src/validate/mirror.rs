//! The mirror of the web's tables (`web.yaml`): a table of the catalog stands in the app, and has the wire name, that the web
//! gives it, is a user's or a space's as it is there, and has fields that the web has. So no table writes into the rows of
//! another one, and no row is written that the web cannot read.

mod fields;
mod finding;

use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::ir::SpaceType;
use crate::raw::{Module, Table, Text, Web, WebTable};

use self::finding::REMEDY;
pub(crate) use self::finding::{Finding, Subject};

/// Holds every table and module against the mirror.
pub(super) fn check(modules: &[Module], web: &Web, diagnostics: &mut Diagnostics) {
    findings(modules, web).into_iter().for_each(|finding| diagnostics.push(finding.problem));
}

/// Everything in which the catalog contradicts the mirror.
pub(crate) fn findings(modules: &[Module], web: &Web) -> Vec<Finding> {
    let mut found = Vec::new();
    for module in modules {
        found.extend(spaces(module, web));
        let Some(app) = &module.app else { continue };
        for (name, table) in &module.tables {
            let Some((web_app, _, mirrored)) = web.table(&name.value) else {
                found.push(Finding { subject: Subject::Table(name.value.clone()), problem: unknown(name, web) });
                continue;
            };
            let [app, wire, user] =
                [app_differs(name, app, web_app), wire_differs(name, table, mirrored), user_differs(name, table, web)];
            let table_name = || name.value.clone();
            found.extend(app.map(|problem| Finding { subject: Subject::App(table_name()), problem }));
            found.extend(wire.map(|problem| Finding { subject: Subject::Wire(table_name()), problem }));
            found.extend(user.map(|problem| Finding { subject: Subject::User(table_name()), problem }));
            found.extend(fields::findings(module, name, table, mirrored, web));
        }
    }
    found
}

fn unknown(name: &Text, web: &Web) -> Diagnostic {
    let known = web.tables().map(|(_, table, _)| table.value.as_str());
    let help = did_you_mean(&name.value, known).unwrap_or_else(|| format!("if it is new there, {REMEDY}"));
    let message = format!("the web application has no table `{}`", name.value);
    Diagnostic::error(Code::WireName, name.span, message).help(help)
}

fn app_differs(name: &Text, app: &Text, web_app: &Text) -> Option<Diagnostic> {
    let message = || format!("the table `{}` is of the app `{}`, not `{}`", name.value, web_app.value, app.value);
    let help = "declare it in a module of that app, and name it `module.table` here";
    let problem = || Diagnostic::error(Code::WireName, name.span, message()).also(web_app.span, "here").help(help);
    (web_app.value != app.value).then(problem)
}

fn wire_differs(name: &Text, table: &Table, mirrored: &WebTable) -> Option<Diagnostic> {
    let wire = table.sync_name.as_ref().unwrap_or(name);
    if mirrored.wire.value == wire.value {
        return None;
    }
    let message = format!("the wire name of `{}` is `{}`, not `{}`", name.value, mirrored.wire.value, wire.value);
    let help = format!("write `syncName: {}`", mirrored.wire.value);
    Some(Diagnostic::error(Code::WireName, wire.span, message).also(mirrored.wire.span, "here").help(help))
}

fn user_differs(name: &Text, table: &Table, web: &Web) -> Option<Diagnostic> {
    let is_of_user = web.is_of_user(&name.value);
    let says_user = table.scope.as_ref().is_some_and(|scope| scope.value == "user");
    if is_of_user == says_user {
        return None;
    }
    let at = table.scope.as_ref().map_or(name.span, |scope| scope.span);
    let (is, write) = if is_of_user { ("a user's", "user") } else { ("a space's", "space") };
    let message = format!("the rows of `{}` are {is} in the web application", name.value);
    Some(Diagnostic::error(Code::WireName, at, message).help(format!("write `scope: {write}`")))
}

/// The types of spaces that have a module of this name in the web.
pub(crate) fn spaces_of<'a>(module: &str, web: &'a Web) -> Vec<&'a str> {
    let has = |modules: &[Text]| modules.iter().any(|known| known.value == module || known.value == "*");
    web.spaces.iter().filter(|(_, modules)| has(modules)).map(|(space, _)| space.value.as_str()).collect()
}

/// A module that leaves `spaces` out is in all of them. One without tools, or without an app, has no page of its own in the
/// web, and may leave them out all the same.
fn spaces(module: &Module, web: &Web) -> Option<Finding> {
    let name = module.web_name.as_ref().or(module.name.as_ref())?;
    if module.spaces.is_none() && (module.app.is_none() || module.tools.is_empty()) {
        return None;
    }
    let theirs = spaces_of(&name.value, web);
    let own: Vec<&str> = match &module.spaces {
        Some(spaces) => spaces.value.iter().map(|space| space.value.as_str()).collect(),
        None => SpaceType::WORDS.to_vec(),
    };
    // A misspelt type was reported.
    if own.iter().any(|space| SpaceType::from_word(space).is_none()) {
        return None;
    }
    let missing: Vec<&str> = theirs.iter().filter(|space| !own.contains(space)).copied().collect();
    let extra: Vec<&str> = own.iter().filter(|space| !theirs.contains(space)).copied().collect();
    let message = match (missing.as_slice(), extra.as_slice()) {
        ([], []) => return None,
        ([], extra) => format!("the web has no `{}` in spaces of type {}", name.value, extra.join(", ")),
        (missing, _) => format!("the web has `{}` in spaces of type {} too", name.value, missing.join(", ")),
    };
    let at = match &module.spaces {
        Some(spaces) => {
            spaces.value.iter().find(|one| extra.contains(&one.value.as_str())).map_or(spaces.span, |one| one.span)
        }
        None => name.span,
    };
    let problem = Diagnostic::error(Code::WebSpaces, at, message);
    let problem = problem.help(format!("write `spaces: [{}]`", theirs.join(", ")));
    Some(Finding { subject: Subject::Spaces(name.value.clone()), problem })
}
