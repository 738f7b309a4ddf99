//! `#[derive(Input)]` for enums: a string out of a list.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Fields, LitStr, Variant};

use super::attribute;
use super::errors::Errors;
use super::fields;
use super::input::stub;

/// Most values that a message lists.
const LISTED: usize = 20;

pub(super) fn expand(item: &DeriveInput, data: &DataEnum, errors: &mut Errors) -> TokenStream {
    for argument in attribute::arguments(&item.attrs, "input", errors) {
        argument.unknown(&[], errors);
    }
    if data.variants.is_empty() {
        errors.push(&item.ident, "an enum without variants has no values");
    }
    let values: Vec<_> = data.variants.iter().filter_map(|variant| value(variant, errors)).collect();
    fields::refuse_duplicates(values.iter(), errors);
    if !errors.is_empty() {
        return stub(item);
    }
    let ident = &item.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let expected = expected(&values);
    quote! {
        #[automatically_derived]
        impl ::mana_mcp_runtime::decode::Decode for #ident {
            fn expected() -> ::std::string::String {
                ::std::string::String::from(#expected)
            }
            fn decode(
                value: &::mana_mcp_runtime::decode::Value,
                _: &::mana_mcp_runtime::decode::Rules,
                at: &mut ::mana_mcp_runtime::decode::Decoder,
            ) -> ::core::option::Option<Self> {
                match value.as_str() {
                    #(::core::option::Option::Some(#values) => ::core::option::Option::Some(Self::#variants),)*
                    _ => at.mismatch(value),
                }
            }
            fn of_stored(value: ::mana_mcp_runtime::decode::Scalar<'_>) -> ::core::option::Option<Self> {
                match value.as_str() {
                    #(::core::option::Option::Some(#values) => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }
        #[automatically_derived]
        impl ::mana_mcp_runtime::decode::IntoValue for #ident {
            fn into_value(self) -> ::mana_mcp_runtime::values::Value {
                ::mana_mcp_runtime::values::Value::from_static(match self {
                    #(Self::#variants => #values,)*
                })
            }
        }
    }
}

/// The wire value of a variant.
fn value(variant: &Variant, errors: &mut Errors) -> Option<LitStr> {
    if !matches!(variant.fields, Fields::Unit) {
        errors.push(&variant.fields, "a variant that stands for a string has no data");
    }
    let mut value = None;
    let mut given = false;
    for argument in attribute::arguments(&variant.attrs, "input", errors) {
        match argument.key.to_string().as_str() {
            "value" => {
                given = true;
                value = argument.string(errors);
            }
            _ => argument.unknown(&["value"], errors),
        }
    }
    if !given {
        errors.push(&variant.ident, "the variant needs its value: `#[input(value = \"…\")]`");
    }
    value
}

fn expected(values: &[LitStr]) -> String {
    let listed: Vec<_> = values.iter().take(LISTED).map(|value| format!("{:?}", value.value())).collect();
    let more = if values.len() > LISTED { ", …" } else { "" };
    match listed.as_slice() {
        [only] => only.clone(),
        several => format!("one of {}{more}", several.join(", ")),
    }
}
