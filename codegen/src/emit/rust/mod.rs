//! Rust: one file for each module, and the table of all tools.
//!
//! The files are committed and read in reviews: they carry the catalog's own texts as documentation, and look as
//! people would have written them.

mod handler;
mod layout;
mod table;
mod types;

pub(super) use table::table;

use proc_macro2::TokenStream;
use quote::quote;

use self::layout::Layout;
use self::types::{Secrets, Use};
use crate::ir::{Module, PolicyHint, Scope, Tool};

/// The file of a module.
pub(super) fn module(module: &Module) -> String {
    let mut layout = Layout::new(&module.source, &module.summary);
    let secrets = Secrets::of(module);
    layout.imports(vec![
        quote! { use super::ToolId; },
        quote! { use crate::tools::{PolicyHint, Scope, ToolSpec, prelude::*}; },
    ]);
    for schema in &module.types {
        types::definition(schema, Use::Both, &secrets, &mut layout);
    }
    for table in &module.tables {
        types::row(table, &secrets, &mut layout);
    }
    for one in &module.tools {
        tool(one, &secrets, &mut layout);
    }
    layout.finish()
}

fn tool(tool: &Tool, secrets: &Secrets, layout: &mut Layout) {
    let name = tool.name.dotted();
    types::input(tool, secrets, layout);
    if handler::rows_alone(tool).is_none() {
        types::output(tool, secrets, layout);
    }
    let rust = &tool.rust;
    let doc = layout::doc(&format!("`{name}`: {}.\n\n{}", tool.title.trim_end_matches('.'), tool.description));
    layout.item(quote! {
        #doc
        #[derive(Debug)]
        pub struct #rust;
    });
    layout.item(spec(tool));
    layout.item(handler::handler(tool));
}

fn spec(tool: &Tool) -> TokenStream {
    let name = tool.name.dotted();
    let (rust, variant) = (&tool.rust, tool.name.variant());
    let Tool { title, description, idempotent, .. } = tool;
    let scope = match tool.scope {
        Scope::UserSpace => quote! { Scope::UserSpace },
        Scope::Admin => quote! { Scope::Admin },
    };
    let policy_hint = match tool.policy_hint {
        PolicyHint::Read => quote! { PolicyHint::Read },
        PolicyHint::Write => quote! { PolicyHint::Write },
        PolicyHint::Destructive => quote! { PolicyHint::Destructive },
    };
    let input_schema = format!("schemas/{name}.input.json");
    let output_schema = format!("schemas/{name}.output.json");
    let doc = layout::doc(&format!("What the gateway knows and publishes of `{name}`."));
    quote! {
        impl #rust {
            #doc
            pub const SPEC: ToolSpec = ToolSpec {
                id: ToolId::#variant,
                name: #name,
                title: #title,
                description: #description,
                scope: #scope,
                policy_hint: #policy_hint,
                idempotent: #idempotent,
                input_schema: include_str!(#input_schema),
                output_schema: include_str!(#output_schema),
            };
        }
    }
}
