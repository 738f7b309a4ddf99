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

use std::collections::BTreeMap;

use super::instance;
use super::names::{self, Namespace, RESERVED_TYPES};
use super::refs::TypeState;
use super::tables::Tables;
use super::text;
use crate::diagnostics::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::ir::{Kind, Presence, Property, Schema, Struct, Table, TypeName};
use crate::raw;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// A schema with its references written out holds at most this many schemas …
const MAX_NODES: usize = 1000;
/// … nested at most this deep.
pub(super) const MAX_DEPTH: usize = 24;

/// What a schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Type,
    Record,
    Input,
    Output,
}

/// Makes the schemas of one module.
pub(super) struct Schemas<'a, 'd> {
    pub(super) module: &'a raw::Module,
    pub(super) types: BTreeMap<&'a str, TypeState>,
    /// The tables of the module, once they are made.
    pub(super) tables: Vec<Table>,
    /// The tables of all modules, once these are made.
    pub(super) all: Option<&'a Tables>,
    /// The name of the module.
    pub(super) name: &'a str,
    /// The Rust types of the module.
    pub(super) names: Namespace,
    pub(super) diagnostics: &'d mut Diagnostics,
    /// How many schemas are open, to bound chains of references.
    pub(super) depth: usize,
}

impl<'a, 'd> Schemas<'a, 'd> {
    /// Of a module of which nothing is made yet.
    pub(super) fn new(module: &'a raw::Module, diagnostics: &'d mut Diagnostics) -> Self {
        let names = Namespace::with_reserved(RESERVED_TYPES);
        let name = module.name.as_ref().map_or("", |name| name.value.as_str());
        Self { module, types: BTreeMap::new(), tables: Vec::new(), all: None, name, names, diagnostics, depth: 0 }
    }
}

impl Schemas<'_, '_> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

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

    /// The struct of an object; the properties that were reported are named apart: what uses the others is checked all
    /// the same.
    pub(super) fn structure(&mut self, raw: &raw::Schema, owner: &str, place: Place) -> Option<Struct> {
        let name = self.name(owner, raw.at);
        let mut taken = Namespace::default();
        let (mut properties, mut reported) = (Vec::new(), Vec::new());
        let written = raw.properties.as_ref().map_or(&[][..], |properties| properties.value.as_slice());
        for (key, schema) in written {
            match self.property(key, schema, raw, owner, place) {
                Some(property) if taken.take(property.ident.as_str(), &key.value, key.span, self.diagnostics) => {
                    properties.push(property);
                }
                _ => reported.push(key.value.clone()),
            }
        }
        self.required_is_known(raw);
        Some(Struct { properties, reported, ..Struct::new(name?) })
    }

    fn required_is_known(&mut self, raw: &raw::Schema) {
        let Some(required) = &raw.required else { return };
        let properties = raw.properties.as_ref().map_or(&[][..], |properties| properties.value.as_slice());
        for (index, name) in required.value.iter().enumerate() {
            if !properties.iter().any(|(key, _)| key.value == name.value) {
                let help = did_you_mean(&name.value, properties.iter().map(|(key, _)| key.value.as_str()));
                let message = format!("`required` names `{}`, which `properties` has not", name.value);
                self.report(Diagnostic::error(Code::UnknownField, name.span, message).maybe_help(help));
            }
            if required.value.iter().take(index).any(|before| before.value == name.value) {
                let message = format!("`required` names `{}` twice", name.value);
                self.report(Diagnostic::error(Code::Contradiction, name.span, message));
            }
        }
    }

    fn property(
        &mut self,
        key: &raw::Text,
        raw: &raw::Schema,
        object: &raw::Schema,
        owner: &str,
        place: Place,
    ) -> Option<Property> {
        let ident = names::field_ident(key, self.diagnostics);
        let schema = self.schema(raw, &format!("{owner}{}", names::pascal(&key.value)), place);
        let required =
            object.required.as_ref().and_then(|names| names.value.iter().find(|name| name.value == key.value));
        let presence = match (&raw.default, required) {
            (Some((at, _)), _) if !self.takes_defaults(place) => {
                let message = "only the properties of an input or of a record have defaults";
                self.report(Diagnostic::error(Code::MisplacedDefault, *at, message));
                Presence::Optional
            }
            (Some((at, _)), Some(required)) => {
                let message = match place {
                    Place::Record => "a field with a default may be absent: it is not required",
                    _ => "a property with a default is not required",
                };
                self.report(
                    Diagnostic::error(Code::MisplacedDefault, *at, message).also(required.span, "required here"),
                );
                Presence::Required
            }
            // Whatever is wrong with a default, there is one.
            (Some((_, node)), None) => {
                if place == Place::Record {
                    self.reads_default(node, schema.as_ref());
                }
                Presence::Default(self.default(node, schema.as_ref()).unwrap_or(serde_json::Value::Null))
            }
            (None, Some(_)) => Presence::Required,
            (None, None) => Presence::Optional,
        };
        let schema = schema?;
        self.takes_no_null(key, &schema, &presence, place);
        if schema.description.is_none() && !raw.has_description {
            let what = format!("the property `{}`", key.value);
            text::missing(&what, key.span, self.diagnostics);
        }
        Some(Property { name: key.value.clone(), ident: ident?, schema, presence })
    }

    /// Whether a property has a default here: in an input at any depth, in a record at its top.
    fn takes_defaults(&self, place: Place) -> bool {
        place == Place::Input || place == Place::Record && self.depth == 0
    }

    /// A field's default stands for null too, so it is not null, and its field has no null of its own.
    fn reads_default(&mut self, node: &Node, schema: Option<&Schema>) {
        let message = match (&node.value, schema) {
            (Value::Null, _) => "a reader takes a missing field as null by itself: leave the default out",
            (Value::Sequence(_), _) => "the default of a field is a boolean, a number or a string",
            (_, Some(schema)) if schema.nullable => {
                "a field with a default is never null to a reader: take `null` from its type"
            }
            _ => return,
        };
        self.report(Diagnostic::error(Code::BadDefault, node.span, message));
    }

    fn default(&mut self, node: &Node, schema: Option<&Schema>) -> Option<serde_json::Value> {
        let simple = match &node.value {
            Value::Sequence(items) => items.is_empty(),
            Value::Mapping(_) => false,
            Value::Broken => return None,
            _ => true,
        };
        if !simple {
            let message = "a default is null, a boolean, a number, a string or `[]`";
            self.report(Diagnostic::error(Code::BadDefault, node.span, message));
            return None;
        }
        if let Value::String(text) = &node.value
            && text.contains("${")
        {
            let message = "a default is written out: there are no expressions in a schema";
            let help = "leave it out, and write `coalesce(input.x, …)` in the action";
            self.report(Diagnostic::error(Code::BadDefault, node.span, message).help(help));
            return None;
        }
        instance::check(node, schema?, instance::Extent::Whole, Code::BadDefault, self.diagnostics);
        Some(node.to_json())
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
