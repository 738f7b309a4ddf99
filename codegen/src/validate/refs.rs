//! `$ref`: to a type of the module anywhere, to a table in an output.
//!
//! A reference is written out where it stands, so it must lead to something, and not back to itself: a type that held
//! itself would have no end. There are no references to other files.

use super::schemas::{Place, Schemas, TypeState};
use super::tables;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::ir::{Kind, Schema};
use crate::raw;
use crate::source::Span;

impl<'a> Schemas<'a, '_> {
    /// Makes all types of the module; what is wrong with any of them is reported.
    pub(super) fn all_types(&mut self) -> Vec<Schema> {
        let module = self.module;
        module.types.iter().filter_map(|(name, _)| self.type_named(name.value.as_str(), name.span)).collect()
    }

    fn type_named(&mut self, name: &str, at: Span) -> Option<Schema> {
        match self.types.get(name) {
            Some(TypeState::Done(schema)) => return schema.clone(),
            Some(TypeState::Open) => {
                let message = format!("`{name}` leads back to itself");
                let help = "a type cannot hold itself; give the inner one its own type";
                self.report(Diagnostic::error(Code::LoopingRef, at, message).help(help));
                return None;
            }
            None => {}
        }
        let module: &'a raw::Module = self.module;
        let (key, raw) = module.types.iter().find(|(key, _)| key.value == name)?;
        self.types.insert(key.value.as_str(), TypeState::Open);
        let schema = self.schema(raw, name, Place::Type);
        if let Some((span, _)) = &raw.default {
            let message = "a type has no default; the property that uses it may have one";
            self.report(Diagnostic::error(Code::MisplacedDefault, *span, message));
        }
        self.types.insert(key.value.as_str(), TypeState::Done(schema.clone()));
        schema
    }

    /// The schema that a `$ref` stands for.
    pub(super) fn reference(&mut self, raw: &raw::Schema, place: Place) -> Option<Schema> {
        self.misplaced(raw, &[], "$ref");
        let target = raw.reference.as_ref()?;
        if let Some(only) = raw.only.as_ref().filter(|_| !target.value.starts_with("#/tables/")) {
            let message = "`only` names fields of a table";
            self.report(Diagnostic::error(Code::MisplacedKeyword, only.span, message));
        }
        let mut schema = if let Some(name) = target.value.strip_prefix("#/types/") {
            let module = self.module;
            if !module.types.iter().any(|(key, _)| key.value == name) {
                return self.dangling(target, "type", name, module.types.iter().map(|(key, _)| key.value.as_str()));
            }
            self.type_named(name, target.span)?
        } else if let Some(name) = target.value.strip_prefix("#/tables/") {
            self.table_row(raw, target, name, place)?
        } else {
            let message = format!("`{}` does not resolve", target.value);
            let help = "a reference is `#/types/X`, or `#/tables/x` or `#/tables/module.x` in an output";
            self.report(Diagnostic::error(Code::DanglingRef, target.span, message).help(help));
            return None;
        };
        schema.referenced = true;
        self.describe(raw, &mut schema);
        Some(schema)
    }

    fn table_row(&mut self, raw: &raw::Schema, target: &raw::Text, name: &str, place: Place) -> Option<Schema> {
        if place != Place::Output {
            let message = "only an output has rows of a table";
            let help = "name the properties, or put what both share under `types`";
            self.report(Diagnostic::error(Code::DanglingRef, target.span, message).help(help));
            return None;
        }
        let tables = self.all?;
        let reference = tables::reference(self.name, name);
        let Some(table) = tables.get(&reference) else {
            // A table that was reported is not missing.
            if !tables.has_reported(&reference) {
                let full: Vec<String> = tables.names().collect();
                let own = format!("{}.", self.name);
                let known = full.iter().map(|full| full.strip_prefix(&own).unwrap_or(full));
                let help = did_you_mean(name, known);
                let message = format!("there is no table `{name}`");
                self.report(Diagnostic::error(Code::DanglingRef, target.span, message).maybe_help(help));
            }
            return None;
        };
        let mut row = table.row.clone();
        if let Some(only) = &raw.only {
            for field in &only.value {
                if !row.has(&field.value) {
                    let help = did_you_mean(&field.value, row.properties.iter().map(|one| one.name.as_str()));
                    let message = format!("{} has no field `{}`", tables::a_row(table), field.value);
                    self.report(Diagnostic::error(Code::UnknownField, field.span, message).maybe_help(help));
                }
            }
            row.properties.retain(|property| only.value.iter().any(|field| field.value == property.name));
        }
        let mut schema = Schema::new(Kind::Struct(row), false);
        schema.description = Some(table.description.clone());
        Some(schema)
    }

    fn dangling<'n, T>(
        &mut self,
        target: &raw::Text,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str>,
    ) -> Option<T> {
        let message = format!("this module has no {what} `{name}`");
        let help = did_you_mean(name, known);
        self.report(Diagnostic::error(Code::DanglingRef, target.span, message).maybe_help(help));
        None
    }
}
