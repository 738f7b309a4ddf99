//! What a tool does: `impl Tool`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::schemas::upper_snake;
use super::{shapes, shared, steps, tables};
use crate::ir::{Action, Tool};

/// The implementation of a tool, and the type of what it gives.
pub(super) fn handler(tool: &Tool, module: &str) -> Vec<TokenStream> {
    let Tool { rust, input, output, .. } = tool;
    let input_name = &input.name;
    match &tool.action {
        Action::Custom => {
            let output = &output.name;
            vec![quote! {
                impl Tool for #rust {
                    type Input = #input_name;
                    type Output = #output;
                    async fn run(input: #input_name, ctx: ToolContext) -> Result<#output, ToolError> {
                        <Self as CustomTool>::handle(input, ctx).await
                    }
                }
            }]
        }
        Action::Steps(action) => {
            let shape = Ident::new(&format!("{}_OUTPUT", upper_snake(rust.as_str())), Span::call_site());
            let members = shapes::object(output);
            let body = steps::body(tool, action, &quote! { #shape }, module);
            let argument = if input.properties.is_empty() {
                quote! { _input }
            } else {
                quote! { input }
            };
            let doc = super::layout::doc(&format!("What `{}` gives.", tool.name));
            let mut answer = None;
            let run = match shared::table_of(action) {
                None => {
                    let begin = steps::begin(action);
                    quote! { #begin #body }
                }
                Some((table, fields)) => {
                    let table = tables::name(table, module);
                    let (taken, make) = if input.properties.is_empty() {
                        (None, quote! { Self::answer })
                    } else {
                        (Some(quote! { input: #input_name, }), quote! { |steps| Self::answer(input, steps) })
                    };
                    answer = Some(quote! {
                        impl #rust {
                            async fn answer(#taken mut steps: Steps) -> Result<ToolOutput, ToolError> {
                                #body
                            }
                        }
                    });
                    quote! { Steps::shared(&ctx, &#table, &[#(#fields),*], #make).await }
                }
            };
            let items = vec![
                quote! {
                    #doc
                    static #shape: Type = #members;
                },
                quote! {
                    impl Tool for #rust {
                        type Input = #input_name;
                        type Output = ToolOutput;
                        async fn run(#argument: #input_name, ctx: ToolContext) -> Result<ToolOutput, ToolError> {
                            #run
                        }
                    }
                },
            ];
            items.into_iter().chain(answer).collect()
        }
    }
}
