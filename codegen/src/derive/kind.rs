//! What a field's type is, as far as its spelling tells: enough to refuse keywords and defaults that do not fit it.

use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

/// The JSON kind of a field's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    /// A type of the crate's own, or of another module's: it has no keywords.
    Other,
}

/// The kind of a type, without the `Option`s around it.
pub(super) fn kind(ty: &Type) -> Kind {
    if let Some(inner) = option(ty) {
        return kind(inner);
    }
    match name(ty).as_deref() {
        Some("String") => Kind::String,
        Some("i64") => Kind::Integer,
        Some("f64") => Kind::Number,
        Some("bool") => Kind::Boolean,
        Some("Vec") => Kind::Array,
        _ => Kind::Other,
    }
}

/// The `T` of `Option<T>`.
pub(super) fn option(ty: &Type) -> Option<&Type> {
    argument(ty, "Option")
}

/// The `T` of `Vec<T>`, under any number of `Option`s.
pub(super) fn item(ty: &Type) -> Option<&Type> {
    match option(ty) {
        Some(inner) => item(inner),
        None => argument(ty, "Vec"),
    }
}

/// A type as it is written.
pub(super) fn spelled(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(" <", "<").replace("< ", "<").replace(" >", ">").replace(" :: ", "::")
}

fn name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        Type::Group(group) => name(&group.elem),
        _ => None,
    }
}

fn argument<'a>(ty: &'a Type, of: &str) -> Option<&'a Type> {
    let path = match ty {
        Type::Path(path) => path,
        Type::Group(group) => return argument(&group.elem, of),
        _ => return None,
    };
    let last = path.path.segments.last().filter(|segment| segment.ident == of)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}
