//! The golden catalog of the compiler, built as the shipped catalog is: what a catalog can say compiles without a
//! warning, its inputs are what its schemas publish, and its handlers run over the data layer and the standalone services.

#![cfg(test)]
#![deny(warnings)]
#![expect(unreachable_pub, reason = "generated items are `pub`, and a test exports nothing")]

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use mana_mcp::{
    auth::{BearerToken, Expectations, SpaceResolver, Verifier},
    backend::{IdentityClient, ServiceClients, SyncClient, Transport},
    call::{self, CallFailure, CallRequest, IdempotencyKeys, Route, ToolServices},
    data::{DEFAULT_REPLICA_BYTES, DataServices},
    policy::{Gate, GateServices, Mode, PolicySettings, consent::Consenting, opt_ins::ConfiguredOptIns},
    telemetry::{Audit, Metrics},
};
use mana_mcp_runtime::{
    data::DataError,
    tool::{AgentActor, Catalog, CustomTool, ToolContext, ToolError},
    zone::Zone,
};
use mana_mcp_standalone::Standalone;
use serde_json::{Value, json};
use zeroize::Zeroizing;

#[rustfmt::skip]
#[expect(dead_code, reason = "only what the tests look at is used")]
#[path = "../../codegen/tests/goldens/kitchen/out/mod.rs"]
mod catalog;

/// The examples of the golden catalog.
const EXAMPLES: &str = include_str!("../../codegen/tests/goldens/kitchen/out/examples.json");

impl CustomTool for catalog::kitchen::Clean {
    async fn handle(_: Self::Input, _: ToolContext) -> Result<Self::Output, ToolError> {
        Ok(Self::Output { left: None })
    }
}

impl CustomTool for catalog::pantry::Look {
    async fn handle(_: Self::Input, _: ToolContext) -> Result<Self::Output, ToolError> {
        Ok(Self::Output { jars: Vec::new() })
    }
}

/// One user's calls, through the gateway's pipeline over the standalone services.
struct World {
    _folder: tempfile::TempDir,
    standalone: Standalone,
    services: Arc<ToolServices>,
    verifier: Verifier,
}

impl World {
    fn new() -> Self {
        const ISSUER: &str = "http://localhost:3069";
        let folder = tempfile::tempdir().unwrap();
        let standalone = mana_mcp_standalone::open(folder.path(), ISSUER).unwrap();
        let identity = IdentityClient::new(Transport::InProcess(standalone.identity.clone()));
        let sync = SyncClient::new(Transport::InProcess(standalone.sync.clone()));
        let (catalog, metrics): (&'static Catalog, _) = (&catalog::CATALOG, Arc::new(Metrics::off()));
        let settings = PolicySettings {
            mode: Mode::Off,
            rate_limit_per_minute: NonZeroU32::MAX,
            opt_ins: ConfiguredOptIns::default(),
        };
        let consent_states = Zeroizing::new([7; 32]).into();
        let gate =
            GateServices { catalog, space_policies: None, redis: None, consent_states, metrics: Arc::clone(&metrics) };
        let services = ToolServices {
            catalog,
            data: Arc::new(DataServices::new(sync, identity.clone(), DEFAULT_REPLICA_BYTES)),
            spaces: Arc::new(SpaceResolver::new(identity.clone())),
            clients: ServiceClients::default(),
            web: None,
            gate: Gate::new(settings, gate),
            audit: Arc::new(Audit::new(&[7; 16], Arc::clone(&metrics))),
            metrics,
            idempotency: IdempotencyKeys::new([7; 32].into()),
        };
        let expected = Expectations { audience: "mana".to_owned(), issuer: Some(ISSUER.to_owned()), own_issuer: None };
        let (services, verifier) = (Arc::new(services), Verifier::new(identity, expected));
        Self { _folder: folder, standalone, services, verifier }
    }

    async fn call(&self, name: &str, arguments: Value) -> Result<Value, CallFailure> {
        let tool = catalog::CATALOG.find(name).unwrap();
        let token = self.standalone.issue_token("ada@example.org", Duration::from_secs(600)).unwrap();
        let principal = self.verifier.verify(BearerToken::new(token)).await.unwrap();
        let access = self.services.spaces.resolve(&principal, None).await.unwrap();
        let agent = AgentActor { principal_id: "agent-1".to_owned(), display_name: "Agent".to_owned() };
        let arguments = arguments.as_object().unwrap().clone();
        let (consenting, zone) = (Consenting::default(), Zone::UTC);
        let route = Route::default();
        let request = CallRequest { tool, route, access, arguments, agent, consenting, zone, key: None, is_dry: false };
        let output = call::call(&self.services, request).await?.output;
        Ok(serde_json::from_slice(output.json()).unwrap())
    }
}

/// The module of five tools over encrypted fields that `docs/authoring.md` points to: not a line of Rust was written for it.
#[tokio::test]
async fn a_module_written_in_yaml_alone_works() {
    let world = World::new();
    let call = async |tool, arguments| world.call(tool, arguments).await.unwrap();
    let grace = json!({ "firstName": "Grace", "lastName": "Hopper", "city": "Arlington", "circle": "work" });
    let made = call("contacts.create", grace).await["contact"].clone();
    assert_eq!((&made["lastName"], &made["isArchived"]), (&json!("Hopper"), &json!(false)));
    call("contacts.create", json!({ "firstName": "Ada" })).await;
    let found = call("contacts.search", json!({ "query": "HOPP" })).await;
    assert_eq!(found["contacts"], json!([made]), "an encrypted field is searched");
    let update = json!({ "id": made["id"], "phone": "+1 555 0100" });
    assert_eq!(call("contacts.update", update).await, json!({ "ok": true }));
    let found = call("contacts.search", json!({ "query": "hopp" })).await;
    assert_eq!((&found["contacts"][0]["phone"], &found["contacts"][0]["city"]), (&json!("+1 555 0100"), &made["city"]));
    assert_eq!(call("contacts.archive", json!({ "id": made["id"] })).await, json!({ "ok": true }));
    let listed = call("contacts.list", json!({})).await["contacts"].clone();
    assert_eq!(listed.as_array().unwrap().iter().map(|one| &one["firstName"]).collect::<Vec<_>>(), ["Ada"]);
}

#[tokio::test]
async fn a_row_is_deleted_softly_and_hard() {
    let world = World::new();
    let call = async |tool, arguments| world.call(tool, arguments).await.unwrap();
    call("kitchen.put", json!({})).await;
    let pots = call("kitchen.pots", json!({})).await["pots"].clone();
    let pot = json!({ "id": pots[0]["id"] });
    assert_eq!(call("kitchen.scrap", pot.clone()).await, json!({ "ok": true }));
    assert_eq!(call("kitchen.pots", json!({})).await["pots"], json!([]));
    let gone = DataError::NotFound { noun: "pot", id: pot["id"].as_str().unwrap().to_owned() };
    assert_eq!(failure(world.call("kitchen.scrap", pot).await), gone);

    let bread = json!({ "title": "Bread", "servings": 4, "steps": [{ "text": "Bake it.", "minutes": 45 }] });
    let recipe = call("kitchen.write", bread).await["recipe"]["id"].clone();
    let discard = json!({ "recipe": recipe, "day": "2026-04-22" });
    assert_eq!(call("kitchen.discard", discard.clone()).await, json!({ "day": "2026-04-22" }));
    let gone = DataError::NotFound { noun: "recipe", id: recipe.as_str().unwrap().to_owned() };
    assert_eq!(failure(world.call("kitchen.discard", discard).await), gone);
}

fn failure(result: Result<Value, CallFailure>) -> DataError {
    let Err(CallFailure::Failed(ToolError::Data(error))) = result else { panic!("{result:?}") };
    error
}

#[test]
fn every_tool_is_found_under_both_of_its_names() {
    let catalog: &Catalog = &catalog::CATALOG;
    assert_eq!(catalog.modules().iter().map(|module| module.tools.len()).sum::<usize>(), catalog.tools().len());
    assert!(catalog.tools().iter().map(|tool| tool.name()).is_sorted());
    for (index, tool) in catalog.tools().iter().enumerate() {
        assert_eq!(tool.index(), index);
        for name in [tool.name().to_owned(), tool.name().replace('.', "_")] {
            assert_eq!(catalog.find(&name), Some(*tool));
        }
    }
    assert_eq!(catalog.find("kitchen-pots"), None);
}

#[test]
fn every_example_is_taken_by_the_type_and_by_the_schema() {
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap();
    for example in examples.as_array().unwrap() {
        let entry = catalog::CATALOG.find(example["tool"].as_str().unwrap()).unwrap().entry();
        let input = example["input"].as_object().unwrap();
        entry.prepare(&mut input.clone()).unwrap_or_else(|violations| panic!("{}: {violations}", entry.spec.name));
        let schema: Value = serde_json::from_str(entry.spec.input_schema).unwrap();
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&example["input"]), "{}", entry.spec.name);
    }
}

#[test]
fn the_type_and_the_schema_refuse_the_same() {
    let whole = json!({ "title": "Bread", "servings": 4, "steps": [{ "text": "Bake it.", "minutes": 45 }] });
    let entry = catalog::CATALOG.find("kitchen.write").unwrap().entry();
    let schema: Value = serde_json::from_str(entry.spec.input_schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let cases = [
        ("/title", json!("")),
        ("/course", json!("supper")),
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
    // What is published need not say it: the type refuses U+0000 everywhere.
    let mut with_nul = whole.clone();
    with_nul["title"] = json!("a\0b");
    assert!(validator.is_valid(&with_nul) && entry.prepare(with_nul.as_object_mut().unwrap()).is_err());
    assert!(validator.is_valid(&whole) && entry.prepare(&mut whole.as_object().unwrap().clone()).is_ok());
    for (pointer, value) in cases {
        let mut input = whole.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        input.pointer_mut(parent).unwrap()[name] = value;
        assert!(!validator.is_valid(&input), "the schema takes {input}");
        let violations = entry.prepare(&mut input.as_object().unwrap().clone()).expect_err("the type takes it");
        // Names that a caller made up are not repeated where they stand in a sensitive value.
        let told = if pointer.ends_with("/more") { parent } else { pointer };
        assert!(violations.to_string().contains(told), "{pointer}: {violations}");
    }
}
