//! Tables: what every table has, and which of its fields are encrypted.
//!
//! Every row has `id` (required, `format: id`, or `uuid` where no other program names rows). Where a record has
//! `createdAt` and `updatedAt`, they are times (`format: date-time`), and are set by the compiler.
//!
//! A row without a field that `required` names is left out. A `default` is what a reader takes where the field is absent
//! or null. All other fields may be absent.
//!
//! `encryptedFields` says which fields are stored encrypted, and must say the same as the web application's registry
//! (`crypto.yaml`): what the web encrypts, no agent may write in plain text, and what the web reads as plain text, no
//! agent may encrypt. A table that is plain on purpose says `encryptedFields: []`.

use super::names::{self, Of};
use super::schemas::{Place as Where, Schemas};
use super::text;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::ir::{Kind, Place, Presence, Struct, Table};
use crate::raw::{self, Text};
use crate::source::Spanned;
use crate::yaml::Value;

/// Fields of every table that the compiler sets.
pub(super) const SET_BY_COMPILER: [&str; 3] = ["id", "createdAt", "updatedAt"];

impl Schemas<'_, '_> {
    /// Makes all tables; what is wrong with any of them is reported.
    pub(super) fn all_tables(&mut self, module_name: &str, registry: Option<&raw::Registry>) {
        let module = self.module;
        for (name, raw) in &module.tables {
            if let Some(mut table) = self.table(module_name, name, raw) {
                // Where the two lists differ it was reported; whatever either has is then encrypted for the actions.
                let encrypted = registry.into_iter().flat_map(|registry| &registry.encrypted);
                for field in encrypted.filter(|(key, _)| key.value == name.value).flat_map(|(_, fields)| fields) {
                    if !table.is_encrypted(&field.value) {
                        table.encrypted.push(field.value.clone());
                    }
                }
                self.tables.push(table);
            }
            if let (Some(registry), Some(fields)) = (registry, &raw.encrypted_fields) {
                super::registry::compare(name, raw, fields, registry, self.diagnostics);
            }
        }
        if let Some((first, _)) = module.tables.first()
            && module.app.is_none()
        {
            let message = "a module with tables has no `app`";
            self.report(
                Diagnostic::error(Code::MissingKey, first.span, message).help("the app id of the sync service"),
            );
        }
    }

    fn table(&mut self, module_name: &str, name: &Text, raw: &raw::Table) -> Option<Table> {
        names::check(Of::Table, name, self.diagnostics);
        let noun = raw.noun.as_ref().and_then(|noun| text::check_line("a noun", noun, 40, self.diagnostics));
        let record = raw.record.as_ref()?;
        if record.reference.is_some() {
            self.misplaced(record, &[], "$ref");
        }
        self.misplaced(record, &["properties", "required"], "record");
        let row_name = format!("{}Row", names::pascal(&name.value));
        let row = self.structure(record, &row_name, Where::Record);
        let description = match &record.description {
            Some(description) => text::check("a description", description, text::DESCRIPTION, self.diagnostics),
            None => {
                if !record.has_description {
                    text::missing("the record", record.at, self.diagnostics);
                }
                None
            }
        };
        if let Some(fields) = &raw.encrypted_fields {
            self.encrypted_fields_exist(fields, record);
        }
        let row = Struct { is_record: true, ..row? };
        self.table_shape(&row, record);
        let sync_name = raw.sync_name.as_ref().unwrap_or(name);
        names::check(Of::Table, sync_name, self.diagnostics);
        let encrypted = raw.encrypted_fields.as_ref().map_or(&[][..], |fields| fields.value.as_slice());
        let creates = self.creates(raw, &row);
        let place = raw.place.as_ref().and_then(|place| self.place(place, &row));
        let label = raw.label.as_ref().filter(|label| self.is_field(label, &row)).map(|label| label.value.clone());
        let is_of_user = raw.scope.as_ref().is_some_and(|word| self.is_word(word, "user", &["space", "user"]));
        let ignores = raw.privacy.as_ref().is_some_and(|word| self.is_word(word, "ignored", &["private", "ignored"]));
        // What is missing here was reported; the table goes on, so that the actions over it are checked.
        Some(Table {
            app: self.module.app.as_ref().map(|app| app.value.clone()).unwrap_or_default(),
            name: name.value.clone(),
            sync_name: sync_name.value.clone(),
            noun: noun.unwrap_or_default(),
            description: description.unwrap_or_default(),
            row,
            encrypted: encrypted.iter().map(|field| field.value.clone()).collect(),
            module: module_name.to_owned(),
            is_of_user,
            has_privacy: !ignores,
            label,
            creates,
            place,
            // They are checked once all tables are there.
            cascade: Vec::new(),
        })
    }

    /// Whether a word is the one that means something; reported where it is no word of these.
    fn is_word(&mut self, word: &Text, means: &str, known: &[&str]) -> bool {
        if !known.contains(&word.value.as_str()) {
            let message = format!("this is `{}`, not `{}`", known.join("` or `"), word.value);
            let help = did_you_mean(&word.value, known.iter().copied());
            self.report(Diagnostic::error(Code::UnknownWord, word.span, message).maybe_help(help));
        }
        word.value == means
    }

    fn is_field(&mut self, name: &Text, row: &Struct) -> bool {
        if !row.has(&name.value) {
            let help = did_you_mean(&name.value, row.properties.iter().map(|property| property.name.as_str()));
            let message = format!("the record has no field `{}`", name.value);
            self.report(Diagnostic::error(Code::UnknownField, name.span, message).maybe_help(help));
        }
        row.property(&name.value).is_some()
    }

    fn creates(&mut self, raw: &raw::Table, row: &Struct) -> Vec<(String, serde_json::Value)> {
        let mut creates = Vec::new();
        for (name, node) in &raw.creates {
            if SET_BY_COMPILER.contains(&name.value.as_str()) {
                let message = format!("`{}` is set by itself", name.value);
                self.report(Diagnostic::error(Code::FieldSetTwice, name.span, message));
            } else if self.is_field(name, row) {
                let property = row.property(&name.value);
                if let Some(property) = property.filter(|_| !matches!(node.value, Value::Null)) {
                    let extent = super::instance::Extent::Whole;
                    super::instance::check(node, &property.schema, extent, Code::TypeMismatch, self.diagnostics);
                }
                creates.push((name.value.clone(), node.to_json()));
            }
        }
        creates
    }

    fn place(&mut self, raw: &raw::Place, row: &Struct) -> Option<Place> {
        let field = raw.field.as_ref().filter(|field| self.is_field(field, row))?;
        let is_number =
            |property: &crate::ir::Property| matches!(property.schema.kind, Kind::Number { .. } | Kind::Integer { .. });
        if !row.property(&field.value).is_some_and(is_number) {
            let message = format!("`{}` is not a number", field.value);
            self.report(Diagnostic::error(Code::TypeMismatch, field.span, message));
        }
        let step = match raw.step.as_ref().map(|step| (&step.value, step.span)) {
            None => 1.0,
            Some((Value::Integer(_) | Value::Number(_), _)) => {
                raw.step.as_ref().and_then(|step| step.to_json().as_f64()).unwrap_or(1.0)
            }
            Some((_, span)) => {
                self.report(Diagnostic::error(Code::WrongKind, span, "expected a number"));
                1.0
            }
        };
        let among = raw.among.iter().filter(|name| self.is_field(name, row)).map(|name| name.value.clone());
        let among = among.collect();
        Some(Place { field: field.value.clone(), step, among })
    }

    fn encrypted_fields_exist(&mut self, fields: &Spanned<Vec<Text>>, record: &raw::Schema) {
        let properties = record.properties.as_ref().map_or(&[][..], |properties| properties.value.as_slice());
        for (index, field) in fields.value.iter().enumerate() {
            if !record.has_property(&field.value) {
                let help = did_you_mean(&field.value, properties.iter().map(|(key, _)| key.value.as_str()));
                let message = format!("the record has no field `{}`", field.value);
                self.report(Diagnostic::error(Code::UnknownField, field.span, message).maybe_help(help));
            }
            if SET_BY_COMPILER.contains(&field.value.as_str()) {
                let message = format!("`{}` is never encrypted: the sync service and the fold read it", field.value);
                self.report(Diagnostic::error(Code::TableShape, field.span, message));
            }
            if fields.value.iter().take(index).any(|before| before.value == field.value) {
                let message = format!("`{}` is listed twice", field.value);
                self.report(Diagnostic::error(Code::Contradiction, field.span, message));
            }
        }
    }

    fn table_shape(&mut self, row: &Struct, record: &raw::Schema) {
        let at = |name: &str| {
            let properties = record.properties.as_ref().map_or(&[][..], |properties| properties.value.as_slice());
            properties.iter().find(|(key, _)| key.value == name).map_or(record.at, |(key, _)| key.span)
        };
        let id_is_right = row.property("id").is_some_and(|id| {
            matches!(id.schema.kind, Kind::Id | Kind::Uuid) && !id.schema.nullable && id.presence == Presence::Required
        });
        if !id_is_right {
            let message = "every record has an `id`: required, `type: string`, `format: id`";
            self.report(Diagnostic::error(Code::TableShape, at("id"), message));
        }
        for name in ["createdAt", "updatedAt"] {
            if row
                .property(name)
                .is_some_and(|time| !matches!(time.schema.kind, Kind::Timestamp) || time.schema.nullable)
            {
                let message = format!("`{name}` of a record is `type: string`, `format: date-time`");
                self.report(Diagnostic::error(Code::TableShape, at(name), message));
            }
        }
    }
}
