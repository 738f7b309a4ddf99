//! `mod.rs`: the ids of all tools, and the static table of them.

use proc_macro2::Literal;
use quote::quote;

use super::layout::{self, Layout};
use crate::ir::{Catalog, RustIdent};

/// The file `mod.rs`.
pub(in crate::emit) fn table(catalog: &Catalog) -> String {
    let mut layout = Layout::new("catalog/", "The tools of the catalog: their ids and the static table of them.");
    let modules = catalog.modules.iter().filter_map(|module| RustIdent::new(&module.name));
    layout.imports(modules.map(|module| quote! { pub mod #module; }).collect());
    layout.imports(vec![quote! { use crate::tools::ToolEntry; }]);

    let tools = catalog.tools();
    let variants: Vec<&RustIdent> = tools.iter().map(|(_, tool)| tool.name.variant()).collect();
    let names: Vec<&str> = tools.iter().map(|(_, tool)| tool.name.dotted()).collect();
    let underscored: Vec<String> = tools.iter().map(|(_, tool)| tool.name.underscored()).collect();
    let docs = names.iter().map(|name| layout::doc(&format!("`{name}`")));
    layout.item(quote! {
        /// A tool of the catalog.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ToolId {
            #(#docs #variants,)*
        }
    });
    let places = (0..tools.len()).map(Literal::usize_unsuffixed);
    layout.item(quote! {
        impl ToolId {
            /// All tools, by name.
            pub const ALL: &[ToolId] = &[#(Self::#variants,)*];
            /// The dotted name, as it is published.
            pub const fn name(self) -> &'static str {
                match self {
                    #(Self::#variants => #names,)*
                }
            }
            /// The tool of this name, dotted or underscored.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    #(#names | #underscored => Some(Self::#variants),)*
                    _ => None,
                }
            }
            /// The tool's entry in the table.
            pub const fn entry(self) -> &'static ToolEntry {
                match self {
                    #(Self::#variants => &ENTRIES[#places],)*
                }
            }
        }
    });
    layout.item(quote! {
        /// All tools, by name.
        pub static TOOLS: &[ToolEntry] = &ENTRIES;
    });
    let count = Literal::usize_unsuffixed(tools.len());
    let entries = tools.iter().map(|(module, tool)| {
        let (module, rust) = (RustIdent::new(&module.name), &tool.rust);
        quote! { ToolEntry::of::<#module::#rust>(#module::#rust::SPEC) }
    });
    layout.item(quote! {
        static ENTRIES: [ToolEntry; #count] = [#(#entries,)*];
    });
    layout.finish()
}
