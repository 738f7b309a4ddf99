//! A catalog whose tools do nothing: calls need one.

use serde_json::Value as Json;

use crate::{
    decode::{Decode, Decoder, JsonObject, Rules},
    tool::{HostHints, Module, PolicyHint, Scope, Tool, ToolContext, ToolEntry, ToolError, ToolSpec},
};

const fn entry(name: &'static str) -> ToolEntry {
    ToolEntry::of::<Nothing>(ToolSpec {
        name,
        title: "A tool",
        description: "Does nothing.",
        scope: Scope::UserSpace,
        policy_hint: PolicyHint::Write,
        idempotent: false,
        deletes: false,
        aliases: &[],
        consent: None,
        calls: &[],
        hosts: HostHints::NONE,
        input_schema: "{}",
        output_schema: "{}",
    })
}

pub(super) static MODULES: &[&Module] = &[&Module {
    name: "user",
    summary: "Tools for tests.",
    spaces: None,
    tools: &[entry("user.other"), entry("user.write")],
    tables: &[],
}];

struct Nothing;

impl Decode for Nothing {
    fn expected() -> String {
        "nothing".to_owned()
    }

    fn decode(_: &Json, _: &Rules, _: &mut Decoder) -> Option<Self> {
        Some(Self)
    }
}

impl Tool for Nothing {
    type Input = Self;
    type Output = Json;

    async fn run(_: Self, _: ToolContext) -> Result<Json, ToolError> {
        Ok(Json::Object(JsonObject::new()))
    }
}
