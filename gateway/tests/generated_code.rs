//! The golden catalog of the compiler, built as the gateway builds its own: what a catalog can say compiles without a
//! warning, its inputs are what its schemas publish, and its handlers run over the data layer and the standalone services.

#![deny(warnings)]
#![expect(unreachable_pub, reason = "generated items are `pub`, and a test exports nothing")]

#[rustfmt::skip]
#[path = "../../codegen/tests/goldens/kitchen/out/mod.rs"]
#[expect(dead_code, reason = "nothing serves the golden catalog")]
mod catalog;

/// The rooms that generated code imports, with the golden catalog's own ids.
mod tools {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Arc;

    use mana_mcp::data::DataServices;
    use mana_mcp_replica::Caller;
    use mana_mcp_runtime::decode::{Date, Decode, JsonObject, Timestamp, Violations, decode_input};
    use mana_mcp_runtime::tool::Output;
    pub(crate) use mana_mcp_runtime::tool::{PolicyHint, Scope};
    use mana_mcp_runtime::{
        rows::Record,
        table::{DataError, Table},
        tool::AgentActor,
    };
    use serde_json::Value;

    use mana_mcp_runtime::tool::ToolId;

    pub(crate) mod prelude {
        pub(crate) use mana_mcp_macros::{Input, Record};
        pub(crate) use mana_mcp_runtime::decode::{Date, JsonObject, Timestamp, Uuid};
        pub(crate) use mana_mcp_runtime::tool::{ToolOutput, functions};
        pub(crate) use mana_mcp_runtime::{
            rows::Unreadable,
            table::{Filter, Query},
        };
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

    pub trait Tool: Send + Sync + 'static {
        const ID: ToolId;
        type Input: Decode + Send + 'static;
        type Output: Output + Send + 'static;
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

    #[derive(Debug, PartialEq)]
    pub enum ToolError {
        Data(DataError),
        Input(String),
    }

    impl From<serde_json::Error> for ToolError {
        fn from(error: serde_json::Error) -> Self {
            Self::Input(error.to_string())
        }
    }

    impl From<DataError> for ToolError {
        fn from(error: DataError) -> Self {
            Self::Data(error)
        }
    }

    /// The calls of one person.
    #[derive(Debug, Clone)]
    pub struct ToolContext {
        pub(crate) services: Arc<DataServices>,
        pub(crate) caller: Caller,
    }

    impl ToolContext {
        pub(crate) fn now(&self) -> Timestamp {
            Timestamp::now()
        }
        pub(crate) fn today(&self) -> Date {
            Timestamp::now().date()
        }
        pub(crate) fn space_id(&self) -> &str {
            &self.caller.space
        }
        pub(crate) async fn table<R: Record>(&self) -> Result<Table<R>, ToolError> {
            let agent = AgentActor { principal_id: "agent-1".to_owned(), display_name: "Agent".to_owned() };
            Ok(self.services.table(self.caller.clone(), self.now(), agent).await?)
        }
    }

    type Ran = Pin<Box<dyn Future<Output = Result<Value, ToolError>> + Send>>;

    #[derive(Debug)]
    pub struct ToolEntry {
        /// The id of the handler's type.
        pub(crate) id: ToolId,
        pub(crate) spec: ToolSpec,
        pub(crate) decode: fn(&JsonObject) -> Result<(), Violations>,
        pub(crate) run: fn(JsonObject, ToolContext) -> Ran,
    }

    impl ToolEntry {
        pub(crate) const fn of<T: Tool>(spec: ToolSpec) -> Self {
            let run = |arguments: JsonObject, context| -> Ran {
                Box::pin(async move {
                    let input = decode_input::<T::Input>(&arguments);
                    let input = input.map_err(|violations| ToolError::Input(violations.to_string()))?;
                    let output = T::run(input, context).await?;
                    Ok(serde_json::from_slice(output.written()?.json())?)
                })
            };
            Self { id: T::ID, spec, decode: |arguments| decode_input::<T::Input>(arguments).map(drop), run }
        }
    }
}

use std::sync::Arc;
use std::time::Duration;

use catalog::ToolId;
use mana_mcp::auth::BearerToken;
use mana_mcp::backend::standalone::{self, Standalone};
use mana_mcp::backend::{IdentityClient, SyncClient, Transport};
use mana_mcp::data::{DEFAULT_REPLICA_BYTES, DataServices};
use mana_mcp_replica::Caller;
use mana_mcp_runtime::table::DataError;
use serde_json::{Value, json};
use tools::{ToolContext, ToolError};

/// One person's calls, over the standalone services.
struct World {
    _folder: tempfile::TempDir,
    _standalone: Standalone,
    context: ToolContext,
}

impl World {
    async fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let standalone = standalone::open(folder.path(), "http://localhost:3069")?;
        let token = BearerToken::new(standalone.issue_token("ada@example.org", Duration::from_secs(600))?);
        let identity = IdentityClient::new(Transport::InProcess(standalone.identity.clone()));
        let sync = SyncClient::new(Transport::InProcess(standalone.sync.clone()));
        let spaces = identity.spaces(&token).await?;
        let space = spaces.first().ok_or("a new person has a space")?.id.clone();
        let services = Arc::new(DataServices::new(sync, identity, DEFAULT_REPLICA_BYTES));
        let spaces = spaces.into_iter().map(Arc::new).collect();
        let caller = Caller { user: "ada".to_owned(), token, space: space.clone(), personal_space: space, spaces };
        Ok(Self { _folder: folder, _standalone: standalone, context: ToolContext { services, caller } })
    }

    async fn call(&self, tool: ToolId, arguments: Value) -> Result<Value, ToolError> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        (tool.entry().run)(arguments, self.context.clone()).await
    }
}

/// The module of five tools over encrypted fields that `docs/authoring.md` points to: not a line of Rust was written for it.
#[tokio::test]
async fn a_module_written_in_yaml_alone_works() {
    let world = World::new().await.unwrap();
    let call = async |tool, arguments| world.call(tool, arguments).await.unwrap();
    let grace = json!({ "firstName": "Grace", "lastName": "Hopper", "city": "Arlington", "circle": "work" });
    let made = call(ToolId::ContactsCreate, grace).await["contact"].clone();
    assert_eq!((&made["lastName"], &made["isArchived"]), (&json!("Hopper"), &json!(false)));
    call(ToolId::ContactsCreate, json!({ "firstName": "Ada" })).await;
    let found = call(ToolId::ContactsSearch, json!({ "query": "HOPP" })).await;
    assert_eq!(found["contacts"], json!([made]), "an encrypted field is searched");
    let update = json!({ "id": made["id"], "phone": "+1 555 0100" });
    assert_eq!(call(ToolId::ContactsUpdate, update).await, json!({ "ok": true }));
    let found = call(ToolId::ContactsSearch, json!({ "query": "hopp" })).await;
    assert_eq!((&found["contacts"][0]["phone"], &found["contacts"][0]["city"]), (&json!("+1 555 0100"), &made["city"]));
    assert_eq!(call(ToolId::ContactsArchive, json!({ "id": made["id"] })).await, json!({ "ok": true }));
    let listed = call(ToolId::ContactsList, json!({})).await["contacts"].clone();
    assert_eq!(listed.as_array().unwrap().iter().map(|one| &one["firstName"]).collect::<Vec<_>>(), ["Ada"]);
}

#[tokio::test]
async fn a_row_is_deleted_softly_and_hard() {
    let world = World::new().await.unwrap();
    let call = async |tool, arguments| world.call(tool, arguments).await.unwrap();
    call(ToolId::KitchenPut, json!({})).await;
    let pots = call(ToolId::KitchenPots, json!({})).await["pots"].clone();
    let pot = json!({ "id": pots[0]["id"] });
    assert_eq!(call(ToolId::KitchenScrap, pot.clone()).await, json!({ "ok": true }));
    assert_eq!(call(ToolId::KitchenPots, json!({})).await["pots"], json!([]));
    let gone = DataError::NotFound { noun: "pot", id: pot["id"].as_str().unwrap().to_owned() };
    assert_eq!(world.call(ToolId::KitchenScrap, pot).await, Err(ToolError::Data(gone)));

    let bread = json!({ "title": "Bread", "servings": 4, "steps": [{ "text": "Bake it.", "minutes": 45 }] });
    let recipe = call(ToolId::KitchenWrite, bread).await["recipe"]["id"].clone();
    let discard = json!({ "recipe": recipe, "day": "2026-04-22" });
    assert_eq!(call(ToolId::KitchenDiscard, discard.clone()).await, json!({ "day": "2026-04-22" }));
    let gone = DataError::NotFound { noun: "recipe", id: recipe.as_str().unwrap().to_owned() };
    assert_eq!(world.call(ToolId::KitchenDiscard, discard).await, Err(ToolError::Data(gone)));
}

#[test]
fn every_tool_stands_in_the_table_under_both_of_its_names() {
    assert_eq!(catalog::ToolId::ALL.len(), catalog::TOOLS.len());
    for (id, entry) in catalog::ToolId::ALL.iter().zip(catalog::TOOLS) {
        assert_eq!(entry.spec.name, id.name());
        assert_eq!((entry.id, id.entry().spec.id), (*id, *id));
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
