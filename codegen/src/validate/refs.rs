//! `$ref`: to a type of the module anywhere, to a table in an output.
//!
//! A reference is written out where it stands, so it must lead to something, and not back to itself: a type that held
//! itself would have no end. There are no references to other files.

use super::schema::{Place, Schemas};
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::ir::{Kind, Schema};
use crate::raw;
use crate::source::Span;

/// How far a type has come.
#[derive(Debug, Clone)]
pub(super) enum TypeState {
    /// It is being made; a reference to it leads back to itself.
    Open,
    /// It is made, or it was reported what is wrong with it.
    Done(Option<Schema>),
}

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
        let mut schema = if let Some(name) = target.value.strip_prefix("#/types/") {
            let module = self.module;
            if !module.types.iter().any(|(key, _)| key.value == name) {
                return self.dangling(target, "type", name, module.types.iter().map(|(key, _)| key.value.as_str()));
            }
            self.type_named(name, target.span)?
        } else if let Some(name) = target.value.strip_prefix("#/tables/") {
            self.table_row(target, name, place)?
        } else {
            let message = format!("`{}` leads nowhere", target.value);
            let help = "a reference is `#/types/X`, or `#/tables/x` in an output";
            self.report(Diagnostic::error(Code::DanglingRef, target.span, message).help(help));
            return None;
        };
        schema.referenced = true;
        self.describe(raw, &mut schema);
        Some(schema)
    }

    fn table_row(&mut self, target: &raw::Text, name: &str, place: Place) -> Option<Schema> {
        let module = self.module;
        if !module.tables.iter().any(|(key, _)| key.value == name) {
            return self.dangling(target, "table", name, module.tables.iter().map(|(key, _)| key.value.as_str()));
        }
        if place != Place::Output {
            let message = "only an output has rows of a table";
            let help = "name the properties, or put what both share under `types`";
            self.report(Diagnostic::error(Code::DanglingRef, target.span, message).help(help));
            return None;
        }
        // A table that is not there was reported.
        let table = self.tables.iter().find(|table| table.name == name)?;
        let mut schema = Schema::new(Kind::Struct(table.row.clone()), false);
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
