//! What the derives ask of every struct: named fields, no generics, one wire name each.

use std::collections::BTreeMap;

use syn::ext::IdentExt;
use syn::{DataStruct, Field, Fields, Generics, Ident, LitStr, Type};

use super::attribute::Argument;
use super::errors::Errors;
use super::kind;

/// The named fields of a struct, each with its identifier.
pub(super) fn named<'a>(
    ident: &Ident,
    data: &'a DataStruct,
    derive: &str,
    errors: &mut Errors,
) -> Vec<(&'a Ident, &'a Field)> {
    match &data.fields {
        Fields::Named(fields) => {
            fields.named.iter().filter_map(|field| field.ident.as_ref().map(|ident| (ident, field))).collect()
        }
        Fields::Unnamed(fields) => {
            errors.push(fields, format!("`{derive}` needs named fields"));
            Vec::new()
        }
        Fields::Unit => {
            errors.push(ident, format!("`{derive}` needs named fields: write `{ident} {{}}` where there are none"));
            Vec::new()
        }
    }
}

/// Whose JSON a generic type would read, nobody could tell from the catalog.
pub(super) fn refuse_generics(generics: &Generics, errors: &mut Errors) {
    if !generics.params.is_empty() {
        errors.push(&generics.params, "generic types are not supported");
    }
}

/// The wire name of a field: its `name`, else its identifier.
pub(super) fn wire_name(ident: &Ident, name: Option<LitStr>) -> LitStr {
    name.unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()))
}

/// Refuses a wire name that an earlier field or variant has.
pub(super) fn refuse_duplicates<'a>(names: impl Iterator<Item = &'a LitStr>, errors: &mut Errors) {
    let mut seen = BTreeMap::new();
    for name in names {
        if seen.insert(name.value(), ()).is_some() {
            errors.push(name, format!("the name \"{}\" is taken already", name.value()));
        }
    }
}

/// Holds `optional` against the type: a field that may be absent is an `Option`, and only such a one is an `Option` of an
/// `Option`.
pub(super) fn check_optional(optional: Option<&Argument>, ty: &Type, errors: &mut Errors) {
    let inner = kind::option(ty);
    match (optional, inner) {
        (Some(_), None) => errors.push(ty, "an `optional` field is an `Option<…>`: `None` where it is absent"),
        (None, Some(inner)) if kind::option(inner).is_some() => {
            errors.push(ty, "an `Option<Option<…>>` is `optional`: the outer one tells whether the field is there");
        }
        _ => {}
    }
}
