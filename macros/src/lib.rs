//! The macros that generated code and custom handlers use. Only a shell: `mana_mcp_codegen::derive` has the logic and its tests.

use proc_macro::TokenStream;

/// Derives `Decode`: reads and validates JSON under the rules in the `input` attributes.
///
/// On a field: `name = "…"`, `optional`, `default = …`, `sensitive`, and the JSON Schema keywords `min_length`, `max_length`,
/// `pattern`, `minimum`, `maximum`, `min_items`, `max_items`, `unique_items`, `items(…)`. On a variant: `value = "…"`.
#[proc_macro_derive(Input, attributes(input))]
pub fn input(item: TokenStream) -> TokenStream {
    mana_mcp_codegen::derive::input(item.into()).into()
}

/// Derives `Record` for a table's row, and makes its patch type.
///
/// On the struct: `app`, `table`, `sync_name`, `noun`, each `= "…"`. On a field: `name = "…"`, `encrypted`, `optional`.
#[proc_macro_derive(Record, attributes(record))]
pub fn record(item: TokenStream) -> TokenStream {
    mana_mcp_codegen::derive::record(item.into()).into()
}

/// Makes an `async fn(Input, ToolContext) -> Result<Output, ToolError>` the handler of a custom tool of the catalog.
#[proc_macro_attribute]
pub fn custom_tool(arguments: TokenStream, item: TokenStream) -> TokenStream {
    mana_mcp_codegen::derive::custom_tool(arguments.into(), item.into()).into()
}
