//! `#[derive(Input)]` for structs.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DataStruct, DeriveInput, Field, Ident, LitStr, Type};

use super::attribute;
use super::default::Default;
use super::errors::Errors;
use super::fields;
use super::keywords::{KEYWORDS, Keywords};
use super::kind;

/// A field as the expansion needs it.
struct InputField<'a> {
    ident: &'a Ident,
    name: LitStr,
    ty: &'a Type,
    presence: Presence,
    keywords: Keywords,
}

enum Presence {
    Required,
    Optional,
    Defaulted(Default),
}

pub(super) fn expand(item: &DeriveInput, data: &DataStruct, errors: &mut Errors) -> TokenStream {
    for argument in attribute::arguments(&item.attrs, "input", errors) {
        argument.unknown(&[], errors);
    }
    let named = fields::named(&item.ident, data, "Input", errors);
    let fields: Vec<_> = named.into_iter().map(|(ident, field)| InputField::read(ident, field, errors)).collect();
    fields::refuse_duplicates(fields.iter().map(|field| &field.name), errors);
    if errors.is_empty() { implementation(&item.ident, &fields) } else { stub(item) }
}

/// An implementation that stands in for one that could not be made.
pub(super) fn stub(item: &DeriveInput) -> TokenStream {
    let ident = &item.ident;
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #generics ::mana_mcp_runtime::decode::Decode for #ident #arguments #bounds {
            fn expected() -> ::std::string::String {
                ::std::string::String::new()
            }
            fn decode(
                _: &::mana_mcp_runtime::decode::Value,
                _: &::mana_mcp_runtime::decode::Rules,
                _: &mut ::mana_mcp_runtime::decode::Decoder,
            ) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
        }
    }
}

fn implementation(ident: &Ident, fields: &[InputField<'_>]) -> TokenStream {
    let locals: Vec<_> = (0..fields.len()).map(|index| format_ident!("field{index}")).collect();
    let reads = fields.iter().map(InputField::read_expression);
    let idents = fields.iter().map(|field| field.ident);
    let names = fields.iter().map(|field| &field.name);
    let into_value = into_value(ident, fields);
    quote! {
        #[automatically_derived]
        impl ::mana_mcp_runtime::decode::Decode for #ident {
            fn expected() -> ::std::string::String {
                ::std::string::String::from("an object")
            }
            fn decode(
                value: &::mana_mcp_runtime::decode::Value,
                _: &::mana_mcp_runtime::decode::Rules,
                at: &mut ::mana_mcp_runtime::decode::Decoder,
            ) -> ::core::option::Option<Self> {
                at.object(value)
            }
            fn decode_object(
                object: &::mana_mcp_runtime::decode::JsonObject,
                at: &mut ::mana_mcp_runtime::decode::Decoder,
            ) -> ::core::option::Option<Self> {
                #(let #locals = #reads;)*
                at.refuse_unknown(object, &[#(#names),*]);
                ::core::option::Option::Some(Self { #(#idents: #locals?),* })
            }
        }
        #into_value
    }
}

/// The object of all fields, as expressions see it.
fn into_value(ident: &Ident, fields: &[InputField<'_>]) -> TokenStream {
    if fields.is_empty() {
        return quote! {
            #[automatically_derived]
            impl ::mana_mcp_runtime::decode::IntoValue for #ident {
                fn into_value(self) -> ::mana_mcp_runtime::values::Value {
                    ::mana_mcp_runtime::values::Value::empty_object()
                }
            }
        };
    }
    let idents = fields.iter().map(|field| field.ident);
    let names = fields.iter().map(|field| &field.name);
    quote! {
        #[automatically_derived]
        impl ::mana_mcp_runtime::decode::IntoValue for #ident {
            fn into_value(self) -> ::mana_mcp_runtime::values::Value {
                ::mana_mcp_runtime::values::Value::object([
                    #((#names, ::mana_mcp_runtime::decode::IntoValue::into_value(self.#idents)),)*
                ])
            }
        }
    }
}

impl<'a> InputField<'a> {
    fn read(ident: &'a Ident, field: &'a Field, errors: &mut Errors) -> Self {
        let ty = &field.ty;
        let arguments = attribute::arguments(&field.attrs, "input", errors);
        let (keywords, rest) = Keywords::read(arguments, ty, errors);
        let (mut name, mut optional, mut default) = (None, None, None);
        for argument in rest {
            match argument.key.to_string().as_str() {
                "name" => name = argument.string(errors),
                "optional" => {
                    argument.flag(errors);
                    optional = Some(argument);
                }
                "default" => default = Default::read(&argument, ty, &keywords, errors),
                _ => argument.unknown(&[&["name", "optional", "default"], KEYWORDS].concat(), errors),
            }
        }
        fields::check_optional(optional.as_ref(), ty, errors);
        let presence = match (optional, default) {
            (Some(optional), Some(_)) => {
                errors.push(&optional.key, "a field with a `default` is never absent, and so not `optional`");
                Presence::Optional
            }
            (Some(_), None) => Presence::Optional,
            (None, Some(default)) => Presence::Defaulted(default),
            (None, None) => Presence::Required,
        };
        Self { ident, name: fields::wire_name(ident, name), ty, presence, keywords }
    }

    /// An expression of type `Option<the field's type>`.
    fn read_expression(&self) -> TokenStream {
        let Self { name, ty, keywords, .. } = self;
        let rules = keywords.to_rules();
        match &self.presence {
            Presence::Required => quote!(at.required::<#ty>(object, #name, #rules)),
            Presence::Optional => {
                let inner = kind::option(ty);
                quote!(at.optional::<#inner>(object, #name, #rules))
            }
            Presence::Defaulted(default) => {
                let default = default.to_value();
                quote!(at.defaulted::<#ty>(object, #name, #rules, || #default))
            }
        }
    }
}
