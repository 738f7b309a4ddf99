//! Types of values as statics: how stored rows are read, and what of a result is sent.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Kind, Presence, Property, Schema, Struct};

/// The type of a schema's values.
pub(super) fn shape(schema: &Schema) -> TokenStream {
    typed(schema, &member)
}

/// The type of a service's answers: what must be there is marked.
pub(super) fn answer(schema: &Schema) -> TokenStream {
    fn member(property: &Property) -> TokenStream {
        let ty = answer(&property.schema);
        match property.presence {
            Presence::Required if !property.schema.nullable => quote! { Type::Required(&#ty) },
            Presence::Required | Presence::Optional | Presence::Default(_) => ty,
        }
    }
    typed(schema, &member)
}

/// The type of an object.
pub(super) fn object(one: &Struct) -> TokenStream {
    members(one, &member)
}

fn member(property: &Property) -> TokenStream {
    shape(&property.schema)
}

/// The type of a schema's values, with what `member` makes of the members of objects.
fn typed(schema: &Schema, member: &dyn Fn(&Property) -> TokenStream) -> TokenStream {
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
            let items = typed(items, member);
            quote! { Type::List(&#items) }
        }
        Kind::Map(values) => {
            let values = typed(values, member);
            quote! { Type::Map(&#values) }
        }
        Kind::Struct(one) => members(one, member),
        Kind::Object => quote! { Type::Json },
    }
}

fn members(one: &Struct, member: &dyn Fn(&Property) -> TokenStream) -> TokenStream {
    let members = one.properties.iter().map(|property| {
        let (name, ty) = (&property.name, member(property));
        quote! { Member { name: #name, ty: #ty } }
    });
    quote! { Type::Object(&[#(#members),*]) }
}
