//! Services as statics: what a request looks like, and what is read of its answer.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::layout::{self, Layout};
use super::schemas::upper_snake;
use super::shapes;
use crate::ir::{Operation, Service};
use crate::validate::names::pascal;

/// An operation, from within a module.
pub(super) fn operation(service: &str, operation: &str) -> TokenStream {
    let module = ident(service);
    let constant = Ident::new(&upper_snake(&pascal(operation)), Span::call_site());
    quote! { super::services::#module::#constant }
}

fn ident(name: &str) -> Ident {
    syn::parse_str(name).unwrap_or_else(|_| Ident::new("service", Span::call_site()))
}

/// The file of all services.
pub(crate) fn file(services: &[Service], folder: &str) -> String {
    let mut layout = Layout::new(&format!("{folder}services/"), "The services that tools call.");
    layout.imports(
        services
            .iter()
            .map(|service| {
                let module = ident(&service.name);
                quote! { pub mod #module; }
            })
            .collect(),
    );
    let all = services.iter().map(|service| ident(&service.name));
    layout.item(quote! {
        /// All of them, by name.
        pub static SERVICES: &[&mana_mcp_runtime::steps::Service] = &[#(&#all::SERVICE),*];
    });
    layout.finish()
}

/// The file of a service.
pub(crate) fn service(service: &Service, folder: &str) -> String {
    let Service { name, summary, setting, sends_token, operations } = service;
    let mut layout = Layout::new(&format!("{folder}services/{name}.yaml"), summary);
    layout.imports(vec![quote! { use mana_mcp_runtime::prelude::*; }]);
    layout.item(quote! {
        /// The service.
        pub static SERVICE: Service =
            Service { name: #name, summary: #summary, setting: #setting, sends_token: #sends_token };
    });
    for operation in operations {
        self::one(operation, &mut layout);
    }
    layout.finish()
}

fn one(operation: &Operation, layout: &mut Layout) {
    let Operation { name, method, path, request, response, errors, timeout_seconds, is_safe } = operation;
    let constant = Ident::new(&upper_snake(&pascal(name)), Span::call_site());
    let doc = layout::doc(&format!("`{method} {path}`"));
    let (request, response) = (shapes::object(request), shapes::answer(response));
    let errors = errors.iter().map(|(status, message)| {
        let status = proc_macro2::Literal::u16_unsuffixed(*status);
        quote! { (#status, #message) }
    });
    let seconds = proc_macro2::Literal::u64_unsuffixed(*timeout_seconds);
    layout.item(quote! {
        #doc
        pub static #constant: Operation = Operation {
            service: &SERVICE,
            name: #name,
            method: #method,
            path: #path,
            request: #request,
            response: #response,
            errors: &[#(#errors),*],
            timeout_seconds: #seconds,
            is_safe: #is_safe,
        };
    });
}
