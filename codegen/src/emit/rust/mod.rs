//! Rust: two files for each module, its code and its schemas, and the list of all modules.
//!
//! The files are committed and read in reviews: they carry the catalog's own texts as documentation, and look as
//! people would have written them.

mod expr;
pub(super) mod groups;
mod handler;
mod layout;
mod schemas;
pub(super) mod services;
mod shapes;
mod shared;
mod steps;
mod tables;
mod types;

use self::schemas::Names;
pub(super) use self::schemas::schemas;

use proc_macro2::TokenStream;
use quote::quote;

use self::layout::Layout;
use self::types::{Secrets, Use};
use crate::ir::{Action, Catalog, Module, PolicyHint, RustIdent, Scope, Tool};
use crate::validate::names;

/// The file `mod.rs`: every module, and the catalog of them.
pub(super) fn catalog(catalog: &Catalog, folder: &str) -> String {
    let mut layout = Layout::new(folder, "The modules of the catalog.");
    let modules: Vec<RustIdent> = catalog.modules.iter().filter_map(|module| RustIdent::new(&module.name)).collect();
    let services = (!catalog.services.is_empty()).then(|| quote! { pub mod services; });
    let toolsets = catalog.toolsets.iter().next().map(|_| quote! { toolsets });
    let prompts = (!catalog.prompts.is_empty()).then(|| quote! { prompts });
    let words = (!catalog.words.is_empty()).then(|| quote! { words });
    let groups: Vec<_> = [toolsets.clone(), prompts.clone(), words.clone()].into_iter().flatten().collect();
    let private = groups.iter().map(|group| quote! { mod #group; });
    layout.imports(modules.iter().map(|module| quote! { pub mod #module; }).chain(services).chain(private).collect());
    layout
        .imports(vec![quote! { use std::sync::LazyLock; }, quote! { use mana_mcp_runtime::tool::{Catalog, Module}; }]);
    let with = [
        toolsets.map(|_| quote! { .with_toolsets(toolsets::TOOLSETS) }),
        prompts.map(|_| quote! { .with_prompts(prompts::PROMPTS) }),
        words.map(|_| quote! { .with_words(words::WORDS) }),
    ];
    let with = with.into_iter().flatten();
    layout.item(quote! {
        /// The catalog of all modules.
        pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(MODULES)#(#with)*);
    });
    layout.item(quote! {
        static MODULES: &[&Module] = &[#(&#modules::MODULE,)*];
    });
    layout.finish()
}

/// The closure that is emitted for an expression over an input, for tests that compile it.
#[cfg(test)]
pub(crate) fn closure(typed: &crate::expr::Typed) -> TokenStream {
    let code = expr::value(typed, &expr::Around::default());
    let env = expr::env_of(&code);
    let input = if typed.mentions(&crate::expr::Variable::Input) {
        quote! { input }
    } else {
        quote! { _ }
    };
    quote! { |#env, #input| #code }
}

/// The file of a module.
pub(super) fn module(module: &Module) -> String {
    let mut layout = Layout::new(&module.source, &module.summary);
    let secrets = Secrets::of(module);
    if !module.tools.is_empty() {
        layout.imports(vec![quote! { mod schemas; }]);
    }
    layout.imports(vec![quote! { use mana_mcp_runtime::prelude::*; }]);
    let Module { name, summary, .. } = module;
    let entries = module.tools_by_name().into_iter().map(|tool| {
        let rust = &tool.rust;
        let listed_as = tool.listed_as.iter().map(|name| quote! { .listed_as(#name) });
        quote! { ToolEntry::of::<#rust>(#rust::SPEC)#(#listed_as)* }
    });
    let of_tables = module.tables.iter().map(|table| tables::constant(&table.name));
    let spaces = match &module.spaces {
        None => quote! { None },
        Some(spaces) => {
            let spaces = spaces.iter().filter_map(|space| RustIdent::new(&names::pascal(space.word())));
            // By its path: a module may have a type of this name.
            quote! { Some(&[#(mana_mcp_runtime::space::SpaceType::#spaces),*]) }
        }
    };
    layout.item(quote! {
        /// The module, as the catalog lists it.
        pub static MODULE: Module =
            Module { name: #name, summary: #summary, spaces: #spaces, tools: &[#(#entries,)*], tables: &[#(&#of_tables),*] };
    });
    for schema in &module.types {
        types::definition(schema, Use::Both, &secrets, &mut layout);
    }
    for table in &module.tables {
        tables::table(table, &mut layout);
    }
    if let Some(constants) = &module.constants {
        let json = constants.to_string();
        layout.item(quote! {
            /// What expressions read as `constants`.
            static CONSTANTS: LazyLock<Value> = LazyLock::new(|| Value::from_json_text(#json));
        });
    }
    for one in &module.tools {
        tool(one, &module.name, &secrets, &mut layout);
    }
    layout.finish()
}

fn tool(tool: &Tool, module: &str, secrets: &Secrets, layout: &mut Layout) {
    let name = tool.name.dotted();
    types::input(tool, secrets, layout);
    if matches!(tool.action, Action::Custom) {
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
    for item in handler::handler(tool, module) {
        layout.item(item);
    }
}

fn spec(tool: &Tool) -> TokenStream {
    let name = tool.name.dotted();
    let rust = &tool.rust;
    let Tool { title, description, idempotent, aliases, .. } = tool;
    let calls = match &tool.action {
        Action::Steps(steps) => steps.calls().map(|call| services::operation(&call.service, &call.operation)).collect(),
        Action::Custom => Vec::new(),
    };
    let deletes = matches!(&tool.action, Action::Steps(steps) if steps.deletes());
    let consent = tool.consent.as_ref().map_or_else(|| quote! { None }, |text| quote! { Some(#text) });
    let always_load = tool.hosts.always_load;
    let search_hint = &tool.hosts.search_hint;
    let characters = match tool.hosts.result_characters {
        Some(count) => {
            let count = proc_macro2::Literal::u64_unsuffixed(count);
            quote! { Some(#count) }
        }
        None => quote! { None },
    };
    let scope = match tool.scope {
        Scope::UserSpace => quote! { Scope::UserSpace },
        Scope::Admin => quote! { Scope::Admin },
    };
    let policy_hint = match tool.policy_hint {
        PolicyHint::Read => quote! { PolicyHint::Read },
        PolicyHint::Write => quote! { PolicyHint::Write },
        PolicyHint::Destructive => quote! { PolicyHint::Destructive },
    };
    let names = Names::of(tool);
    let (input, output) = (Names::path(&names.input), Names::path(&names.output));
    let doc = layout::doc(&format!("What the gateway knows and publishes of `{name}`."));
    quote! {
        impl #rust {
            #doc
            pub const SPEC: ToolSpec = ToolSpec {
                name: #name,
                title: #title,
                description: #description,
                scope: #scope,
                policy_hint: #policy_hint,
                idempotent: #idempotent,
                deletes: #deletes,
                aliases: &[#(#aliases),*],
                consent: #consent,
                calls: &[#(&#calls),*],
                hosts: HostHints {
                    always_load: #always_load,
                    search_hint: &[#(#search_hint),*],
                    result_characters: #characters,
                },
                input_schema: schemas::#input,
                output_schema: schemas::#output,
            };
        }
    }
}
