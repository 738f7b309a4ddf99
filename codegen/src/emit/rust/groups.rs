//! `toolsets.rs`, `prompts.rs` and `words.rs`: what a catalog has beside its modules.

use quote::quote;

use super::layout::Layout;
use crate::ir::{Catalog, Prompt};

/// The file of the toolsets.
pub(crate) fn toolsets(catalog: &Catalog, folder: &str) -> String {
    let mut layout = Layout::new(&format!("{folder}toolsets.yaml"), "The groups in which tools are served.");
    layout.imports(vec![quote! { use mana_mcp_runtime::tool::Toolset; }]);
    let sets = catalog.toolsets.iter().map(|set| {
        let (name, description, is_default) = (set.name(), set.description(), catalog.toolsets.is_default(set));
        let tools = set.tools().iter().map(|tool| tool.dotted());
        quote! { Toolset { name: #name, description: #description, is_default: #is_default, tools: &[#(#tools),*] } }
    });
    layout.item(quote! {
        /// The groups, by name.
        pub(super) static TOOLSETS: &[Toolset] = &[#(#sets,)*];
    });
    layout.finish()
}

/// The file of the prompts.
pub(crate) fn prompts(catalog: &Catalog, folder: &str) -> String {
    let mut layout = Layout::new(&format!("{folder}prompts/"), "Ways to do something with several tools.");
    layout.imports(vec![quote! { use mana_mcp_runtime::tool::{Prompt, PromptArgument}; }]);
    let prompts = catalog.prompts.iter().map(|prompt| {
        let Prompt { name, title, description, text, .. } = prompt;
        let arguments = prompt.arguments.iter().map(|argument| {
            let (name, description, required) = (&argument.name, &argument.description, argument.required);
            quote! { PromptArgument { name: #name, description: #description, required: #required } }
        });
        // Line by line, as a review reads it.
        let lines = text.split_inclusive('\n');
        quote! {
            Prompt {
                name: #name,
                title: #title,
                description: #description,
                arguments: &[#(#arguments,)*],
                text: concat!(#(#lines),*),
            }
        }
    });
    layout.item(quote! {
        /// The prompts, by name.
        pub(super) static PROMPTS: &[Prompt] = &[#(#prompts,)*];
    });
    layout.finish()
}

/// The file of the words.
pub(crate) fn words(catalog: &Catalog, folder: &str) -> String {
    let mut layout =
        Layout::new(&format!("{folder}words.yaml"), "Words that people use, and the catalog's words for them.");
    layout.imports(vec![quote! { use mana_mcp_runtime::tool::WordEntry; }]);
    let words = catalog.words.iter().map(|entry| {
        let (word, means) = (&entry.word, &entry.means);
        quote! { (#word, &[#(#means),*]) }
    });
    layout.item(quote! {
        /// The words, by the people's.
        pub(super) static WORDS: &[WordEntry] = &[#(#words,)*];
    });
    layout.finish()
}
