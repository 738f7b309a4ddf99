//! Where the mirror and an export differ.
//!
//! Each difference stands at its place in `web.yaml`. It is an error if the catalog agrees with the mirror, but would not
//! agree with the export: then it also names what breaks. Any other difference is a warning: the mirror lags.

use std::collections::BTreeSet;

use super::Comparison;
use super::export::Export;
use crate::diagnostics::{Code, Diagnostic, is_near};
use crate::raw::{Text, Web, WebField, WebTable};
use crate::source::Span;
use crate::validate::mirror::{Finding, Subject, findings, spaces_of};

/// One difference.
struct Difference {
    concerns: Concerns,
    at: Span,
    message: String,
    help: Option<String>,
}

/// Which problems of the catalog come from a difference.
enum Concerns {
    One(Subject),
    /// The field of this name of every table.
    FieldOfAll(String),
}

impl Concerns {
    fn are_met_by(&self, subject: &Subject) -> bool {
        match self {
            Self::One(one) => one == subject,
            Self::FieldOfAll(field) => matches!(subject, Subject::Field(_, known) if known == field),
        }
    }
}

impl Comparison {
    /// Reports every difference.
    pub(super) fn drift(&mut self) {
        self.report_unjudged();
        let Some(export) = &self.export else { return };
        let Some(mirror) = &self.catalog.web else {
            let message = "the catalog has no `web.yaml`";
            let at = Span::start_of(export.web.file);
            let help = "`cargo xtask web pull` writes it";
            return self.diagnostics.push(Diagnostic::error(Code::MirrorEntry, at, message).help(help));
        };
        let is_judged = |subject: &Subject| match subject {
            Subject::Table(table) => !export.unjudged.iter().any(|(known, _)| known.value == *table),
            _ => true,
        };
        let broken: Vec<Finding> = findings(&self.catalog.modules, &export.web);
        let mut broken: Vec<Finding> = broken.into_iter().filter(|one| is_judged(&one.subject)).collect();
        let mut problems = Vec::new();
        for difference in differences(mirror, export) {
            let (own, others) = broken.into_iter().partition(|one| difference.concerns.are_met_by(&one.subject));
            broken = others;
            problems.push(difference.report(own));
        }
        // What contradicts both is reported at its own place, with that in the mirror.
        let old = findings(&self.catalog.modules, mirror);
        problems.extend(
            old.into_iter().filter(|one| broken.iter().any(|new| new.subject == one.subject)).map(|one| one.problem),
        );
        problems.into_iter().for_each(|problem| self.diagnostics.push(problem));
    }
}

impl Difference {
    fn new(subject: Subject, at: Span, message: String) -> Self {
        Self { concerns: Concerns::One(subject), at, message, help: None }
    }

    fn report(self, broken: Vec<Finding>) -> Diagnostic {
        let mut broken = broken.into_iter().map(|one| one.problem);
        let Some(first) = broken.next() else {
            let help = "`cargo xtask web pull` brings it up to date";
            return Diagnostic::warning(Code::MirrorLag, self.at, self.message).help(help);
        };
        // What the web did says better what to do than what is wrong with the catalog.
        let helps = self.help.map_or_else(|| first.helps().to_vec(), |help| vec![help]);
        let problem = Diagnostic::error(first.code(), self.at, self.message);
        let problem = std::iter::once(first)
            .chain(broken)
            .fold(problem, |problem, one| problem.also(one.primary().span, one.message().to_owned()));
        helps.into_iter().fold(problem, Diagnostic::help)
    }
}

fn differences(mirror: &Web, export: &Export) -> Vec<Difference> {
    let web = &export.web;
    let mut found = base(mirror, web);
    found.extend(spaces(mirror, web));
    found.extend(users(mirror, web));
    for (app, name, table) in mirror.tables() {
        match web.table(&name.value) {
            Some((web_app, _, web_table)) => {
                found.extend(moved(app, name, web_app, export));
                found.extend(renamed(name, table, web_table, export));
                found.extend(fields(name, table, web_table, export));
            }
            None => {
                let known: BTreeSet<&str> = mirror.tables().map(|(_, name, _)| name.value.as_str()).collect();
                let new = web.tables().map(|(_, name, _)| name.value.as_str()).filter(|name| !known.contains(name));
                let message = format!("the web syncs no table `{}` any more", name.value);
                let mut difference = Difference::new(Subject::Table(name.value.clone()), name.span, message);
                difference.help = Some(renamed_or_gone(&name.value, new, "take it out of the module"));
                found.push(difference);
            }
        }
    }
    for (app, name, _) in web.tables().filter(|(_, name, _)| mirror.table(&name.value).is_none()) {
        let at = mirror.apps.iter().find(|(known, _)| known.value == app.value);
        let at = at.map_or_else(|| Span::start_of(mirror.file), |(known, _)| known.span);
        let place = shown(export.place_of_table(&name.value));
        let message = format!("the web has a new table `{}` in the app `{}`{place}", name.value, app.value);
        found.push(Difference::new(Subject::Table(name.value.clone()), at, message));
    }
    found
}

/// ` (apps/web/src/lib/modules/todo/types.ts:12)`
fn shown(place: Option<&str>) -> String {
    place.map(|place| format!(" ({place})")).unwrap_or_default()
}

/// What to do about a name that the web has no more.
fn renamed_or_gone<'a>(name: &str, new: impl Iterator<Item = &'a str>, otherwise: &str) -> String {
    let near = new.filter(|new| is_near(name, new)).min();
    let renamed = near.map(|new| format!("if it is `{new}` now, rename it here; else {otherwise}"));
    renamed.unwrap_or_else(|| format!("if it was renamed, rename it here too; else {otherwise}"))
}

fn moved(app: &Text, name: &Text, web_app: &Text, export: &Export) -> Option<Difference> {
    let place = shown(export.place_of_table(&name.value));
    let message =
        || format!("the web has `{}` in the app `{}` now, not `{}`{place}", name.value, web_app.value, app.value);
    let subject = Subject::App(name.value.clone());
    (app.value != web_app.value).then(|| Difference::new(subject, name.span, message()))
}

fn renamed(name: &Text, old: &WebTable, new: &WebTable, export: &Export) -> Option<Difference> {
    let place = shown(export.place_of_table(&name.value));
    let (table, old, new) = (&name.value, &old.wire, &new.wire);
    let message = || format!("the wire name of `{table}` is `{}` now, not `{}`{place}", new.value, old.value);
    (old.value != new.value).then(|| Difference::new(Subject::Wire(table.clone()), old.span, message()))
}

fn users(mirror: &Web, web: &Web) -> Vec<Difference> {
    let gone = mirror.user_tables.iter().filter(|table| !web.is_of_user(&table.value)).map(|table| {
        let message = format!("a user has no row of `{}` of their own in the web any more", table.value);
        Difference::new(Subject::User(table.value.clone()), table.span, message)
    });
    let new = web.user_tables.iter().filter(|table| !mirror.is_of_user(&table.value)).map(|table| {
        let at = mirror.table(&table.value).map_or_else(|| Span::start_of(mirror.file), |(_, name, _)| name.span);
        let message = format!("each user has one row of `{}` in the web now, and spaces have none", table.value);
        Difference::new(Subject::User(table.value.clone()), at, message)
    });
    gone.chain(new).collect()
}

fn spaces(mirror: &Web, web: &Web) -> Vec<Difference> {
    let named = |web: &Web| -> Vec<String> {
        web.spaces.iter().flat_map(|(_, modules)| modules).map(|module| module.value.clone()).collect()
    };
    let modules: BTreeSet<String> = named(mirror).into_iter().chain(named(web)).collect();
    let mut found = Vec::new();
    for module in modules {
        let [old, new] = [mirror, web].map(|web| spaces_of(&module, web));
        if old == new {
            continue;
        }
        // Where the mirror names the module in a type that has it no more, else the first type that has it now.
        let lists = || mirror.spaces.iter().filter(|(space, _)| !new.contains(&space.value.as_str()));
        let gone = lists().flat_map(|(_, modules)| modules).find(|known| known.value == module);
        let added = || {
            mirror
                .spaces
                .iter()
                .find(|(space, _)| new.contains(&space.value.as_str()) && !old.contains(&space.value.as_str()))
        };
        let at = gone
            .or_else(|| added().map(|(space, _)| space))
            .map_or_else(|| Span::start_of(mirror.file), |text| text.span);
        let message = format!("the web has `{module}` in spaces of type {} now, not {}", and(&new), and(&old));
        found.push(Difference::new(Subject::Spaces(module), at, message));
    }
    found
}

fn and(words: &[&str]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn base(mirror: &Web, web: &Web) -> Vec<Difference> {
    let mut found = Vec::new();
    for field in &mirror.base {
        let message = match web.base.iter().find(|new| new.name.value == field.name.value) {
            None => format!("no row of the web has `{}` by itself any more", field.name.value),
            Some(new) if new.key() != field.key() || new.types() != field.types() => {
                format!("every row of the web has `{}` now, not `{}`", written(new), written(field))
            }
            Some(_) => continue,
        };
        let concerns = Concerns::FieldOfAll(field.name.value.clone());
        found.push(Difference { concerns, at: field.name.span, message, help: None });
    }
    for new in web.base.iter().filter(|new| !mirror.base.iter().any(|field| field.name.value == new.name.value)) {
        let concerns = Concerns::FieldOfAll(new.name.value.clone());
        let message = format!("every row of the web has a new field `{}`", written(new));
        found.push(Difference { concerns, at: Span::start_of(mirror.file), message, help: None });
    }
    found
}

/// The fields of a table, where both list them.
fn fields(name: &Text, old: &WebTable, new: &WebTable, export: &Export) -> Vec<Difference> {
    let (Some(old), Some(new)) = (&old.fields, &new.fields) else { return Vec::new() };
    let added: Vec<&WebField> = new.iter().filter(|field| !has(old, field)).collect();
    let place = |field: &WebField| shown(export.place_of_field(&name.value, &field.name.value));
    let difference = |field: &WebField, at, message| {
        Difference::new(Subject::Field(name.value.clone(), field.name.value.clone()), at, message)
    };
    let mut found = Vec::new();
    for field in old {
        let Some(now) = new.iter().find(|now| now.name.value == field.name.value) else {
            let message = format!("`{}` has no field `{}` in the web any more", name.value, field.name.value);
            let mut one = difference(field, field.name.span, message);
            let same: Vec<_> = added.iter().filter(|new| new.types() == field.types()).collect();
            one.help = match same.as_slice() {
                [new] => Some(format!("`{}` is new there, with the same type{}", new.name.value, place(new))),
                _ => {
                    let added = added.iter().map(|new| new.name.value.as_str());
                    Some(renamed_or_gone(&field.name.value, added, "take it out of the record"))
                }
            };
            found.push(one);
            continue;
        };
        if now.key() != field.key() || now.types() != field.types() {
            let (now_is, was, at) = (written(now), written(field), place(now));
            let message = format!("`{}` has `{now_is}` in the web now, not `{was}`{at}", name.value);
            found.push(difference(field, field.name.span, message));
        }
    }
    found.extend(added.into_iter().map(|field| {
        let message = format!("`{}` has a new field `{}` in the web{}", name.value, written(field), place(field));
        difference(field, name.span, message)
    }));
    found
}

fn has(fields: &[WebField], wanted: &WebField) -> bool {
    fields.iter().any(|field| field.name.value == wanted.name.value)
}

/// `note?: string | null`
fn written(field: &WebField) -> String {
    format!("{}: {}", field.key(), field.types())
}
