//! `#[derive(Record)]`: the row of a table and the patch of such a row.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DataStruct, DeriveInput, Field, Ident, LitStr, Type, Visibility};

use super::attribute::{self, Argument};
use super::default::Default;
use super::errors::Errors;
use super::fields;
use super::keywords::Keywords;
use super::kind;

/// The property that names a row. It is set once, by an insert.
const ID: &str = "id";

/// The table's names, as the `record` attribute of the struct gives them.
#[derive(Default)]
struct TableNames {
    app: Option<LitStr>,
    table: Option<LitStr>,
    sync_name: Option<LitStr>,
    noun: Option<LitStr>,
}

/// A field as the expansion needs it.
struct RecordField<'a> {
    ident: &'a Ident,
    name: LitStr,
    ty: &'a Type,
    vis: &'a Visibility,
    encrypted: bool,
    optional: bool,
    default: Option<TokenStream>,
}

pub(super) fn expand(item: &DeriveInput, data: &DataStruct, errors: &mut Errors) -> TokenStream {
    let names = TableNames::read(item, errors);
    let named = fields::named(&item.ident, data, "Record", errors);
    let fields: Vec<_> = named.into_iter().map(|(ident, field)| RecordField::read(ident, field, errors)).collect();
    fields::refuse_duplicates(fields.iter().map(|field| &field.name), errors);
    check_id(item, &fields, errors);
    let patch = format_ident!("{}Patch", item.ident);
    // The patch is there in any case: code that names it is not at fault.
    let mut tokens = patch_struct(item, &patch, &fields);
    if errors.is_empty() {
        tokens.extend(record_implementation(&item.ident, &patch, &names, &fields));
        tokens.extend(patch_implementation(&patch, &fields));
    } else {
        tokens.extend(stubs(item, &patch));
    }
    tokens
}

fn check_id(item: &DeriveInput, fields: &[RecordField<'_>], errors: &mut Errors) {
    match fields.iter().find(|field| field.is_id()) {
        None => errors.push(&item.ident, "a record has a field `id`"),
        Some(id) if id.encrypted || id.optional => {
            errors.push(&id.name, "the field `id` is always there, and always in plain text");
        }
        Some(_) => {}
    }
}

fn record_implementation(ident: &Ident, patch: &Ident, names: &TableNames, fields: &[RecordField<'_>]) -> TokenStream {
    let TableNames { app, table, sync_name, noun } = names;
    let locals: Vec<_> = (0..fields.len()).map(|index| format_ident!("field{index}")).collect();
    let specs = fields.iter().map(RecordField::spec);
    let reads = fields.iter().map(RecordField::read_expression);
    let copies = fields.iter().map(RecordField::copy);
    let idents = fields.iter().map(|field| field.ident);
    let writes = fields.iter().map(|field| if field.optional { field.write_if_there() } else { field.write() });
    quote! {
        #[automatically_derived]
        impl ::mana_mcp_runtime::rows::Record for #ident {
            const TABLE: ::mana_mcp_runtime::rows::TableSpec = ::mana_mcp_runtime::rows::TableSpec {
                app: #app,
                table: #table,
                sync_name: #sync_name,
                noun: #noun,
                fields: &[#(#specs),*],
            };
            type Patch = #patch;
            fn open(reader: &mut ::mana_mcp_runtime::rows::RowReader<'_>) -> ::core::option::Option<Self> {
                #(let #locals = #reads;)*
                ::core::option::Option::Some(Self { #(#idents: #locals?),* })
            }
            fn write(writer: &mut ::mana_mcp_runtime::rows::RowWriter<'_, '_>) {
                #(#copies)*
            }
            fn seal(
                &self,
                writer: &mut ::mana_mcp_runtime::rows::FieldWriter<'_>,
            ) -> ::core::result::Result<(), ::mana_mcp_runtime::data::SealError> {
                #(#writes)*
                ::core::result::Result::Ok(())
            }
        }
    }
}

fn patch_struct(item: &DeriveInput, patch: &Ident, fields: &[RecordField<'_>]) -> TokenStream {
    let vis = &item.vis;
    let doc = format!("Changes of a [`{}`]: the fields that are given are written, the others left alone.", item.ident);
    let patched = fields.iter().filter(|field| !field.is_id()).map(|field| {
        let RecordField { ident, ty, vis, .. } = field;
        let doc = format!("The new `{}`.", field.name.value());
        let ty = if field.optional { quote!(#ty) } else { quote!(::core::option::Option<#ty>) };
        quote! {
            #[doc = #doc]
            #vis #ident: #ty
        }
    });
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::default::Default)]
        #vis struct #patch { #(#patched),* }
    }
}

fn patch_implementation(patch: &Ident, fields: &[RecordField<'_>]) -> TokenStream {
    let writes = fields.iter().filter(|field| !field.is_id()).map(RecordField::write_if_there);
    let sealed = fields.iter().filter(|field| field.encrypted).map(|field| field.ident);
    quote! {
        #[automatically_derived]
        impl ::mana_mcp_runtime::rows::Patch for #patch {
            fn is_sealed(&self) -> bool {
                false #(|| self.#sealed.is_some())*
            }
            fn seal(
                &self,
                writer: &mut ::mana_mcp_runtime::rows::FieldWriter<'_>,
            ) -> ::core::result::Result<(), ::mana_mcp_runtime::data::SealError> {
                #(#writes)*
                ::core::result::Result::Ok(())
            }
        }
    }
}

/// Implementations that stand in for those that could not be made.
fn stubs(item: &DeriveInput, patch: &Ident) -> TokenStream {
    let ident = &item.ident;
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    let seal = quote! {
        fn seal(
            &self,
            _: &mut ::mana_mcp_runtime::rows::FieldWriter<'_>,
        ) -> ::core::result::Result<(), ::mana_mcp_runtime::data::SealError> {
            ::core::result::Result::Ok(())
        }
    };
    quote! {
        #[automatically_derived]
        impl #generics ::mana_mcp_runtime::rows::Record for #ident #arguments #bounds {
            const TABLE: ::mana_mcp_runtime::rows::TableSpec =
                ::mana_mcp_runtime::rows::TableSpec { app: "", table: "", sync_name: "", noun: "", fields: &[] };
            type Patch = #patch;
            fn open(_: &mut ::mana_mcp_runtime::rows::RowReader<'_>) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
            fn write(_: &mut ::mana_mcp_runtime::rows::RowWriter<'_, '_>) {}
            #seal
        }
        #[automatically_derived]
        impl ::mana_mcp_runtime::rows::Patch for #patch {
            fn is_sealed(&self) -> bool {
                false
            }
            #seal
        }
    }
}

impl TableNames {
    fn read(item: &DeriveInput, errors: &mut Errors) -> Self {
        let mut names = Self::default();
        let mut given = Vec::new();
        for argument in attribute::arguments(&item.attrs, "record", errors) {
            let key = argument.key.to_string();
            let name = match key.as_str() {
                "app" => &mut names.app,
                "table" => &mut names.table,
                "sync_name" => &mut names.sync_name,
                "noun" => &mut names.noun,
                _ => {
                    argument.unknown(&["app", "table", "sync_name", "noun"], errors);
                    continue;
                }
            };
            *name = argument.string(errors);
            given.push(key);
        }
        for wanted in ["app", "table", "sync_name", "noun"] {
            if !given.iter().any(|given| given == wanted) {
                errors.push(&item.ident, format!("the record needs `#[record({wanted} = \"…\")]`"));
            }
        }
        names
    }
}

impl<'a> RecordField<'a> {
    fn read(ident: &'a Ident, field: &'a Field, errors: &mut Errors) -> Self {
        let (mut name, mut optional, mut encrypted, mut default) = (None, None, false, None);
        for argument in attribute::arguments(&field.attrs, "record", errors) {
            match argument.key.to_string().as_str() {
                "name" => name = argument.string(errors),
                "encrypted" => encrypted = argument.flag(errors),
                "optional" => {
                    argument.flag(errors);
                    optional = Some(argument);
                }
                "default" => default = read_default(&argument, &field.ty, errors),
                _ => argument.unknown(&["name", "encrypted", "optional", "default"], errors),
            }
        }
        fields::check_optional(optional.as_ref(), &field.ty, errors);
        let name = fields::wire_name(ident, name);
        Self { ident, name, ty: &field.ty, vis: &field.vis, encrypted, optional: optional.is_some(), default }
    }

    fn is_id(&self) -> bool {
        self.name.value() == ID
    }

    fn spec(&self) -> TokenStream {
        let Self { name, encrypted, .. } = self;
        // What may be null may be absent too.
        let required = !self.optional && self.default.is_none() && kind::option(self.ty).is_none();
        let default = match &self.default {
            Some(default) => quote!(::core::option::Option::Some(#default)),
            None => quote!(::core::option::Option::None),
        };
        quote! {
            ::mana_mcp_runtime::rows::FieldSpec {
                name: #name,
                encrypted: #encrypted,
                required: #required,
                default: #default,
            }
        }
    }

    /// An expression of type `Option<the field's type>`.
    fn read_expression(&self) -> TokenStream {
        let (Self { name, default, .. }, method) = (self, self.reading());
        let default = default.iter();
        quote!(reader.#method(#name #(, #default)*))
    }

    /// Writes the field into an answer. Its key stands there twice: as JSON, and as JSON within a string.
    fn copy(&self) -> TokenStream {
        let (Self { name, default, .. }, method) = (self, self.reading());
        let default = default.iter();
        let key = serde_json::Value::from(name.value()).to_string();
        let escaped = serde_json::Value::from(key.as_str()).to_string();
        let text = format!("{key}:");
        let literal = format!("{}:", escaped.get(1..escaped.len() - 1).unwrap_or_default());
        quote! {
            writer.#method(::mana_mcp_runtime::rows::Member {
                name: #name,
                key: ::mana_mcp_runtime::encode::Piece { text: #text, literal: #literal },
            } #(, #default)*);
        }
    }

    /// The method that reads the field, and the type of what it reads.
    fn reading(&self) -> TokenStream {
        let ty = self.ty;
        let inner = kind::option(ty);
        match (self.encrypted, self.optional, &self.default) {
            (false, false, None) => quote!(plain::<#ty>),
            (true, false, None) => quote!(encrypted::<#ty>),
            (false, false, Some(_)) => quote!(plain_or::<#ty>),
            (true, false, Some(_)) => quote!(encrypted_or::<#ty>),
            (false, true, _) => quote!(plain_optional::<#inner>),
            (true, true, _) => quote!(encrypted_optional::<#inner>),
        }
    }

    fn method(&self) -> Ident {
        if self.encrypted { format_ident!("encrypted") } else { format_ident!("plain") }
    }

    fn write(&self) -> TokenStream {
        let (Self { ident, name, .. }, method) = (self, self.method());
        quote!(writer.#method(#name, &self.#ident)?;)
    }

    fn write_if_there(&self) -> TokenStream {
        let (Self { ident, name, .. }, method) = (self, self.method());
        quote! {
            if let ::core::option::Option::Some(value) = &self.#ident {
                writer.#method(#name, value)?;
            }
        }
    }
}

/// What readers take where the field is absent, as an expression of type `FieldDefault`.
fn read_default(argument: &Argument, ty: &Type, errors: &mut Errors) -> Option<TokenStream> {
    let variant = quote!(::mana_mcp_runtime::rows::FieldDefault);
    match Default::read(argument, ty, &Keywords::default(), errors)? {
        Default::Boolean(value) => Some(quote!(#variant::Bool(#value))),
        Default::String(text) => Some(quote!(#variant::Text(#text))),
        Default::Integer(value) if i32::try_from(value).is_ok() => {
            let value = proc_macro2::Literal::i64_unsuffixed(value);
            Some(quote!(#variant::Integer(#value)))
        }
        Default::Integer(_) | Default::Float(_) | Default::Null | Default::EmptyArray => {
            errors.push(&argument.key, "a record's default is a string, a boolean or a whole number of 32 bits");
            None
        }
    }
}
