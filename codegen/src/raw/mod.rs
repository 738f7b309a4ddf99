//! What the sources say, with places, nothing checked but its shape: any part may be missing.
//!
//! The readers report unknown keys, missing keys and values of a wrong kind as they go, and leave out what they could
//! not read; a part that is missing here was reported already.

mod action;
mod crypto;
pub(crate) mod keys;
mod module;
mod prompt;
pub(crate) mod reader;
mod schema;
mod service;
mod toolsets;
mod web;
mod words;

pub use action::{Action, ActionKind, Call, Delete, Insert, Page, Put, Query, RowOf, Search, Step, Update, Verb};
pub use crypto::Registry;
pub use module::{Cascade, Example, Hosts, Module, Place, Preparation, Table, Tool};
pub use prompt::{Prompt, PromptArgument};
pub use schema::{Bound, Schema, TypeList};
pub use service::{Operation, Service};
pub use toolsets::{Toolset, Toolsets};
pub use web::{Web, WebField, WebKind, WebTable};
pub use words::Words;

pub(crate) use reader::Reader;

use crate::source::Spanned;

/// A name, a word or a text.
pub type Text = Spanned<String>;

/// Things under their names, in the order of the source.
pub type Named<T> = Vec<(Text, T)>;
