//! Names, decided once. Values of these types are made in [`crate::validate`] only.

use std::fmt;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, TokenStreamExt as _};

/// The name of a tool: its module, and its name in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToolName {
    dotted: String,
    variant: RustIdent,
}

/// An identifier of a field, variant or variable, raw where it is a keyword of Rust.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RustIdent {
    name: String,
    raw: bool,
}

/// The name of a Rust type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeName(RustIdent);

impl ToolName {
    pub(crate) fn new(module: &str, tool: &str, variant: RustIdent) -> Self {
        Self { dotted: format!("{module}.{tool}"), variant }
    }

    /// `todo.create`
    pub fn dotted(&self) -> &str {
        &self.dotted
    }

    /// `todo_create`, for hosts that take no dots.
    pub fn underscored(&self) -> String {
        self.dotted.replace('.', "_")
    }

    /// The tool's variant of `ToolId`.
    pub fn variant(&self) -> &RustIdent {
        &self.variant
    }
}

impl RustIdent {
    /// This name as an identifier of Rust: as it is, as a raw identifier, or with `_` behind it; `None` where it can
    /// be none of them.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let name = match name {
            "self" | "Self" | "super" | "crate" | "_" => format!("{name}_"),
            _ => name.to_owned(),
        };
        if syn::parse_str::<Ident>(&name).is_ok() {
            return Some(Self { name, raw: false });
        }
        let raw = syn::parse_str::<Ident>(&format!("r#{name}")).is_ok();
        raw.then_some(Self { name, raw: true })
    }

    /// The name without `r#`.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether it is a keyword of Rust.
    pub fn is_raw(&self) -> bool {
        self.raw
    }
}

impl TypeName {
    pub(crate) fn new(name: &str) -> Option<Self> {
        RustIdent::new(name).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.dotted)
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ToTokens for RustIdent {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let ident = if self.raw {
            Ident::new_raw(&self.name, Span::call_site())
        } else {
            Ident::new(&self.name, Span::call_site())
        };
        tokens.append(ident);
    }
}

impl ToTokens for TypeName {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
