//! Tools that call services, as the compiler would write them.

use std::sync::LazyLock;

use mana_mcp_runtime::{
    decode::JsonObject,
    prelude::*,
    tool::{Catalog, Output},
};

pub(crate) static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(MODULES));

static MODULES: &[&Module] = &[&Module {
    name: "events",
    summary: "Events.",
    spaces: None,
    tools: &[
        ToolEntry::of::<Draw>(Draw::SPEC),
        ToolEntry::of::<Feed>(Feed::SPEC),
        ToolEntry::of::<Nothing>(Nothing::SPEC),
        ToolEntry::of::<Open>(Open::SPEC),
    ],
    tables: &[],
}];

static FAKE: Service = Service { name: "fake", summary: "A service.", setting: "FAKE_URL", sends_token: true };
static STRANGER: Service =
    Service { name: "stranger", summary: "Another one.", setting: "STRANGER_URL", sends_token: false };

static FEED: Operation = Operation {
    service: &FAKE,
    name: "feed",
    method: "GET",
    path: "/v1/{id}/feed",
    request: Type::Object(&[Member { name: "id", ty: Type::Text }, Member { name: "q", ty: Type::Text }]),
    response: TITLED,
    errors: &[(404, "There is no such feed.")],
    timeout_seconds: 2,
    is_safe: true,
};
static DRAW: Operation = Operation {
    service: &FAKE,
    name: "draw",
    method: "POST",
    path: "/v1/draw",
    request: Type::Object(&[Member { name: "prompt", ty: Type::Text }]),
    response: TITLED,
    errors: &[],
    timeout_seconds: 8, // longer than many calls need to begin on a busy machine
    is_safe: false,
};
static OPEN: Operation = Operation {
    service: &STRANGER,
    name: "open",
    method: "GET",
    path: "/open",
    request: Type::Object(&[]),
    response: TITLED,
    errors: &[],
    timeout_seconds: 2,
    is_safe: true,
};

const TITLED: Type = Type::Object(&[Member { name: "title", ty: Type::Required(&Type::Text) }]);
static OUTPUT: Type = Type::Object(&[Member { name: "title", ty: Type::Text }]);

const SPEC: ToolSpec = ToolSpec {
    name: "",
    title: "A tool",
    description: "Calls a service.",
    scope: Scope::UserSpace,
    policy_hint: PolicyHint::Read,
    idempotent: false,
    deletes: false,
    aliases: &[],
    consent: None,
    calls: &[],
    hosts: HostHints::NONE,
    input_schema: r#"{"type":"object"}"#,
    output_schema: r#"{"type":"object"}"#,
};

/// A tool that calls that operation with its arguments.
macro_rules! tools {
    ($($tool:ident: $operation:expr, $spec:expr;)*) => {$(
        struct $tool;

        impl $tool {
            const SPEC: ToolSpec = $spec;
        }

        impl Tool for $tool {
            type Input = JsonObject;
            type Output = ToolOutput;

            async fn run(input: JsonObject, ctx: ToolContext) -> Result<ToolOutput, ToolError> {
                let mut steps = Steps::new(&ctx);
                let operation: Option<&'static Operation> = $operation;
                let Some(operation) = operation else { return Ok(serde_json::json!({}).written()?) };
                let with = Value::from_json_text(&serde_json::Value::Object(input).to_string());
                let answer = steps.call(operation, with).await?;
                steps.finish(answer, &OUTPUT).await
            }
        }
    )*};
}

tools! {
    Feed: Some(&FEED), ToolSpec { name: "events.feed", calls: &[&FEED], hosts: HINTS, ..SPEC };
    Draw: Some(&DRAW), ToolSpec {
        name: "events.draw",
        policy_hint: PolicyHint::Write,
        consent: Some("This costs 3 credits."),
        calls: &[&DRAW],
        ..SPEC
    };
    Open: Some(&OPEN), ToolSpec { name: "events.open", calls: &[&OPEN], ..SPEC };
    Nothing: None, ToolSpec { name: "events.nothing", ..SPEC };
}

const HINTS: HostHints =
    HostHints { always_load: true, search_hint: &["concerts", "fairs"], result_characters: Some(100_000) };
