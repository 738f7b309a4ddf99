//! What the compiler makes of services and of the tools that call them.

#![expect(clippy::panic, reason = "a test fails loudly, in its helpers too")]

use std::collections::BTreeMap;

use mana_mcp_codegen::{Sources, compile};

const SERVICE: &str = "
service: events_api
summary: Public events near the user.
baseUrl: EVENTS_URL
auth: user-token
operations:
  feed:
    get: /v1/feed/{place}
    request:
      required: [place]
      properties:
        place: { type: string, description: The place. }
        limit: { type: integer, minimum: 1, maximum: 100, description: The most events. }
    response:
      required: [events]
      properties:
        events:
          type: array
          description: The events.
          items:
            type: object
            description: An event.
            required: [title]
            properties:
              title: { type: string, description: What it is. }
              note: { type: string, description: More about it. }
        next: { type: string, description: Where it goes on. }
    errors:
      404: { message: There is no such place. }
    timeoutSeconds: 20
    repeats: safe
";

const MODULE: &str = "
module: events
summary: Public events near the user.
tools:
  list:
    title: List events
    description: Lists the events near some places, and where each list goes on.
    scope: user-space
    policyHint: read
    input:
      required: [places]
      properties:
        places: { type: array, maxItems: 5, items: { type: string, maxLength: 50, description: A place. }, description: Where to look. }
    output:
      required: [titles]
      properties:
        titles: { type: array, items: { type: string, description: A title. }, description: What there is. }
    action:
      steps:
        first: { call: { service: events_api, operation: feed, with: { place: 'here', limit: 5 } } }
        found: { each: '${input.places}', call: { service: events_api, operation: feed, with: { place: '${it}' } } }
      returns: { titles: '${first.events.map(e, e.title) + found.map(f, f.events).flatten().map(e, e.title)}' }
    examples:
      - name: two places
        services: { events_api.feed: [{ events: [] }, { events: [{ title: A fair }] }] }
        input: { places: [Bonn] }
        output: { titles: [A fair] }
";

/// The code, in one line each, without the spaces that layout makes.
fn code() -> BTreeMap<String, String> {
    let sources: Sources =
        [("catalog/events.yaml", MODULE), ("catalog/services/events_api.yaml", SERVICE)].into_iter().collect();
    let output = compile(&sources).unwrap_or_else(|problems| panic!("{:#?}", problems.iter().collect::<Vec<_>>()));
    let flat = |text: String| {
        text.split_whitespace().collect::<String>().replace(",]", "]").replace(",}", "}").replace(",)", ")")
    };
    output.code.into_iter().map(|(path, text)| (path, flat(text))).collect()
}

fn has(text: &str, part: &str) {
    let part: String = part.split_whitespace().collect();
    assert!(text.contains(&part), "{part} is missing in {text}");
}

#[test]
fn an_operation_says_what_is_sent_what_must_come_back_and_what_failures_mean() {
    let code = code();
    let service = code.get("services/events_api.rs").unwrap();
    has(
        service,
        r#"request: Type::Object(&[
            Member { name: "place", ty: Type::Text },
            Member { name: "limit", ty: Type::Int }
        ])"#,
    );
    has(
        service,
        r#"response: Type::Object(&[
            Member { name: "events", ty: Type::Required(&Type::List(&Type::Object(&[
                Member { name: "title", ty: Type::Required(&Type::Text) },
                Member { name: "note", ty: Type::Text }
            ]))) },
            Member { name: "next", ty: Type::Text }
        ])"#,
    );
    has(service, r#"errors: &[(404, "There is no such place.")], timeout_seconds: 20, is_safe: true"#);
}

#[test]
fn a_tool_names_its_calls_and_gives_those_of_an_each_together() {
    let code = code();
    let module = code.get("events.rs").unwrap();
    let operation = "&super::services::events_api::FEED";
    has(module, &format!("calls: &[{operation}, {operation}]"));
    has(module, &format!("let first = steps.call({operation},"));
    has(module, &format!("steps.call_each({operation}, results).await?"));
}
