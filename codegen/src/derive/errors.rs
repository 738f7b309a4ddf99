//! The errors of one expansion.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Everything that is wrong with an item, in the order found.
#[derive(Debug, Default)]
pub(super) struct Errors(Vec<syn::Error>);

impl Errors {
    /// An error that is shown under `tokens`.
    pub(super) fn push(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    pub(super) fn add(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// The value, or an error and `None`.
    pub(super) fn catch<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_tokens(self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }
}
