//! The logic of the macros: tokens in, tokens out. `macros/` only hands them on.
//!
//! Every error of an item is reported, on the smallest token that is wrong, and the item stays usable: a derive that fails
//! still gives an implementation (which never runs), so that the compiler reports the cause and not its consequences.

mod attribute;
mod choice;
mod custom_tool;
mod default;
mod errors;
mod fields;
mod input;
mod keywords;
mod kind;
mod record;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput};

use errors::Errors;

/// `#[derive(Input)]`: a type that is decoded from JSON. Structs of named fields, and enums of unit variants.
#[must_use]
pub fn input(item: TokenStream) -> TokenStream {
    derive(item, |item, errors| match &item.data {
        Data::Struct(data) => input::expand(item, data, errors),
        Data::Enum(data) => choice::expand(item, data, errors),
        Data::Union(data) => {
            errors.push(data.union_token, "`Input` is derived for structs of named fields and enums of unit variants");
            input::stub(item)
        }
    })
}

/// `#[derive(Record)]`: a row of a table, encrypted field by field, and its patch.
#[must_use]
pub fn record(item: TokenStream) -> TokenStream {
    derive(item, |item, errors| match &item.data {
        Data::Struct(data) => record::expand(item, data, errors),
        Data::Enum(_) | Data::Union(_) => {
            errors.push(&item.ident, "`Record` is derived for structs of named fields");
            TokenStream::new()
        }
    })
}

/// `#[custom_tool(path)]`: makes a function the handler of the tool at `path`.
#[must_use]
pub fn custom_tool(arguments: TokenStream, item: TokenStream) -> TokenStream {
    custom_tool::expand(arguments, item)
}

fn derive(item: TokenStream, expand: impl FnOnce(&DeriveInput, &mut Errors) -> TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut tokens = match syn::parse2::<DeriveInput>(item) {
        Ok(item) => {
            fields::refuse_generics(&item.generics, &mut errors);
            expand(&item, &mut errors)
        }
        Err(error) => {
            errors.add(error);
            TokenStream::new()
        }
    };
    tokens.extend(errors.into_tokens());
    tokens
}
