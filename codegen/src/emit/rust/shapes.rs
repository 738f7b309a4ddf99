//! Types of values as statics: how stored rows are read, and what of a result is sent.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Kind, Schema, Struct};

/// The type of a schema's values.
pub(super) fn shape(schema: &Schema) -> TokenStream {
    match &schema.kind {
        Kind::String(_) => quote! { Type::Text },
        Kind::Uuid => quote! { Type::Uuid },
        Kind::Id => quote! { Type::Id },
        Kind::Date => quote! { Type::Date },
        Kind::Timestamp => quote! { Type::Timestamp },
        Kind::Moment => quote! { Type::Moment },
        Kind::Enum(one) => {
            let words = one.variants.iter().map(|variant| &variant.value);
            quote! { Type::Enum(&[#(#words),*]) }
        }
        Kind::Integer { .. } => quote! { Type::Int },
        Kind::Number { .. } => quote! { Type::Double },
        Kind::Boolean => quote! { Type::Bool },
        Kind::Array { items, .. } => {
            let items = shape(items);
            quote! { Type::List(&#items) }
        }
        Kind::Map(values) => {
            let values = shape(values);
            quote! { Type::Map(&#values) }
        }
        Kind::Struct(one) => object(one),
        Kind::Object => quote! { Type::Json },
    }
}

/// The type of an object.
pub(super) fn object(one: &Struct) -> TokenStream {
    let members = one.properties.iter().map(|property| {
        let (name, ty) = (&property.name, shape(&property.schema));
        quote! { Member { name: #name, ty: #ty } }
    });
    quote! { Type::Object(&[#(#members),*]) }
}
