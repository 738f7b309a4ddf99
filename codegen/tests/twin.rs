//! Tools, run in memory: they do what the examples of the catalog say, which the gateway's tests run over sockets. So both
//! agree. What they differ in is reported at its place.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use mana_mcp_codegen::diagnostics::render;
use mana_mcp_codegen::ir::Catalog;
use mana_mcp_codegen::twin::{self, NoResult, Ran, Timestamp, Verdict, Zone};
use mana_mcp_codegen::{Budget, Code, Diagnostics, Sources, check_part, check_within};
use serde_json::{Value, json};

/// The sources of a catalog of the repository, by path.
fn files(catalog: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |folder: String| {
        let entries = fs::read_dir(root.join(&folder)).into_iter().flatten().map(|entry| entry.unwrap().path());
        let yaml = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        yaml.map(move |path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            (format!("{folder}/{name}"), fs::read_to_string(&path).unwrap())
        })
        .collect::<Vec<_>>()
    };
    [read(catalog.to_owned()), read(format!("{catalog}/services"))].concat()
}

fn told(problems: &Diagnostics, sources: &Sources) -> String {
    problems.iter().map(|one| render::full(one, sources, render::Style::Plain) + "\n").collect()
}

fn checked(sources: &Sources) -> Catalog {
    check_within(sources, Budget::UNBOUNDED).unwrap_or_else(|problems| panic!("{}", told(&problems, sources))).0
}

/// The catalog that is shipped.
static SHIPPED: LazyLock<(Sources, Catalog)> = LazyLock::new(|| {
    let sources: Sources = files("catalog").into_iter().collect();
    let catalog = checked(&sources);
    (sources, catalog)
});

/// The tools whose examples run only in a gateway; all others pass.
fn only_in_a_gateway(ran: &[Ran], sources: &Sources) -> BTreeSet<String> {
    let (mut failures, mut elsewhere) = (String::new(), BTreeSet::new());
    for Ran { tool, example, verdict, .. } in ran {
        match verdict {
            Verdict::Passed => {}
            Verdict::Failed(problems) => write!(failures, "{tool}: {example}\n{}", told(problems, sources)).unwrap(),
            Verdict::OnlyInGateway(_) => elsewhere.extend([tool.clone()]),
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    elsewhere
}

#[test]
fn every_example_of_the_catalog_passes_but_those_of_tools_that_are_written_by_hand() {
    let (sources, catalog) = &*SHIPPED;
    let ran = twin::run_examples(catalog, &twin::all(catalog));
    assert!(ran.len() > 400, "{} examples", ran.len());
    let elsewhere = only_in_a_gateway(&ran, sources);
    let by_hand = ["spaces.list", "suite.fetch", "suite.search"].map(str::to_owned);
    assert_eq!(elsewhere, BTreeSet::from(by_hand));
    for Ran { tool, verdict, .. } in ran.iter().filter(|one| elsewhere.contains(&one.tool)) {
        assert_eq!(*verdict, Verdict::OnlyInGateway(format!("`{tool}` is written by hand")));
    }
}

/// Its tools are made to try the gateway, and the gateway's tests run their examples too.
#[test]
fn every_example_of_the_fixture_passes_but_those_of_tools_that_are_written_by_hand() {
    let sources: Sources = files("tests/fixture/catalog").into_iter().collect();
    let catalog = checked(&sources);
    let ran = twin::run_examples(&catalog, &twin::all(&catalog));
    let by_hand = mana_mcp_codegen::overview::overview(&catalog).into_iter();
    let by_hand = by_hand.filter(|tool| tool.action == mana_mcp_codegen::overview::ActionFacts::Custom);
    assert_eq!(only_in_a_gateway(&ran, &sources), by_hand.map(|tool| tool.name).collect());
}

/// Whose tools have the forms of steps that no other tool has, such as `each` over `call`.
#[test]
fn every_example_of_the_golden_cellar_passes() {
    let sources: Sources = files("codegen/tests/goldens/kitchen").into_iter().collect();
    let catalog = checked(&sources);
    let ran = twin::run_examples(&catalog, &twin::named(&catalog, "cellar"));
    assert!(ran.iter().any(|one| one.example == "two wines of that year"), "{ran:?}");
    assert_eq!(only_in_a_gateway(&ran, &sources), BTreeSet::new());
}

/// As in a gateway (`a_step_that_is_left_out_the_second_time_changes_no_later_id`).
#[test]
fn a_step_that_is_left_out_changes_no_later_id() {
    let event = |first: (&str, Value)| {
        let second = ("calendar.createEvent", json!({ "title": "Dentist", "startTime": "2026-05-04T09:00:00Z" }));
        results(&[first, second]).pop().unwrap().unwrap()["event"].take()
    };
    let with_a_calendar = event(("calendar.createCalendar", json!({ "name": "Home" })));
    let without = event(("todo.create", json!({ "title": "Rake" })));
    for id in ["id", "timeBlockId"] {
        assert_eq!(with_a_calendar[id], without[id], "{id}");
    }
    assert_ne!(with_a_calendar["calendarId"], without["calendarId"]);
}

#[test]
fn a_module_alone_is_checked_with_what_it_needs_and_does_the_same() {
    let (sources, catalog) = &*SHIPPED;
    let modules: BTreeSet<&str> = twin::all(catalog).iter().filter_map(|tool| Some(tool.split_once('.')?.0)).collect();
    for module in modules {
        let part =
            check_part(sources, &[module]).unwrap().unwrap_or_else(|problems| panic!("{}", told(&problems, sources)));
        let verdicts = |catalog: &Catalog| -> Vec<(String, String, Verdict)> {
            let ran = twin::run_examples(catalog, &twin::named(catalog, module));
            ran.into_iter().map(|one| (one.tool, one.example, one.verdict)).collect()
        };
        assert_eq!(verdicts(&part), verdicts(catalog), "{module}");
    }
    assert!(check_part(sources, &["nothing"]).is_none() && check_part(sources, &["todo.nothing"]).is_none());
    assert!(check_part(sources, &["todo_create"]).is_none(), "other spellings are known by the whole catalog");
}

#[test]
fn a_wrong_value_is_told_at_its_line_with_what_came() {
    let mut files = files("catalog");
    let (_, text) = files.iter_mut().find(|(path, _)| path == "catalog/todo.yaml").unwrap();
    let right = "output: { task: { title: Call the dentist, priority: medium,";
    assert!(text.contains(right));
    *text = text.replacen(right, "output: { task: { title: Call the dentist, priority: high,", 1);
    let line = 1 + text.lines().position(|line| line.contains("Call the dentist, priority: high")).unwrap();
    let sources: Sources = files.into_iter().collect();
    let catalog = check_part(&sources, &["todo.create"]).unwrap().unwrap();
    let ran = twin::run_examples(&catalog, &["todo.create"]);
    let failed: Vec<&Diagnostics> = ran
        .iter()
        .filter_map(|one| match &one.verdict {
            Verdict::Failed(problems) => Some(problems),
            _ => None,
        })
        .collect();
    let [problems] = failed.as_slice() else { panic!("{} examples fail", failed.len()) };
    let problem = problems.iter().next().unwrap();
    assert_eq!((problems.len(), problem.code()), (1, Code::ExampleFails));
    assert_eq!(problem.message(), "the example of `todo.create` returns another `task.priority`");
    assert_eq!(problem.primary().text, "this came: \"medium\"");
    let text = told(problems, &sources);
    assert!(text.contains(&format!("catalog/todo.yaml:{line}:")), "{text}");
    assert_eq!(&sources.get(problem.primary().span.file).unwrap().text[problem.primary().span.start..][..4], "high");
}

/// A catalog of one table, with a tool of these keys.
fn garden(tool: &str) -> Sources {
    let module = format!(
        "module: garden
app: garden
summary: Plants.
tables:
  plants:
    noun: plant
    encryptedFields: []
    record:
      description: A plant.
      required: [id, name]
      properties:
        id: {{ type: string, format: id, description: Its id. }}
        name: {{ type: string, description: Its name. }}
tools:
  water:
    title: Water the plants
    description: Waters plants and says how many.
    scope: user-space
    output: {{ required: [count], properties: {{ count: {{ type: integer, description: How many. }} }} }}
{tool}"
    );
    let crypto = "encrypted: {}\ndisabled: []\nplaintext: [plants]\n".to_owned();
    let post = "service: post\nsummary: Sends letters.\nbaseUrl: POST_URL\nauth: none\noperations:\n  count:\n    get: /count\n    \
        response: { required: [count], properties: { count: { type: integer, description: How many. } } }\n    errors: { 503: \
        { message: The post is closed. } }\n    timeoutSeconds: 20\n    repeats: safe\n"
        .to_owned();
    [("catalog/garden.yaml", module), ("catalog/crypto.yaml", crypto), ("catalog/services/post.yaml", post)]
        .into_iter()
        .collect()
}

fn verdicts(sources: &Sources) -> Vec<Verdict> {
    let catalog = checked(sources);
    twin::run_examples(&catalog, &twin::all(&catalog)).into_iter().map(|one| one.verdict).collect()
}

#[test]
fn a_step_is_repeated_for_a_hundred_elements_and_no_more() {
    let rows =
        |rows: usize| (0..rows).map(|row| format!("{{ id: p{row}, name: Rose }}")).collect::<Vec<_>>().join(", ");
    let sources = garden(&format!(
        "    policyHint: write
    action:
      steps:
        all: {{ list: {{ table: plants }} }}
        wet: {{ each: '${{all}}', update: {{ table: plants, id: '${{it.id}}', values: {{ name: '${{row.name + \"!\"}}' }} }} }}
      returns: {{ count: '${{wet.filter(p, p.name == \"Rose!\").size()}}' }}
    examples:
      - name: most
        given: [{{ rows: {{ plants: [{}] }} }}]
        input: {{}}
        output: {{ count: 100 }}
      - name: one more
        given: [{{ rows: {{ plants: [{}] }} }}]
        input: {{}}
        refused: 'This would be done 101 times, and one call does it at most 100 times.'
",
        rows(100),
        rows(101)
    ));
    assert_eq!(verdicts(&sources), [Verdict::Passed, Verdict::Passed]);
}

/// The messages of an example that fails.
fn messages(verdict: &Verdict) -> Vec<(&str, &str)> {
    match verdict {
        Verdict::Failed(problems) => problems.iter().map(|one| (one.message(), one.primary().text.as_str())).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_of_services_come_in_order_and_none_is_missing_or_left() {
    let sources = garden(
        "    policyHint: read
    action:
      steps: { told: { call: { service: post, operation: count, with: {} } } }
      returns: { count: '${told.count}' }
    examples:
      - { name: an answer, services: { post.count: [{ count: 3 }] }, input: {}, output: { count: 3 } }
      - { name: a failure, services: { post.count: [{ status: 503 }] }, input: {}, refused: The post is closed. }
      - { name: missing, input: {}, output: { count: 3 } }
      - { name: left, services: { post.count: [{ count: 3 }, { count: 4 }] }, input: {}, output: { count: 3 } }
      - { name: of another shape, services: { post.count: [{ count: many }] }, input: {}, output: { count: 3 } }
",
    );
    let verdicts = verdicts(&sources);
    let [Verdict::Passed, Verdict::Passed, missing, left, misshapen] = verdicts.as_slice() else {
        panic!("{verdicts:?}")
    };
    let refused = "the example of `garden.water` is refused";
    let asked = "`post.count` is asked more often than there are answers";
    assert_eq!(messages(missing), [(refused, "it says: The service `post` failed."), (asked, "")]);
    assert_eq!(messages(left), [("1 answer of `post.count` is not asked for", "")]);
    let text = "it says: The service `post` gave an answer that the gateway does not understand.";
    assert_eq!(messages(misshapen), [(refused, text)]);
}

fn results(calls: &[(&str, Value)]) -> Vec<Result<Value, NoResult>> {
    let (_, catalog) = &*SHIPPED;
    let now: Timestamp = "2026-05-02T22:30:00Z".parse().unwrap();
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    twin::run_calls(catalog, now, &zone, calls)
}

#[test]
fn calls_see_what_those_before_them_stored_and_end_at_the_first_without_a_result() {
    let milk = json!({ "title": "Buy milk", "dueDate": "2026-05-03" });
    let made = results(&[("todo.create", milk), ("todo_list", json!({ "filter": "today" })), ("todo.list", json!({}))]);
    let made: Vec<Value> = made.into_iter().map(Result::unwrap).collect();
    let [created, today, all] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!((&today["total"], &all["total"]), (&json!(1), &json!(1)), "the day begins in Berlin");
    assert_eq!(all["tasks"][0]["id"], created["task"]["id"]);

    let complete = |id: &str| ("todo.complete", json!({ "id": id }));
    let milk = ("todo.create", json!({ "title": "Buy milk" }));
    let done = results(&[milk, complete(created["task"]["id"].as_str().unwrap())]).pop().unwrap().unwrap();
    assert_eq!(done["task"]["completedAt"], "2026-05-02T22:30:00.000Z");
    let refused = results(&[complete("nowhere"), ("todo.list", json!({}))]);
    let text = "There is no such task in the active space: nowhere";
    assert_eq!(refused, [Err(NoResult::Refused(text.to_owned()))]);
    let wrong = |result: &[Result<Value, NoResult>]| match result {
        [Err(NoResult::Wrong(text))] => text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        wrong(&results(&[("todo.creat", json!({}))])),
        "there is no tool `todo.creat`; did you mean `todo.create`?"
    );
    assert!(wrong(&results(&[("todo.create", json!({ "titel": "x" }))])).contains("`titel`"));
    assert!(matches!(results(&[("spaces.list", json!({}))]).as_slice(), [Err(NoResult::OnlyInGateway(_))]));
    let called = results(&[("articles.save", json!({ "url": "https://example.org" }))]);
    assert!(
        matches!(called.as_slice(), [Err(NoResult::OnlyInGateway(why))] if why.contains("mana_api.extractArticle"))
    );
}

#[test]
fn pages_follow_each_other() {
    let add = |tasks: std::ops::Range<usize>| {
        let tasks: Vec<Value> = tasks.map(|task| json!({ "title": format!("Task {task}") })).collect();
        ("todo.createMany", json!({ "tasks": tasks }))
    };
    let mut calls = vec![add(0..25), add(25..50), add(50..60), ("todo.list", json!({}))];
    let first = results(&calls).pop().unwrap().unwrap();
    assert_eq!((first["tasks"].as_array().unwrap().len(), &first["total"]), (50, &json!(60)));
    calls.push(("todo.list", json!({ "cursor": first["nextCursor"] })));
    let second = results(&calls).pop().unwrap().unwrap();
    assert_eq!((second["tasks"].as_array().unwrap().len(), second.get("nextCursor")), (10, None));
    calls.push(("todo.list", json!({ "cursor": "made-up" })));
    assert!(matches!(results(&calls).pop(), Some(Err(NoResult::Refused(text))) if text.starts_with("This cursor")));
}
