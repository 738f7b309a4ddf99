//! Objects with known properties: which must be there, and what stands for those that are left out.

use super::instance;
use super::names::{self, Namespace};
use super::schemas::{Place, Schemas};
use super::text;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::ir::{Presence, Property, Schema, Struct};
use crate::raw;
use crate::yaml::{Node, Value};

impl Schemas<'_, '_> {
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
                let message = format!("`required` names `{}`, but `properties` has no such key", name.value);
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
