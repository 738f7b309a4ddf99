//! The module `catalog`, which every catalog has: `catalog.find` finds tools by what they do, `catalog.read` and
//! `catalog.call` call a tool by its name. So a client reaches every tool of its address with a short list.
//!
//! `catalog.find` is a tool like any other. The other two never run: the gateway takes the call out of their arguments, and
//! that call passes all steps by itself.

use mana_mcp_macros::Input;
use serde_json::Value;

use super::{HostHints, Module, PolicyHint, Scope, Tool, ToolContext, ToolEntry, ToolError, ToolId, ToolSpec};
use crate::decode::JsonObject;

/// The name of the module, which no other module has.
pub const CATALOG_MODULE: &str = "catalog";

/// A tool of the module `catalog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CatalogTool {
    /// `catalog.find`
    Find,
    /// `catalog.read`
    Read,
    /// `catalog.call`
    Call,
}

impl CatalogTool {
    /// Its dotted name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Find => FIND.name,
            Self::Read => READ.name,
            Self::Call => CALL.name,
        }
    }
}

impl ToolId {
    /// Which tool of the module `catalog` this is, if it is one.
    #[must_use]
    pub fn catalog_tool(self) -> Option<CatalogTool> {
        if self.module() != CATALOG_MODULE {
            return None;
        }
        [CatalogTool::Find, CatalogTool::Read, CatalogTool::Call].into_iter().find(|tool| tool.name() == self.name())
    }
}

/// The module.
pub(super) static MODULE: Module = Module {
    name: CATALOG_MODULE,
    summary: "Finds and calls the other tools.",
    spaces: None,
    tools: &[ToolEntry::of::<Call>(CALL), ToolEntry::of::<Find>(FIND), ToolEntry::of::<Read>(READ)],
    tables: &[],
};

/// What `catalog.find` takes.
#[derive(Clone, Input)]
pub struct FindInput {
    /// What the user wants to do.
    #[input(sensitive, min_length = 1, max_length = 300)]
    pub query: String,
}

/// What `catalog.read` and `catalog.call` take.
#[derive(Debug, Clone, Input)]
pub struct CallInput {
    /// The tool's name, in any spelling.
    #[input(min_length = 1, max_length = 128)]
    pub tool: String,
    /// Its arguments, not checked yet.
    #[input(default = null)]
    pub arguments: Option<JsonObject>,
    /// The space to work in, by id or slug.
    #[input(default = null, min_length = 1, max_length = 128)]
    pub space: Option<String>,
}

/// `catalog.find`
#[derive(Debug)]
struct Find;

impl Tool for Find {
    type Input = FindInput;
    type Output = Value;

    async fn run(input: FindInput, context: ToolContext) -> Result<Value, ToolError> {
        Ok(context.find_tools(&input.query))
    }
}

/// `catalog.read`
#[derive(Debug)]
struct Read;

impl Tool for Read {
    type Input = CallInput;
    type Output = Value;

    async fn run(_: CallInput, _: ToolContext) -> Result<Value, ToolError> {
        Err(ToolError::NotUnwrapped)
    }
}

/// `catalog.call`
#[derive(Debug)]
struct Call;

impl Tool for Call {
    type Input = CallInput;
    type Output = Value;

    async fn run(_: CallInput, _: ToolContext) -> Result<Value, ToolError> {
        Err(ToolError::NotUnwrapped)
    }
}

const FIND: ToolSpec = ToolSpec {
    name: "catalog.find",
    title: "Find tools",
    description: "Finds tools that are not in your list by what they do, and returns up to five with their arguments. Use it \
                  when no listed tool fits, before you say that something cannot be done. Call what it finds with \
                  catalog.read or catalog.call.",
    scope: Scope::UserSpace,
    policy_hint: PolicyHint::Read,
    idempotent: true,
    deletes: false,
    aliases: &[],
    consent: None,
    calls: &[],
    hosts: ALWAYS_LOADED,
    input_schema: r#"{
  "type": "object",
  "properties": {
    "query": {
      "description": "What the user wants to do, in a few words of English or German: track time, Rechnung stellen.",
      "type": "string",
      "minLength": 1,
      "maxLength": 300
    }
  },
  "required": ["query"],
  "additionalProperties": false
}"#,
    output_schema: r#"{
  "type": "object",
  "properties": {
    "tools": {
      "description": "The tools that fit best, best first.",
      "type": "array",
      "items": {
        "type": "object",
        "properties": {
          "name": { "type": "string" },
          "title": { "type": "string" },
          "description": { "type": "string" },
          "effect": { "type": "string", "enum": ["read", "write", "destructive"] },
          "callWith": { "type": "string" },
          "asksPerson": { "type": "boolean" },
          "unavailable": { "type": "string" },
          "inputSchema": { "type": "object" }
        },
        "required": ["name", "description", "effect", "callWith", "inputSchema"]
      }
    },
    "hint": { "description": "What to do where nothing fits.", "type": "string" }
  },
  "required": ["tools"]
}"#,
};

const READ: ToolSpec = ToolSpec {
    name: "catalog.read",
    title: "Call a reading tool",
    description: "Calls a tool by its name that only reads, and returns its result. For a tool that is in your list, call it \
                  directly. Names and arguments come from catalog.find.",
    scope: Scope::UserSpace,
    policy_hint: PolicyHint::Read,
    idempotent: true,
    deletes: false,
    aliases: &[],
    consent: None,
    calls: &[],
    hosts: ALWAYS_LOADED,
    input_schema: CALL_INPUT,
    output_schema: CALL_OUTPUT,
};

const CALL: ToolSpec = ToolSpec {
    name: "catalog.call",
    title: "Call any tool",
    description: "Calls any tool by its name, also one that changes or removes data, and returns its result. For a tool that \
                  is in your list, call it directly; for one that only reads, use catalog.read. Names and arguments come \
                  from catalog.find.",
    scope: Scope::UserSpace,
    policy_hint: PolicyHint::Write,
    idempotent: false,
    deletes: false,
    aliases: &[],
    consent: None,
    calls: &[],
    hosts: ALWAYS_LOADED,
    input_schema: CALL_INPUT,
    output_schema: CALL_OUTPUT,
};

const ALWAYS_LOADED: HostHints = HostHints { always_load: true, search_hint: &[], result_characters: None };

const CALL_INPUT: &str = r#"{
  "type": "object",
  "properties": {
    "tool": {
      "description": "The tool's name.",
      "type": "string",
      "minLength": 1,
      "maxLength": 128
    },
    "arguments": {
      "description": "The tool's own arguments, as its inputSchema has them.",
      "type": "object"
    },
    "space": {
      "description": "Id or slug of the space to work in, if it is not the user's personal one: see spaces.list.",
      "type": "string",
      "minLength": 1,
      "maxLength": 128
    }
  },
  "required": ["tool"],
  "additionalProperties": false
}"#;

const CALL_OUTPUT: &str = r#"{
  "type": "object",
  "description": "The result of the tool."
}"#;

#[cfg(test)]
mod tests;
