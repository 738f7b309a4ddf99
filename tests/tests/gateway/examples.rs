//! The examples of both catalogs, run as they stand: the real ones by the shipped program. A failing one is reported as
//! `cargo xtask check` reports a mistake: with the file and line of the example.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use mana_mcp_codegen::diagnostics::render;
use mana_mcp_codegen::{Budget, Sources};
use mana_mcp_tests::services::subject;
use mana_mcp_tests::{Backends, CatalogServices, Gateway, Mcp, Program, Vault};
use serde_json::{Value, json};

use super::tools::FAILING;

/// When the rows were stored that examples begin with.
const STORED_AT: &str = "2026-01-01T00:00:00.000Z";

/// A tool as the gateway lists it, by its name with underscores.
pub(super) type Listed = BTreeMap<String, Value>;

/// The examples of all tools that clients are served and that can succeed, from the YAML itself.
pub(super) fn examples(program: Program) -> Vec<Value> {
    let catalog = match program {
        Program::Shipped | Program::Examples => "catalog",
        Program::Fixture => "tests/fixture/catalog",
    };
    let root = mana_mcp_tests::repository();
    let entries = [catalog.to_owned(), format!("{catalog}/services")].into_iter().flat_map(|folder| {
        let entries = fs::read_dir(root.join(folder)).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path())
    });
    let yaml = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let shown = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    let sources: Sources = yaml.map(|path| (shown(&path), fs::read_to_string(&path).unwrap())).collect();
    let compiled = mana_mcp_codegen::compile_within(&sources, Budget::UNBOUNDED).map_err(|problems| {
        problems.iter().map(|one| format!("\n{}", render::concise(one, &sources))).collect::<String>()
    });
    let artefacts = compiled.unwrap_or_else(|problems| panic!("{problems}")).artefacts;
    let parse = |name: &str| serde_json::from_str::<Value>(&artefacts[name]).unwrap();
    let manifest = parse("catalog.json");
    let tools = manifest["modules"].as_array().unwrap().iter().flat_map(|module| module["tools"].as_array().unwrap());
    let served: Vec<&Value> = tools.filter(|tool| tool["scope"] == "user-space").map(|tool| &tool["name"]).collect();
    let Value::Array(examples) = parse("examples.json") else { panic!("examples are an array") };
    let can_succeed = |example: &Value| served.contains(&&example["tool"]) && !FAILING.contains(&text(example, "tool"));
    examples.into_iter().filter(can_succeed).collect()
}

fn text<'a>(example: &'a Value, key: &str) -> &'a str {
    example[key].as_str().unwrap()
}

/// The name in lists: two tools have the one that hosts want.
pub(super) fn listed_name(tool: &str) -> String {
    match tool {
        "suite.fetch" | "suite.search" => tool.replace("suite.", ""),
        tool => tool.replace('.', "_"),
    }
}

/// Every id that stands in `names`, at any depth, as the other one of its pair.
fn renamed(value: &Value, names: &[(String, String)]) -> Value {
    match value {
        Value::String(text) => {
            let known = names.iter().find(|(from, _)| from == text);
            json!(known.map_or(text, |(_, to)| to))
        }
        Value::Array(items) => items.iter().map(|item| renamed(item, names)).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(name, value)| (name.clone(), renamed(value, names)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Where `whole` does not have what `part` names: objects may hold more, arrays may not, null is absent, and numbers compare
/// as numbers.
pub(super) fn differences(at: &str, whole: &Value, part: &Value) -> Vec<String> {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            let inner = |(name, part): (&String, &Value)| match whole.get(name) {
                Some(whole) => differences(&format!("{at}/{name}"), whole, part),
                None if part.is_null() => Vec::new(),
                None => vec![format!("{at}/{name} is missing, expected {part}")],
            };
            part.iter().flat_map(inner).collect()
        }
        (Value::Array(whole), Value::Array(part)) if whole.len() == part.len() => {
            let items = whole.iter().zip(part).enumerate();
            items.flat_map(|(index, (whole, part))| differences(&format!("{at}/{index}"), whole, part)).collect()
        }
        (Value::Array(whole), Value::Array(part)) => {
            vec![format!("{at} has {} items, expected {}", whole.len(), part.len())]
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => Vec::new(),
        _ if whole == part => Vec::new(),
        _ => vec![format!("{at} is {whole}, expected {part}")],
    }
}

/// The structured result of a call, or what came instead.
pub(super) async fn structured(mcp: &Mcp<'_>, tool: &str, input: Value) -> Result<Value, String> {
    let message = mcp.call(tool, input).await.message();
    match (&message["error"], &message["result"]) {
        (Value::Null, result) if result["isError"] != json!(true) => Ok(result["structuredContent"].clone()),
        (Value::Null, result) => Err(format!("`{tool}` failed: {}", result["content"][0]["text"])),
        (error, _) => Err(format!("`{tool}` failed: {}", error["message"])),
    }
}

/// The change by which the web application would have stored a row that an example begins with, which is that `number` of
/// those of its user.
async fn stored(backends: &Backends, token: &str, number: u32, given: &Value) -> Value {
    let mut data = json!({ "authorId": subject(token), "createdAt": STORED_AT, "updatedAt": STORED_AT });
    for fields in [&given["creates"], &given["row"]] {
        let fields = fields.as_object().into_iter().flatten();
        data.as_object_mut().unwrap().extend(fields.map(|(name, value)| (name.clone(), value.clone())));
    }
    let encrypted = given["encryptedFields"].as_array().unwrap();
    if !encrypted.is_empty() {
        let mut vault = Vault::open(backends, token, number).await.unwrap();
        for name in encrypted {
            if let Some(value) = data.get_mut(name.as_str().unwrap()).filter(|value| !value.is_null()) {
                *value = vault.seal(value).unwrap();
            }
        }
    }
    json!({ "table": given["syncName"], "id": data["id"], "op": "insert", "data": data })
}

/// Prepares an example as its `given` says, runs it, and tells everything that is not as it should be.
async fn run(backends: &Backends, mcp: &Mcp<'_>, example: &Value, listed: &Listed) -> Result<Vec<String>, String> {
    let mut names: Vec<(String, String)> = Vec::new();
    for (number, given) in (0..).zip(example["given"].as_array().unwrap()) {
        if given.get("table").is_some() {
            let change = stored(backends, mcp.token(), number, given).await;
            backends.push(mcp.token(), text(given, "app"), vec![change]).await;
            continue;
        }
        let made = structured(mcp, text(given, "tool"), renamed(&given["input"], &names)).await?;
        if let Some(id) = given["id"].as_str() {
            let rows = made.as_object().into_iter().flatten();
            let real = rows.filter_map(|(_, row)| row["id"].as_str()).next();
            let real = real.ok_or_else(|| format!("`{}` returned no row with an id", text(given, "tool")))?;
            names.push((id.to_owned(), real.to_owned()));
        }
    }
    let tool = text(example, "tool");
    let schemas = listed.get(&listed_name(tool)).ok_or_else(|| format!("`{tool}` is not listed"))?;
    let faults = |schema: &str, at: &str, value: &Value| -> Vec<String> {
        let validator = jsonschema::options().should_validate_formats(true).build(&schemas[schema]).unwrap();
        validator.iter_errors(value).map(|error| format!("{at}{}: {error}", error.instance_path())).collect()
    };
    let input = renamed(&example["input"], &names);
    let mut found = faults("inputSchema", "input", &input);
    if let Some(refused) = example["refused"].as_str() {
        found.extend(match structured(mcp, tool, input).await {
            Ok(result) => Some(format!("output is {result}, expected the refusal {refused:?}")),
            // Texts name tools as they are listed.
            Err(told) => (!told.replace('_', ".").contains(&refused.replace('_', ".")))
                .then(|| format!("refused: {told}, expected {refused:?}")),
        });
        return Ok(found);
    }
    let result = structured(mcp, tool, input).await?;
    found.extend(faults("outputSchema", "output", &result));
    found.extend(differences("output", &result, &renamed(&example["output"], &names)));
    Ok(found)
}

/// Runs these examples on a gateway, each for its own user: it begins with nothing but what it names. With services, it is
/// run at the time that it says. Returns what is not as they say, each with its place.
async fn failures(
    examples: &[Value],
    backends: &Backends,
    gateway: &Gateway,
    services: Option<&CatalogServices>,
    token: impl AsyncFn(&str) -> String,
) -> Vec<String> {
    let ada = token("ada@example.org").await;
    let answer = Mcp::modern(gateway, &ada).await.at("/all").request("tools/list", json!({})).await.result();
    let tools = answer["tools"].as_array().unwrap();
    let listed: Listed = tools.iter().map(|tool| (listed_name(text(tool, "name")), tool.clone())).collect();
    // Examples are for those who read the catalog: in a list, each costs tokens.
    assert!(listed.values().all(|tool| tool["inputSchema"].get("examples").is_none()));
    let mut failed = Vec::new();
    for (index, example) in examples.iter().enumerate() {
        let token = token(&format!("example{index}@example.org")).await;
        let mcp = Mcp::modern(gateway, &token).await.with_zone(text(example, "timeZone"));
        if let Some(services) = services {
            gateway.set_clock(text(example, "now"));
            services.will_answer(&example["services"]);
        }
        let mut found = run(backends, &mcp, example, &listed).await.unwrap_or_else(|failure| vec![failure]);
        found.extend(services.iter().flat_map(|services| services.done()));
        failed.extend(found.iter().map(|one| format!("{}: {one}", text(example, "at"))));
    }
    failed
}

/// Runs every example of the fixture but those of some tools.
pub(super) async fn run_all(
    backends: &Backends,
    gateway: &Gateway,
    token: impl AsyncFn(&str) -> String,
    without: &[&str],
) {
    let mut examples = examples(Program::Fixture);
    examples.retain(|example| !without.contains(&text(example, "tool")));
    let failed = failures(&examples, backends, gateway, None, token).await;
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

#[tokio::test]
async fn every_example_of_the_catalog_returns_what_it_says() {
    let backends = Backends::of(Program::Examples).await;
    let services = CatalogServices::start().await;
    let settings = services.settings.iter();
    let launch = settings.fold(backends.gateway(), |launch, (variable, url)| launch.env(variable, url));
    let gateway = launch.start().await;
    let token = async |user: &str| backends.short_token(user, 600).await;
    let examples = examples(Program::Examples);
    let failed = failures(&examples, &backends, &gateway, Some(&services), token).await;
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
    let (log, stored) = (gateway.log() + &backends.log(), contents(backends.data()));
    let secrets = secrets(&examples);
    assert!(secrets.len() > 80, "{secrets:?}");
    let told: Vec<&String> = secrets.iter().filter(|secret| log.contains(secret.as_str())).collect();
    assert!(told.is_empty(), "the log tells {told:?}");
    let plain: Vec<&String> = secrets.iter().filter(|secret| stored.contains(secret.as_str())).collect();
    assert!(plain.is_empty(), "stored as they are: {plain:?}");
}

/// The texts in sealed fields of the rows that the examples begin with, but those that are elsewhere, too.
fn secrets(examples: &[Value]) -> BTreeSet<String> {
    let (mut sealed, mut plain) = (BTreeSet::new(), BTreeSet::new());
    for example in examples {
        texts_in(&example["input"], &mut plain);
        for given in example["given"].as_array().unwrap().iter().filter(|given| given.get("table").is_some()) {
            let encrypted = given["encryptedFields"].as_array().unwrap();
            for (name, value) in given["row"].as_object().unwrap() {
                texts_in(value, if encrypted.contains(&json!(name)) { &mut sealed } else { &mut plain });
            }
        }
    }
    let is_elsewhere = |text: &str| plain.iter().any(|plain: &String| plain.contains(text));
    // A single word may stand in any name.
    let is_secret = |text: &String| text.contains(' ') && !is_elsewhere(text);
    sealed.into_iter().filter(is_secret).collect()
}

fn texts_in(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(texts.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts_in(item, texts)),
        Value::Object(members) => members.values().for_each(|member| texts_in(member, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// All files below a folder.
fn contents(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| {
        if path.is_dir() { contents(&path) } else { String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned() }
    });
    texts.collect()
}

#[tokio::test]
async fn every_example_of_the_fixture_returns_what_it_says() {
    let backends = Backends::start().await;
    let gateway = backends.gateway().start().await;
    run_all(&backends, &gateway, async |user| backends.short_token(user, 600).await, &[]).await;
}

#[test]
fn an_example_tells_where_it_differs() {
    let told = |whole: &Value, part: &Value| differences("output", whole, part);
    let drink = json!({ "drink": { "name": "Water", "quantityMl": 250, "tags": ["a", "b"] }, "more": 1 });
    for holds in [
        json!({}),
        json!({ "drink": { "quantityMl": 250.0 } }),
        json!({ "drink": { "name": "Water", "tags": ["a", "b"] } }),
        json!({ "less": null }),
    ] {
        assert!(told(&drink, &holds).is_empty(), "{holds}");
    }
    for (part, difference) in [
        (json!({ "drink": { "quantityMl": 300 } }), "output/drink/quantityMl is 250, expected 300"),
        (json!({ "drink": { "quantityMl": "250" } }), "output/drink/quantityMl is 250, expected \"250\""),
        (json!({ "drink": { "tags": ["a"] } }), "output/drink/tags has 2 items, expected 1"),
        (json!({ "drink": { "tags": ["a", "c"] } }), "output/drink/tags/1 is \"b\", expected \"c\""),
        (json!({ "more": null }), "output/more is 1, expected null"),
        (json!({ "less": true }), "output/less is missing, expected true"),
    ] {
        assert_eq!(told(&drink, &part), [difference]);
    }
}
