//! What the sources say, with places, nothing checked but its shape: any part may be missing.
//!
//! The readers report unknown keys, missing keys and values of a wrong kind as they go, and leave out what they could
//! not read; a part that is missing here was reported already.

mod action;
mod crypto;
mod example;
pub(crate) mod keys;
mod module;
mod prompt;
pub(crate) mod reader;
mod reads;
mod schema;
mod service;
mod table;
mod tool;
mod toolsets;
mod verb;
mod web;
mod words;
mod writes;

pub use action::{Action, ActionKind, Page, Step};
pub use crypto::Registry;
pub use example::{Example, Preparation};
pub use module::Module;
pub use prompt::{Prompt, PromptArgument};
pub use reads::{Query, RowOf, Search};
pub use schema::{Bound, Schema, TypeList};
pub use service::{Operation, Service};
pub use table::{Cascade, Place, Table};
pub use tool::{Hosts, Tool};
pub use toolsets::{Toolset, Toolsets};
pub use verb::{Call, Verb};
pub use web::{Web, WebField, WebKind, WebTable};
pub use words::Words;
pub use writes::{Delete, Insert, Put, Update};

pub(crate) use reader::Reader;

use crate::source::Spanned;

/// A name, a word or a text.
pub type Text = Spanned<String>;

/// Things under their names, in the order of the source.
pub type Named<T> = Vec<(Text, T)>;
