//! JSON Schema, the subset that a catalog takes, and what it becomes.
//!
//! | keyword | of |
//! |---|---|
//! | `type` | one of `string`, `integer`, `number`, `boolean`, `array`, `object`; `[T, 'null']` lets null in |
//! | `title`, `description` | everything |
//! | `enum` | strings; `null` stands among them exactly where the type lets it in |
//! | `minLength`, `maxLength`, `pattern` | strings; lengths count Unicode code points |
//! | `format` | strings: `id`, `uuid`, `date`, `date-time` or `date-or-time`; nothing else beside it |
//! | `minimum`, `maximum` | integers and numbers; an integer without them is within ±9007199254740991 |
//! | `items`, `minItems`, `maxItems`, `uniqueItems` | arrays; `items` must be there |
//! | `properties`, `required` | objects; without `properties`, an object takes any |
//! | `additionalProperties` | objects with any keys, outside of inputs |
//! | `default` | properties of an input (null, a boolean, a number, a string or `[]`) and of a record (no null, no `[]`) |
//! | `$ref` | `#/types/X`, or `#/tables/x` in an output; beside it stand only `title`, `description`, `default`, `only` |
//!
//! Any other keyword is an error. `record`, `input` and `output` are objects; their `type` is left out.

use super::names;
use super::schemas::{Place, Schemas};
use super::text;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::ir::{Kind, Schema, TypeName};
use crate::raw;
use crate::source::Span;

/// A schema with its references written out holds at most this many schemas …
const MAX_NODES: usize = 1000;
/// … nested at most this deep.
const MAX_DEPTH: usize = 24;

impl Schemas<'_, '_> {
    /// The schema, where everything in it is in order. `owner` names the Rust type that it may need.
    pub(super) fn schema(&mut self, raw: &raw::Schema, owner: &str, place: Place) -> Option<Schema> {
        if raw.unreadable {
            return None;
        }
        if self.depth >= MAX_DEPTH {
            return self.too_large(raw.at);
        }
        self.depth += 1;
        let schema = if raw.reference.is_some() { self.reference(raw, place) } else { self.typed(raw, owner, place) };
        self.depth -= 1;
        let schema = schema?;
        if schema.size.nodes > MAX_NODES || schema.size.depth > MAX_DEPTH {
            return self.too_large(raw.at);
        }
        Some(schema)
    }

    fn too_large<T>(&mut self, at: Span) -> Option<T> {
        let message = format!(
            "with its references written out, this is more than {MAX_NODES} schemas, or more than {MAX_DEPTH} levels"
        );
        self.report(Diagnostic::error(Code::SchemaTooLarge, at, message));
        None
    }

    fn typed(&mut self, raw: &raw::Schema, owner: &str, place: Place) -> Option<Schema> {
        let Some(types) = &raw.types else {
            let help = raw.properties.as_ref().map(|_| "write `type: object`".to_owned());
            self.report(Diagnostic::error(Code::MissingKey, raw.at, "a schema has no `type`").maybe_help(help));
            return None;
        };
        let name = &types.value.name;
        let allowed: &[&str] = match name.value.as_str() {
            "string" if raw.variants.is_some() => &["enum"],
            "string" if raw.format.is_some() => &["format"],
            "string" => &["minLength", "maxLength", "pattern"],
            "integer" | "number" => &["minimum", "maximum"],
            "boolean" => &[],
            "array" => &["items", "minItems", "maxItems", "uniqueItems"],
            "object" => &["properties", "required", "additionalProperties"],
            other => {
                let known = ["string", "integer", "number", "boolean", "array", "object"];
                let message = format!("there is no type `{other}`");
                let help = did_you_mean(other, known);
                self.report(Diagnostic::error(Code::UnknownWord, name.span, message).maybe_help(help));
                return None;
            }
        };
        self.misplaced(raw, allowed, &name.value);
        let kind = match name.value.as_str() {
            "string" => self.string(raw, owner, types.value.nullable)?,
            "integer" => self.integer(raw),
            "number" => self.number(raw),
            "boolean" => Kind::Boolean,
            "array" => self.array(raw, owner, place)?,
            _ if raw.additional.is_some() => self.map(raw, owner, place)?,
            _ if raw.properties.is_none() => self.free_object(raw),
            _ => Kind::Struct(self.structure(raw, owner, place)?),
        };
        let mut schema = Schema::new(kind, types.value.nullable);
        schema.sealed = raw.sealed.as_ref().is_some_and(|sealed| sealed.value);
        self.describe(raw, &mut schema);
        Some(schema)
    }

    /// Takes over `title` and `description`.
    pub(super) fn describe(&mut self, raw: &raw::Schema, schema: &mut Schema) {
        if let Some(title) = &raw.title {
            schema.title = text::check_line("a title", title, text::TITLE, self.diagnostics);
        }
        if let Some(description) = &raw.description {
            schema.description = text::check("a description", description, text::DESCRIPTION, self.diagnostics);
        }
    }

    /// Reports keywords that say nothing about values of this type.
    pub(super) fn misplaced(&mut self, raw: &raw::Schema, allowed: &[&str], what: &str) {
        for (keyword, span) in keywords(raw) {
            if !allowed.contains(&keyword) {
                let message = match what {
                    "string" if allowed == ["format"] => format!("`{keyword}` cannot stand beside `format`"),
                    "string" if allowed == ["enum"] => format!("`{keyword}` cannot stand beside `enum`"),
                    "$ref" => format!("`{keyword}` cannot stand beside `$ref`"),
                    _ => format!("`{keyword}` says nothing about values of type {what}"),
                };
                self.report(Diagnostic::error(Code::MisplacedKeyword, span, message));
            }
        }
    }

    /// Takes a name for a Rust type of the module.
    pub(super) fn name(&mut self, owner: &str, span: Span) -> Option<TypeName> {
        let name = names::type_name(owner, span, self.diagnostics)?;
        self.names.take(owner, owner, span, self.diagnostics).then_some(name)
    }

    fn array(&mut self, raw: &raw::Schema, owner: &str, place: Place) -> Option<Kind> {
        let (min_items, max_items) = self.counts(raw, "minItems", "maxItems");
        let Some(items) = &raw.items else {
            self.report(Diagnostic::error(Code::MissingKey, raw.at, "an array has no `items`"));
            return None;
        };
        let items = Box::new(self.schema(&items.value, &format!("{owner}Item"), place)?);
        self.holds_no_null(raw.at, &items, place);
        self.no_default_inside(raw.items.as_ref().map(|items| items.value.as_ref()));
        let unique_items = raw.unique_items.as_ref().is_some_and(|unique| unique.value);
        Some(Kind::Array { items, min_items, max_items, unique_items })
    }

    fn map(&mut self, raw: &raw::Schema, owner: &str, place: Place) -> Option<Kind> {
        let values = raw.additional.as_ref()?;
        if let Some(properties) = &raw.properties {
            let message = "an object has `properties`, or any keys with `additionalProperties`";
            self.report(Diagnostic::error(Code::Contradiction, values.span, message).also(properties.span, "these"));
        }
        if place == Place::Input {
            let message = "an input has no keys that are not known";
            let help = "describe its `properties`, or take an array of objects";
            self.report(Diagnostic::error(Code::MisplacedKeyword, values.span, message).help(help));
        }
        let values = self.schema(&values.value, &format!("{owner}Value"), place)?;
        Some(Kind::Map(Box::new(values)))
    }

    fn no_default_inside(&mut self, items: Option<&raw::Schema>) {
        if let Some((span, _)) = items.and_then(|items| items.default.as_ref()) {
            self.report(Diagnostic::error(Code::MisplacedDefault, *span, "an item has no default"));
        }
    }

    fn free_object(&mut self, raw: &raw::Schema) -> Kind {
        if let Some(required) = raw.required.as_ref().filter(|required| !required.value.is_empty()) {
            let message = "`required` names properties that nothing describes";
            self.report(
                Diagnostic::error(Code::Contradiction, required.span, message).help("describe them in `properties`"),
            );
        }
        Kind::Object
    }
}

/// The keywords of a schema that belong to some types only, with their places.
fn keywords(raw: &raw::Schema) -> Vec<(&'static str, Span)> {
    let mut keywords: Vec<(&'static str, Span)> = raw.bounds.iter().map(|(name, bound)| (*name, bound.span)).collect();
    keywords.extend(raw.types.as_ref().filter(|_| raw.reference.is_some()).map(|types| ("type", types.span)));
    keywords.extend(raw.variants.as_ref().map(|variants| ("enum", variants.span)));
    keywords.extend(raw.properties.as_ref().map(|properties| ("properties", properties.span)));
    keywords.extend(raw.required.as_ref().map(|required| ("required", required.span)));
    keywords.extend(raw.additional.as_ref().map(|values| ("additionalProperties", values.span)));
    keywords.extend(raw.items.as_ref().map(|items| ("items", items.span)));
    keywords.extend(raw.pattern.as_ref().map(|pattern| ("pattern", pattern.span)));
    keywords.extend(raw.format.as_ref().map(|format| ("format", format.span)));
    keywords.extend(raw.unique_items.as_ref().map(|unique| ("uniqueItems", unique.span)));
    keywords
}
