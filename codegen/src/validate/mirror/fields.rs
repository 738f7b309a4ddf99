//! The fields of a record against those of the web's rows: each exists there under its name, with a type that its JSON type
//! can carry, and what `required` names is never missing there.
//!
//! A field that the web has and the record does not name is fine: tools leave it as it is.

use super::finding::{Finding, REMEDY, Subject};
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::raw::{Module, Schema, Table, Text, Web, WebField, WebKind, WebTable};

/// Everything in which the record of a table contradicts the mirror.
pub(super) fn findings(module: &Module, name: &Text, table: &Table, mirrored: &WebTable, web: &Web) -> Vec<Finding> {
    let Some(own) = &mirrored.fields else {
        let message = format!("`web.yaml` does not list the fields of `{}`", name.value);
        let problem = Diagnostic::error(Code::MirrorEntry, name.span, message)
            .also(mirrored.wire.span, "only its name on the wire is known")
            .help(REMEDY);
        return vec![Finding { subject: Subject::Table(name.value.clone()), problem }];
    };
    let Some(record) = &table.record else { return Vec::new() };
    let fields = Fields { table: name, own, base: &web.base, mirrored };
    let properties = record.properties.iter().flat_map(|properties| &properties.value);
    let mut found: Vec<Finding> = Vec::new();
    for (field, schema) in properties {
        let problem = match fields.get(&field.value) {
            None => Some(fields.missing(field)),
            Some(there) => resolved(schema, module).and_then(|schema| differs(field, schema, there)),
        };
        found.extend(problem.map(|problem| fields.finding(field, problem)));
    }
    for field in record.required.iter().flat_map(|required| &required.value) {
        if let Some(there) = fields.get(&field.value).filter(|there| there.may_be_missing()) {
            found.push(fields.finding(field, optional(field, there)));
        }
    }
    found
}

/// What the web's rows of a table hold.
struct Fields<'a> {
    table: &'a Text,
    own: &'a [WebField],
    base: &'a [WebField],
    mirrored: &'a WebTable,
}

impl<'a> Fields<'a> {
    fn all(&self) -> impl Iterator<Item = &'a WebField> {
        self.own.iter().chain(self.base)
    }

    fn get(&self, name: &str) -> Option<&'a WebField> {
        self.all().find(|field| field.name.value == name)
    }

    fn finding(&self, field: &Text, problem: Diagnostic) -> Finding {
        Finding { subject: Subject::Field(self.table.value.clone(), field.value.clone()), problem }
    }

    fn missing(&self, field: &Text) -> Diagnostic {
        let help = did_you_mean(&field.value, self.all().map(|known| known.name.value.as_str()));
        let help = help.unwrap_or_else(|| format!("if it is new there, {REMEDY}"));
        let message = format!("`{}` has no field `{}` in the web application", self.table.value, field.value);
        Diagnostic::error(Code::WebField, field.span, message)
            .also(self.mirrored.wire.span, "its fields are listed here")
            .help(help)
    }
}

/// The schema that a property has, or that its `$ref` leads to; one that does not resolve was reported.
fn resolved<'a>(schema: &'a Schema, module: &'a Module) -> Option<&'a Schema> {
    let mut schema = schema;
    // No chain of references is longer than there are types, unless it is a loop.
    for _ in 0..=module.types.len() {
        let Some(reference) = &schema.reference else { return Some(schema) };
        let name = reference.value.strip_prefix("#/types/")?;
        schema = module.types.iter().find(|(known, _)| known.value == name).map(|(_, schema)| schema)?;
    }
    None
}

fn differs(field: &Text, schema: &Schema, there: &WebField) -> Option<Diagnostic> {
    let types = schema.types.as_ref()?;
    let own = types.value.name.value.as_str();
    let carries = match &there.kind {
        WebKind::Any => true,
        WebKind::String | WebKind::Words(_) => own == "string",
        WebKind::Number => matches!(own, "integer" | "number"),
        WebKind::Boolean => own == "boolean",
        WebKind::List => own == "array",
        WebKind::Object => own == "object",
    };
    if !carries {
        let message =
            format!("`{}` is `{}` in the web application, which no `{own}` can hold", field.value, there.types());
        return Some(Diagnostic::error(Code::WebField, types.span, message).also(there.name.span, "here"));
    }
    let (WebKind::Words(words), Some(variants)) = (&there.kind, &schema.variants) else { return None };
    variants.value.iter().find_map(|variant| {
        let word = variant.value.as_ref().filter(|word| !words.contains(word))?;
        let message = format!("`{}` is never `{word}` in the web application", field.value);
        let problem = Diagnostic::error(Code::WebField, variant.span, message).also(there.name.span, "here");
        Some(problem.maybe_help(did_you_mean(word, words.iter().map(String::as_str))))
    })
}

fn optional(field: &Text, there: &WebField) -> Diagnostic {
    let may = match (there.is_optional, there.is_nullable) {
        (true, true) => "leave it out or set it to null",
        (true, false) => "leave it out",
        _ => "set it to null",
    };
    let message = format!("`{}` is required, but the web application may {may}", field.value);
    Diagnostic::error(Code::WebOptional, field.span, message)
        .also(there.name.span, "here")
        .help("take it out of `required`; with a `default`, tools still get a value")
}
