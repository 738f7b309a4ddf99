//! The expansions, without a compiler: what they give for sound items, which errors they report and where.

mod errors;
mod expansions;
mod hostile;
mod patterns;

use proc_macro2::{TokenStream, TokenTree};

use super::{custom_tool, input, record};

fn tokens(source: &str) -> TokenStream {
    source.parse().unwrap()
}

/// The errors of an expansion of `source`: the text that each points at, and its message.
fn errors_in(source: &str, expansion: TokenStream) -> Vec<(String, String)> {
    let mut errors = Vec::new();
    let trees: Vec<_> = expansion.into_iter().collect();
    for window in trees.windows(3) {
        let [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Group(group)] = window else { continue };
        if name != "compile_error" {
            continue;
        }
        let place = name.span().byte_range().start..group.span().byte_range().end;
        let message: syn::LitStr = syn::parse2(group.stream()).unwrap();
        errors.push((source.get(place).unwrap().to_owned(), message.value()));
    }
    errors
}

fn input_errors(source: &str) -> Vec<(String, String)> {
    errors_in(source, input(tokens(source)))
}

fn record_errors(source: &str) -> Vec<(String, String)> {
    errors_in(source, record(tokens(source)))
}

/// An expansion as Rust code, formatted.
fn formatted(expansion: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(expansion).unwrap())
}
