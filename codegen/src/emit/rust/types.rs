//! Structs and enums of a module, with the attributes that the derives read.

use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::Value as Json;

use super::layout::{self, Layout};
use crate::ir::{Enum, Kind, Module, Presence, Property, RustIdent, Schema, StringRules, Struct, Tool, Type};

/// What a type is used for, which decides what is derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Read from arguments.
    Input,
    /// Written to results.
    Output,
    /// Read and written: a type of the module, or a part of a row.
    Both,
}

/// Types whose values are never shown, so that they are not [`Debug`].
pub(super) struct Secrets {
    names: BTreeSet<String>,
}

impl Secrets {
    /// What is kept encrypted, what flows there, and what holds it.
    pub(super) fn of(module: &Module) -> Self {
        let mut secrets = Self { names: BTreeSet::new() };
        for table in &module.tables {
            for field in table.row.properties.iter().filter(|field| table.is_encrypted(&field.name)) {
                secrets.add(&field.schema);
                secrets.names.insert(table.row.name.to_string());
            }
        }
        for tool in &module.tools {
            for input in tool.input.properties.iter().filter(|input| tool.sensitive.contains(&input.name)) {
                secrets.add(&input.schema);
                secrets.names.insert(tool.input.name.to_string());
            }
        }
        secrets
    }

    fn add(&mut self, schema: &Schema) {
        if let Type::Named(name) = schema.ty() {
            self.names.insert(name.to_string());
        }
        for child in schema.children() {
            self.add(child);
        }
    }

    fn hides(&self, one: &Struct) -> bool {
        self.names.contains(one.name.as_str()) || one.properties.iter().any(|property| self.inside(&property.schema))
    }

    fn inside(&self, schema: &Schema) -> bool {
        match &schema.kind {
            Kind::Enum(one) => self.names.contains(one.name.as_str()),
            Kind::Struct(one) => self.hides(one),
            _ => schema.children().into_iter().any(|child| self.inside(child)),
        }
    }
}

/// The Rust type that a schema defines, and those that stand in it.
pub(super) fn definition(schema: &Schema, used: Use, secrets: &Secrets, layout: &mut Layout) {
    let doc = layout::doc(schema.description.as_deref().unwrap_or("A part of another type."));
    match &schema.kind {
        Kind::Enum(one) => layout.item(enumeration(one, &doc, secrets)),
        Kind::Struct(one) => {
            let fields = one.properties.iter().map(|property| match used {
                Use::Input => field(property, Some("input"), false, &[]),
                Use::Output => field(property, None, true, &[]),
                Use::Both => field(property, Some("input"), true, &[]),
            });
            let derives = match used {
                Use::Input => quote! { Input },
                Use::Output => quote! { Serialize },
                Use::Both => quote! { Input, Serialize },
            };
            structure(one, doc, derives, TokenStream::new(), fields.collect(), secrets, layout);
            inner(one, used, secrets, layout);
        }
        Kind::Array { items, .. } if !items.referenced => definition(items, used, secrets, layout),
        _ => {}
    }
    if let Kind::Enum(one) = &schema.kind {
        layout.item(as_str(one));
    }
}

/// The types that are written out within a struct.
fn inner(one: &Struct, used: Use, secrets: &Secrets, layout: &mut Layout) {
    for property in one.properties.iter().filter(|property| !property.schema.referenced) {
        definition(&property.schema, used, secrets, layout);
    }
}

/// The arguments of a tool.
pub(super) fn input(tool: &Tool, secrets: &Secrets, layout: &mut Layout) {
    let doc = layout::doc(&format!("What `{}` takes.", tool.name));
    let fields = tool.input.properties.iter().map(|property| {
        let sensitive = tool.sensitive.contains(&property.name);
        let extra = if sensitive { vec![quote! { sensitive }] } else { Vec::new() };
        field(property, Some("input"), false, &extra)
    });
    structure(&tool.input, doc, quote! { Input }, TokenStream::new(), fields.collect(), secrets, layout);
    inner(&tool.input, Use::Input, secrets, layout);
}

/// The result of a tool.
pub(super) fn output(tool: &Tool, secrets: &Secrets, layout: &mut Layout) {
    let doc = layout::doc(&format!("What `{}` returns.", tool.name));
    let fields = tool.output.properties.iter().map(|property| field(property, None, true, &[]));
    structure(&tool.output, doc, quote! { Serialize }, TokenStream::new(), fields.collect(), secrets, layout);
    inner(&tool.output, Use::Output, secrets, layout);
}

fn structure(
    one: &Struct,
    doc: TokenStream,
    derives: TokenStream,
    attribute: TokenStream,
    fields: Vec<TokenStream>,
    secrets: &Secrets,
    layout: &mut Layout,
) {
    let name = &one.name;
    let debug = (!secrets.hides(one)).then(|| quote! { Debug, });
    layout.item(quote! {
        #doc
        #[derive(#debug Clone, #derives)]
        #attribute
        pub struct #name {
            #(#fields,)*
        }
    });
}

fn enumeration(one: &Enum, doc: &TokenStream, secrets: &Secrets) -> TokenStream {
    let name = &one.name;
    let debug = (!secrets.names.contains(name.as_str())).then(|| quote! { Debug, });
    let variants = one.variants.iter().map(|variant| {
        let (ident, value) = (&variant.ident, &variant.value);
        let doc = layout::doc(&format!("`{value}`"));
        quote! {
            #doc
            #[input(value = #value)]
            #[serde(rename = #value)]
            #ident
        }
    });
    quote! {
        #doc
        #[derive(#debug Clone, Copy, PartialEq, Eq, Input, Serialize)]
        pub enum #name {
            #(#variants,)*
        }
    }
}

fn as_str(one: &Enum) -> TokenStream {
    let name = &one.name;
    let idents = one.variants.iter().map(|variant| &variant.ident);
    let values = one.variants.iter().map(|variant| &variant.value);
    quote! {
        impl #name {
            /// The word, as it is written.
            pub const fn as_str(self) -> &'static str {
                match self {
                    #(Self::#idents => #values,)*
                }
            }
        }
    }
}

/// A field with its documentation and attributes; `read_by` is the attribute of the derive that reads it.
fn field(property: &Property, read_by: Option<&str>, written: bool, extra: &[TokenStream]) -> TokenStream {
    let Property { name, ident, schema, presence } = property;
    let doc = layout::doc(schema.description.as_deref().unwrap_or_default());
    let renamed = (ident.as_str() != name || ident.is_raw()).then_some(name);
    let mut arguments: Vec<TokenStream> = renamed.map(|name| quote! { name = #name }).into_iter().collect();
    if read_by == Some("record") {
        arguments.extend_from_slice(extra);
    }
    if *presence == Presence::Optional {
        arguments.push(quote! { optional });
    }
    if read_by == Some("input") {
        arguments.extend_from_slice(extra);
    }
    if let (Presence::Default(default), Some(_)) = (presence, read_by) {
        let default = default_literal(default);
        arguments.push(quote! { default = #default });
    }
    if read_by == Some("input") {
        arguments.extend(rules(schema));
    }
    let read = read_by.filter(|_| !arguments.is_empty()).and_then(RustIdent::new).map(|attribute| {
        quote! { #[#attribute(#(#arguments),*)] }
    });
    let mut serde: Vec<TokenStream> = renamed.map(|name| quote! { rename = #name }).into_iter().collect();
    // Nulls are left out of what is published.
    match (*presence == Presence::Optional, schema.nullable) {
        (true, true) => serde.push(quote! { skip_serializing_if = "mana_mcp_runtime::encode::is_null" }),
        (true, false) | (false, true) => serde.push(quote! { skip_serializing_if = "Option::is_none" }),
        (false, false) => {}
    }
    let serde = (written && !serde.is_empty()).then(|| quote! { #[serde(#(#serde),*)] });
    let mut ty = rust_type(schema);
    if *presence == Presence::Optional {
        ty = quote! { Option<#ty> };
    }
    quote! { #doc #read #serde pub #ident: #ty }
}

/// The Rust type of a schema's values, null included.
fn rust_type(schema: &Schema) -> TokenStream {
    fn wrapped(ty: &Type, nullable: bool) -> TokenStream {
        let ty = match ty {
            Type::String => quote! { String },
            Type::Uuid => quote! { Uuid },
            Type::Id => quote! { Id },
            Type::Date => quote! { Date },
            Type::Timestamp => quote! { Timestamp },
            Type::Moment => quote! { Moment },
            Type::Integer => quote! { i64 },
            Type::Number => quote! { f64 },
            Type::Boolean => quote! { bool },
            Type::Object => quote! { JsonObject },
            Type::Named(name) => quote! { #name },
            Type::Array { items, nullable } => {
                let items = wrapped(items, *nullable);
                quote! { Vec<#items> }
            }
        };
        if nullable {
            quote! { Option<#ty> }
        } else {
            ty
        }
    }
    wrapped(&schema.ty(), schema.nullable)
}

fn default_literal(default: &Json) -> TokenStream {
    match default {
        Json::Bool(value) => quote! { #value },
        Json::String(value) => quote! { #value },
        Json::Array(_) => quote! { [] },
        Json::Number(number) => match number.as_i64() {
            Some(value) => integer(value),
            None => float(number.as_f64().unwrap_or_default()),
        },
        Json::Null | Json::Object(_) => quote! { null },
    }
}

/// The keywords of a schema as arguments of the `input` attribute.
fn rules(schema: &Schema) -> Vec<TokenStream> {
    let mut rules = Vec::new();
    let mut rule = |name: &str, value: Option<TokenStream>| {
        if let (Some(value), Some(name)) = (value, RustIdent::new(name)) {
            rules.push(quote! { #name = #value });
        }
    };
    let count = |count: &Option<u64>| count.map(Literal::u64_unsuffixed).map(|count| quote! { #count });
    match &schema.kind {
        Kind::String(StringRules { min_length, max_length, pattern }) => {
            rule("min_length", count(min_length));
            rule("max_length", count(max_length));
            rule("pattern", pattern.as_deref().map(text));
        }
        Kind::Integer { minimum, maximum } => {
            rule("minimum", minimum.map(integer));
            rule("maximum", maximum.map(integer));
        }
        Kind::Number { minimum, maximum } => {
            rule("minimum", minimum.map(float));
            rule("maximum", maximum.map(float));
        }
        Kind::Array { items, min_items, max_items, unique_items } => {
            rule("min_items", count(min_items));
            rule("max_items", count(max_items));
            if *unique_items {
                rules.push(quote! { unique_items });
            }
            let items = self::rules(items);
            if !items.is_empty() {
                rules.push(quote! { items(#(#items),*) });
            }
        }
        _ => {}
    }
    rules
}

/// A text as people write it: raw where that spares backslashes.
fn text(text: &str) -> TokenStream {
    let raw = text.contains('\\') && !text.contains('"');
    match format!("r\"{text}\"").parse::<Literal>() {
        Ok(literal) if raw => quote! { #literal },
        _ => quote! { #text },
    }
}

/// An integer as people write it.
pub(super) fn integer(value: i64) -> TokenStream {
    let digits = Literal::u64_unsuffixed(value.unsigned_abs());
    if value < 0 {
        quote! { -#digits }
    } else {
        quote! { #digits }
    }
}

/// A number as people write it.
pub(super) fn float(value: f64) -> TokenStream {
    let digits = Literal::f64_unsuffixed(value.abs());
    if value < 0.0 {
        quote! { -#digits }
    } else {
        quote! { #digits }
    }
}
