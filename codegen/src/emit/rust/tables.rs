//! Tables as statics: where their rows lie, how they are read, and what is stored in a new one.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use serde_json::Value as Json;

use super::expr::{self, Around};
use super::layout::{self, Layout};
use super::schemas::upper_snake;
use super::shapes;
use super::types::{float, integer};
use crate::expr::Variable;
use crate::ir::{Presence, Table, TableRef};
use crate::validate::names::pascal;

/// The name of a table's static, from within the module or from another one.
pub(super) fn name(table: &TableRef, module: &str) -> TokenStream {
    let constant = constant(&table.name);
    if table.module == module {
        return quote! { #constant };
    }
    let of = syn::parse_str::<Ident>(&table.module).unwrap_or_else(|_| Ident::new("tables", Span::call_site()));
    quote! { super::#of::#constant }
}

/// The same from within the module.
pub(super) fn constant(table: &str) -> Ident {
    Ident::new(&upper_snake(&pascal(table)), Span::call_site())
}

/// The static of a table.
pub(super) fn table(table: &Table, layout: &mut Layout) {
    let doc = layout::doc(&table.description);
    let Table { app, name, sync_name, noun, is_of_user, .. } = table;
    let fields = table.row.properties.iter().map(|field| {
        let (name, encrypted) = (&field.name, table.is_encrypted(&field.name));
        let required = field.presence == Presence::Required;
        let default = match &field.presence {
            Presence::Default(default) => {
                let default = self::default(default);
                quote! { Some(#default) }
            }
            _ => quote! { None },
        };
        quote! { FieldSpec { name: #name, encrypted: #encrypted, required: #required, default: #default } }
    });
    let types = table.row.properties.iter().map(|field| shapes::shape(&field.schema));
    let privacy = if table.has_privacy {
        quote! { Some("private") }
    } else {
        quote! { None }
    };
    let label = table.label.as_ref().map_or_else(|| quote! { None }, |label| quote! { Some(#label) });
    let creates = table.creates.iter().map(|(name, value)| {
        let value = value.to_string();
        quote! { (#name, #value) }
    });
    let place = match &table.place {
        None => quote! { None },
        Some(place) => {
            let (field, step, among) = (&place.field, float(place.step), &place.among);
            quote! { Some(Place { field: #field, step: #step, among: &[#(#among),*] }) }
        }
    };
    let cascade = table.cascade.iter().map(|cascade| {
        let of = self::name(&cascade.table, &table.module);
        let around = Around { row_is_stored: true, ..Around::default() };
        let condition = expr::condition(&cascade.condition, &around);
        let env = expr::env_of(&condition);
        let needs = &cascade.needs;
        let deleted = if cascade.condition.mentions(&Variable::Deleted) {
            quote! { deleted }
        } else {
            quote! { _ }
        };
        quote! { Cascade { table: || &#of, takes: |#env, row, #deleted| #condition, needs: &[#(#needs),*] } }
    });
    let constant = constant(name);
    layout.item(quote! {
        #doc
        pub static #constant: TableInfo = TableInfo {
            spec: TableSpec {
                app: #app,
                table: #name,
                sync_name: #sync_name,
                noun: #noun,
                fields: &[#(#fields),*],
            },
            types: &[#(#types),*],
            is_of_user: #is_of_user,
            privacy: #privacy,
            label: #label,
            creates: &[#(#creates),*],
            place: #place,
            cascade: &[#(#cascade),*],
        };
    });
}

fn default(default: &Json) -> TokenStream {
    match default {
        Json::Bool(value) => quote! { FieldDefault::Bool(#value) },
        Json::Number(number) => {
            let value = integer(number.as_i64().unwrap_or_default());
            quote! { FieldDefault::Integer(#value) }
        }
        other => {
            let text = other.as_str().unwrap_or_default();
            quote! { FieldDefault::Text(#text) }
        }
    }
}
