//! The checked catalog: what every emitter reads, and nothing else.
//!
//! Only `validate` builds these values (their fields are closed to other crates). What stands here has been
//! checked: every name is decided, every reference is resolved, every value fits the field that takes it. An emitter
//! that could fail for want of something is a sign that a check is missing.

mod action;
mod names;
mod prompt;
mod schema;
mod service;
mod space;
mod toolsets;

pub use action::{Action, Step, Steps, TableRef};
pub(crate) use action::{Call, Delete, Given, Put, Query, Sort, SortBy, Update, Verb, Which};
pub use names::{RustIdent, ToolName, TypeName};
pub use prompt::{Prompt, PromptArgument, Word};
pub use schema::{
    Enum, ID_PATTERN, Kind, MAX_ID_LENGTH, MAX_SAFE_INTEGER, Presence, Property, Schema, Size, StringRules, Struct,
    Type, Variant,
};
pub use service::{Operation, Service};
pub use space::SpaceType;
pub use toolsets::{Toolset, Toolsets};

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::expr::Typed;
use crate::source::{Span, Spanned};
use crate::yaml::Node;

/// All modules, by name, and the groups in which their tools are served.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub(crate) modules: Vec<Module>,
    pub(crate) toolsets: Toolsets,
    pub(crate) services: Vec<Service>,
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) words: Vec<Word>,
}

/// A module: one file of the catalog.
#[derive(Debug, Clone)]
pub struct Module {
    pub(crate) name: String,
    /// The path of its source.
    pub(crate) source: String,
    pub(crate) summary: String,
    /// The types of spaces that have the module; `None` where all have it.
    pub(crate) spaces: Option<Vec<SpaceType>>,
    /// The name in the web application, where it differs.
    pub(crate) web_name: Option<String>,
    /// What expressions read as `constants`.
    pub(crate) constants: Option<Json>,
    /// The types that the source names, in its order.
    pub(crate) types: Vec<Schema>,
    pub(crate) tables: Vec<Table>,
    pub(crate) tools: Vec<Tool>,
}

/// A table of the sync service.
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) app: String,
    pub(crate) name: String,
    pub(crate) sync_name: String,
    /// What one row is called in messages.
    pub(crate) noun: String,
    pub(crate) description: String,
    /// The Rust type of a row, and its fields in the order of the source.
    pub(crate) row: Struct,
    /// Names of the encrypted fields, in the order of the source.
    pub(crate) encrypted: Vec<String>,
    /// The module that has it.
    pub(crate) module: String,
    /// Whether a user has a row, and spaces have none.
    pub(crate) is_of_user: bool,
    /// Whether `visibility: private` hides a row from others.
    pub(crate) has_privacy: bool,
    /// The field that people know a row by.
    pub(crate) label: Option<String>,
    /// What is stored in a new row beside what it is given.
    pub(crate) creates: Vec<(String, Json)>,
    pub(crate) place: Option<Place>,
    pub(crate) cascade: Vec<Cascade>,
}

/// How the rows of a table are ordered by their place.
#[derive(Debug, Clone)]
pub struct Place {
    pub(crate) field: String,
    pub(crate) step: f64,
    pub(crate) among: Vec<String>,
}

/// Rows that are deleted along with another row.
#[derive(Debug, Clone)]
pub struct Cascade {
    pub(crate) table: TableRef,
    /// Over `row` and `deleted`.
    pub(crate) condition: Typed,
    /// The fields of the deleted row that it reads.
    pub(crate) needs: BTreeSet<String>,
}

/// A tool.
#[derive(Debug, Clone)]
pub struct Tool {
    pub(crate) name: ToolName,
    /// The Rust type that stands for the tool in its module.
    pub(crate) rust: TypeName,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) scope: Scope,
    pub(crate) policy_hint: PolicyHint,
    pub(crate) idempotent: bool,
    pub(crate) input: Struct,
    /// Names of the inputs whose values are never shown: they are kept encrypted, or looked for in encrypted fields.
    pub(crate) sensitive: Vec<String>,
    pub(crate) output: Struct,
    pub(crate) action: Action,
    /// Other names that calls take.
    pub(crate) aliases: Vec<String>,
    /// The name in lists, where it is not the underscored one.
    pub(crate) listed_as: Option<String>,
    /// What the user is asked before each call.
    pub(crate) consent: Option<String>,
    /// Whether the web application's agents propose it.
    pub(crate) proposes: bool,
    pub(crate) hosts: Hosts,
    pub(crate) examples: Vec<Example>,
}

/// Hints for the programs in which agents run.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    pub(crate) always_load: bool,
    pub(crate) search_hint: Vec<String>,
    pub(crate) result_characters: Option<u64>,
}

/// Whose data a tool works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The caller's, in one space.
    UserSpace,
    /// Other users' or the system's.
    Admin,
}

/// What a tool does to data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyHint {
    /// Changes nothing.
    Read,
    /// Creates or changes.
    Write,
    /// Removes for good.
    Destructive,
}

/// An example of a call, to be shown and to be run.
#[derive(Debug, Clone)]
pub struct Example {
    pub(crate) name: String,
    /// The place of the name.
    pub(crate) at: Span,
    /// When it is.
    pub(crate) now: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) given: Vec<Preparation>,
    /// What services answer, by `service.operation`.
    pub(crate) services: Option<Json>,
    pub(crate) input: Json,
    pub(crate) outcome: Outcome,
}

/// What an example shows.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// What the result holds, in part: what is not named may be anything.
    Output(Node),
    /// The error of a call that fails.
    Refused(Spanned<String>),
}

/// What is there before an example.
#[derive(Debug, Clone)]
pub enum Preparation {
    /// A call.
    Call {
        /// The tool.
        tool: ToolName,
        /// The place of its name.
        at: Span,
        /// Its arguments.
        input: Json,
        /// What the example calls the id of the record that this call makes.
        id: Option<String>,
    },
    /// A row.
    Row {
        /// Its table.
        table: TableRef,
        /// Its fields.
        row: Json,
    },
}

impl Example {
    /// When it is called.
    pub(crate) fn time(&self) -> &str {
        self.now.as_deref().unwrap_or("2026-01-15T12:00:00Z")
    }

    /// The caller's time zone.
    pub(crate) fn zone(&self) -> &str {
        self.time_zone.as_deref().unwrap_or("UTC")
    }
}

impl Scope {
    /// All scopes.
    pub(crate) const ALL: [Self; 2] = [Self::UserSpace, Self::Admin];

    /// As it stands in a source.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::UserSpace => "user-space",
            Self::Admin => "admin",
        }
    }

    /// The scope of this word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

impl PolicyHint {
    /// All hints.
    pub(crate) const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Destructive];

    /// As it stands in a source.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }

    /// The hint of this word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hint| hint.word() == word)
    }
}

impl Catalog {
    /// All tools with their modules, by name.
    pub(crate) fn tools(&self) -> Vec<(&Module, &Tool)> {
        let mut tools: Vec<_> =
            self.modules.iter().flat_map(|module| module.tools.iter().map(move |tool| (module, tool))).collect();
        tools.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        tools
    }

    /// The groups in which tools are served.
    pub fn toolsets(&self) -> &Toolsets {
        &self.toolsets
    }
}

impl Module {
    /// Its tools, by name.
    pub(crate) fn tools_by_name(&self) -> Vec<&Tool> {
        let mut tools: Vec<_> = self.tools.iter().collect();
        tools.sort_by(|a, b| a.name.cmp(&b.name));
        tools
    }
}

impl Table {
    pub(crate) fn is_encrypted(&self, field: &str) -> bool {
        self.encrypted.iter().any(|name| name == field)
    }
}
