//! The golden catalog of the compiler, built as the gateway builds its own: what a catalog can say compiles without a
//! warning, its inputs are what its schemas publish, and each handler has the shape that the gateway runs.

#![deny(warnings)]
#![expect(unreachable_pub, reason = "generated items are `pub`, and a test exports nothing")]

#[rustfmt::skip]
#[path = "../../codegen/tests/goldens/kitchen/out/mod.rs"]
#[expect(dead_code, reason = "nothing serves the golden catalog")]
mod catalog;

/// The rooms that generated code imports, with the golden catalog's own ids.
mod tools {
    use std::future::Future;

    use mana_mcp::data::{DataError, Record, Table};
    use mana_mcp::decode::{Date, Decode, JsonObject, Timestamp, Violations, decode_input};
    pub(crate) use mana_mcp::tools::{PolicyHint, Scope};
    use serde::Serialize;

    use crate::catalog::ToolId;

    pub(crate) mod prelude {
        pub(crate) use mana_mcp::data::{Filter, Query, Unreadable};
        pub(crate) use mana_mcp::decode::{Date, JsonObject, Timestamp, Uuid};
        pub(crate) use mana_mcp::tools::functions;
        pub(crate) use mana_mcp_macros::{Input, Record};
        pub(crate) use serde::Serialize;

        pub(crate) use super::{CustomTool, Tool, ToolContext, ToolError};
    }

    #[derive(Debug, Clone, Copy)]
    #[expect(dead_code, reason = "only what is published is looked at")]
    pub struct ToolSpec {
        pub(crate) id: ToolId,
        pub(crate) name: &'static str,
        pub(crate) title: &'static str,
        pub(crate) description: &'static str,
        pub(crate) scope: Scope,
        pub(crate) policy_hint: PolicyHint,
        pub(crate) idempotent: bool,
        pub(crate) input_schema: &'static str,
        pub(crate) output_schema: &'static str,
    }

    #[expect(dead_code, reason = "handlers are compiled, not run")]
    pub trait Tool: Send + Sync + 'static {
        const ID: ToolId;
        type Input: Decode + Send + 'static;
        type Output: Serialize + Send + 'static;
        fn run(
            input: Self::Input,
            context: ToolContext,
        ) -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
    }

    pub trait CustomTool: Tool {
        fn handle(
            input: Self::Input,
            context: ToolContext,
        ) -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
    }

    impl CustomTool for crate::catalog::kitchen::Clean {
        async fn handle(_: Self::Input, _: ToolContext) -> Result<Self::Output, ToolError> {
            Ok(Self::Output { left: None })
        }
    }

    impl CustomTool for crate::catalog::pantry::Look {
        async fn handle(_: Self::Input, _: ToolContext) -> Result<Self::Output, ToolError> {
            Ok(Self::Output { jars: Vec::new() })
        }
    }

    #[derive(Debug)]
    pub struct ToolError;

    impl From<DataError> for ToolError {
        fn from(_: DataError) -> Self {
            Self
        }
    }

    /// A context without data: handlers are compiled against it, not run.
    #[derive(Debug)]
    pub struct ToolContext;

    impl ToolContext {
        pub(crate) fn now(&self) -> Timestamp {
            Timestamp::now()
        }
        pub(crate) fn today(&self) -> Date {
            Timestamp::now().date()
        }
        pub(crate) fn space_id(&self) -> &str {
            "space"
        }
        #[expect(clippy::unused_async, reason = "handlers wait for the table")]
        pub(crate) async fn table<R: Record>(&self) -> Result<Table<R>, ToolError> {
            Err(ToolError)
        }
    }

    #[derive(Debug)]
    pub struct ToolEntry {
        pub(crate) spec: ToolSpec,
        pub(crate) decode: fn(&JsonObject) -> Result<(), Violations>,
    }

    impl ToolEntry {
        pub(crate) const fn of<T: Tool>(spec: ToolSpec) -> Self {
            Self { spec, decode: |arguments| decode_input::<T::Input>(arguments).map(drop) }
        }
    }
}

use serde_json::{Value, json};

#[test]
fn every_tool_stands_in_the_table_under_both_of_its_names() {
    assert_eq!(catalog::ToolId::ALL.len(), catalog::TOOLS.len());
    for (id, entry) in catalog::ToolId::ALL.iter().zip(catalog::TOOLS) {
        assert_eq!(entry.spec.name, id.name());
        assert_eq!(id.entry().spec.id, *id);
        assert_eq!(catalog::ToolId::parse(id.name()), Some(*id));
        assert_eq!(catalog::ToolId::parse(&id.name().replace('.', "_")), Some(*id));
    }
    assert_eq!(catalog::ToolId::parse("kitchen-pots"), None);
}

#[test]
fn every_example_is_taken_by_the_type_and_by_the_schema() {
    let examples: Value =
        serde_json::from_str(include_str!("../../codegen/tests/goldens/kitchen/out/examples.json")).unwrap();
    for example in examples.as_array().unwrap() {
        let entry = catalog::ToolId::parse(example["tool"].as_str().unwrap()).unwrap().entry();
        let input = example["input"].as_object().unwrap();
        (entry.decode)(input).unwrap_or_else(|violations| panic!("{}: {violations}", entry.spec.name));
        let schema: Value = serde_json::from_str(entry.spec.input_schema).unwrap();
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&example["input"]), "{}", entry.spec.name);
    }
}

#[test]
fn the_type_and_the_schema_refuse_the_same() {
    let whole = json!({ "title": "Bread", "servings": 4, "steps": [{ "text": "Bake it.", "minutes": 45 }] });
    let entry = catalog::ToolId::KitchenWrite.entry();
    let schema: Value = serde_json::from_str(entry.spec.input_schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let cases = [
        ("/title", json!("")),
        ("/title", json!("a\0b")),
        ("/course", json!("supper")),
        ("/course", Value::Null),
        ("/servings", json!(0)),
        ("/servings", json!(2.5)),
        ("/weight", json!(-2)),
        ("/steps", json!([])),
        ("/steps/0/minutes", json!(601)),
        ("/steps/0/self", json!("yes")),
        ("/steps/0/tools", json!([{ "kind": "spoon" }])),
        ("/steps/0/more", json!(1)),
        ("/tags", json!(["a", "a"])),
        ("/tags", json!(["a", "b", "c", "d", "e", "f"])),
        ("/note", json!("\"A\"")),
        ("/mood", json!("fair")),
        ("/cookedOn", json!("2026-02-30")),
        ("/unknown", json!(1)),
    ];
    assert!(validator.is_valid(&whole) && (entry.decode)(whole.as_object().unwrap()).is_ok());
    for (pointer, value) in cases {
        let mut input = whole.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        input.pointer_mut(parent).unwrap()[name] = value;
        assert!(!validator.is_valid(&input), "the schema takes {input}");
        let violations = (entry.decode)(input.as_object().unwrap()).expect_err("the type takes it");
        // Names that a caller made up are not repeated where they stand in a sensitive value.
        let told = if pointer.ends_with("/more") { parent } else { pointer };
        assert!(violations.to_string().contains(told), "{pointer}: {violations}");
    }
}
