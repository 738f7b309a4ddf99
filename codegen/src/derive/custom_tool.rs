//! `#[custom_tool(path)]`: binds a hand-written function to a tool of the catalog.
//!
//! The function's own types go into the trait's method, so that the compiler holds them against the tool's and points at
//! the one that is wrong. That each custom tool has exactly one handler follows from the trait: the tool's `run` needs
//! one, and two are conflicting implementations.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{FnArg, ItemFn, Path, ReturnType, Type};

use super::errors::Errors;

pub(super) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let tool = errors.catch(parse_path(arguments));
    let mut tokens = item.clone();
    let function = errors.catch(syn::parse2::<ItemFn>(item));
    let types = function.as_ref().and_then(|function| check(function, &mut errors));
    tokens.extend(tool.map(|tool| match (&function, types, errors.is_empty()) {
        (Some(function), Some(types), true) => implementation(&tool, function, &types),
        _ => stub(&tool),
    }));
    tokens.extend(errors.into_tokens());
    tokens
}

/// The types of a handler: `async fn(input, context) -> output`.
struct Signature<'a> {
    input: &'a Type,
    context: &'a Type,
    output: &'a Type,
}

fn parse_path(arguments: TokenStream) -> syn::Result<Path> {
    if arguments.is_empty() {
        return Err(syn::Error::new(Span::call_site(), "name the tool: `#[custom_tool(crate::spaces::List)]`"));
    }
    syn::parse2(arguments)
}

fn check<'a>(function: &'a ItemFn, errors: &mut Errors) -> Option<Signature<'a>> {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        errors.push(signature.fn_token, "a handler is an `async fn`");
    }
    if !signature.generics.params.is_empty() {
        errors.push(&signature.generics.params, "a handler has no generic parameters");
    }
    let output = match &signature.output {
        ReturnType::Type(_, output) => Some(&**output),
        ReturnType::Default => {
            errors.push(&signature.ident, "a handler returns `Result<Output, ToolError>`");
            None
        }
    };
    let mut types = Vec::new();
    for argument in &signature.inputs {
        match argument {
            FnArg::Typed(argument) => types.push(&*argument.ty),
            FnArg::Receiver(receiver) => errors.push(receiver, "a handler is a free function"),
        }
    }
    match (types.as_slice(), output) {
        ([input, context], Some(output)) => Some(Signature { input, context, output }),
        ([_, _], None) => None,
        _ => {
            errors.push(&signature.ident, "a handler takes two arguments: the tool's input and a `ToolContext`");
            None
        }
    }
}

fn implementation(tool: &Path, function: &ItemFn, types: &Signature<'_>) -> TokenStream {
    let Signature { input, context, output } = types;
    let handler = function.sig.ident.to_token_stream();
    quote! {
        #[automatically_derived]
        impl ::mana_mcp_runtime::tool::CustomTool for #tool {
            async fn handle(input: #input, context: #context) -> #output {
                #handler(input, context).await
            }
        }
    }
}

/// An implementation that stands in for one that could not be made: the tool is not without a handler, it has a wrong one.
fn stub(tool: &Path) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::mana_mcp_runtime::tool::CustomTool for #tool {
            async fn handle(
                _: <Self as ::mana_mcp_runtime::tool::Tool>::Input,
                _: ::mana_mcp_runtime::tool::ToolContext,
            ) -> ::core::result::Result<<Self as ::mana_mcp_runtime::tool::Tool>::Output, ::mana_mcp_runtime::tool::ToolError> {
                ::core::future::pending().await
            }
        }
    }
}
