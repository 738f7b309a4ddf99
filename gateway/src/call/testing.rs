//! A catalog for tests of the gateway's own parts: a tool for each scope and effect, none of which does anything.

pub(crate) mod services;

use std::sync::LazyLock;

use mana_mcp_runtime::{
    decode::{Decode, Decoder, Rules, Value},
    tool::{
        Catalog, Module, PolicyHint, Prompt, PromptArgument, Scope, Tool, ToolContext, ToolEntry, ToolError, ToolId,
        ToolSpec, Toolset,
    },
};

pub(crate) static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(MODULES));

/// The same tools in toolsets, with a prompt.
pub(crate) static GROUPED: LazyLock<Catalog> =
    LazyLock::new(|| Catalog::new(MODULES).with_toolsets(TOOLSETS).with_prompts(PROMPTS));

static TOOLSETS: &[Toolset] = &[
    Toolset { name: "careful", description: "", is_default: true, tools: &["user.read", "user.write"] },
    Toolset { name: "wiping", description: "", is_default: false, tools: &["admin.read", "user.wipe"] },
];

static PROMPTS: &[Prompt] = &[Prompt {
    name: "tidy-up",
    title: "Tidy up",
    description: "Reads, then writes.",
    arguments: &[
        PromptArgument { name: "place", description: "Where.", required: true },
        PromptArgument { name: "time", description: "When.", required: false },
    ],
    text: "Read {{place}} with user.read, then write at {{time}}. Again: {{place}}.",
}];

static MODULES: &[&Module] = &[&ADMIN, &USER];

static ADMIN: Module = Module {
    name: "admin",
    summary: "Tools that are never served.",
    spaces: None,
    tools: &[
        entry("admin.destroy", Scope::Admin, PolicyHint::Destructive),
        entry("admin.read", Scope::Admin, PolicyHint::Read),
        entry("admin.write", Scope::Admin, PolicyHint::Write),
    ],
    tables: &[],
};

static USER: Module = Module {
    name: "user",
    summary: "Tools that are served.",
    spaces: None,
    tools: &[
        entry("user.destroy", Scope::UserSpace, PolicyHint::Destructive),
        entry("user.read", Scope::UserSpace, PolicyHint::Read),
        entry("user.wipe", Scope::UserSpace, PolicyHint::Destructive),
        aliased(entry("user.write", Scope::UserSpace, PolicyHint::Write), &["write_user"]),
    ],
    tables: &[],
};

/// The first tool of that scope and effect.
pub(crate) fn tool(scope: Scope, policy_hint: PolicyHint) -> ToolId {
    let is_it = |tool: &&ToolId| tool.spec().scope == scope && tool.spec().policy_hint == policy_hint;
    *CATALOG.tools().iter().find(is_it).unwrap()
}

const fn entry(name: &'static str, scope: Scope, policy_hint: PolicyHint) -> ToolEntry {
    ToolEntry::of::<Nothing>(ToolSpec {
        name,
        title: "A tool",
        description: "Does nothing.",
        scope,
        policy_hint,
        idempotent: false,
        deletes: false,
        aliases: &[],
        consent: None,
        calls: &[],
        hosts: mana_mcp_runtime::tool::HostHints::NONE,
        input_schema: r#"{"type":"object"}"#,
        output_schema: r#"{"type":"object"}"#,
    })
}

const fn aliased(mut entry: ToolEntry, aliases: &'static [&'static str]) -> ToolEntry {
    entry.spec.aliases = aliases;
    entry
}

struct Nothing;

/// Any arguments.
struct Anything;

impl Decode for Anything {
    fn expected() -> String {
        "anything".to_owned()
    }

    fn decode(_: &Value, _: &Rules, _: &mut Decoder) -> Option<Self> {
        Some(Self)
    }
}

impl Tool for Nothing {
    type Input = Anything;
    type Output = Value;

    async fn run(_: Anything, _: ToolContext) -> Result<Value, ToolError> {
        Ok(Value::Object(serde_json::Map::new()))
    }
}
