//! Many tools behind short lists: addresses, finding and calling tools, prompts.

use http::StatusCode;
use serde_json::{Value, json};

use super::harness::{Answer, Call, Gateway, counted};
use crate::call::testing::GROUPED;

fn gateway() -> Gateway {
    Gateway::of(&GROUPED, &[])
}

async fn ask(gateway: &Gateway, path: &str, method: &str, params: Value) -> Answer {
    gateway.send(Call::modern(method, params).at(path).of("ada")).await
}

async fn call(gateway: &Gateway, path: &str, tool: &str, arguments: Value) -> Answer {
    ask(gateway, path, "tools/call", json!({ "name": tool, "arguments": arguments })).await
}

/// The text of a result with `isError`.
#[track_caller]
fn failure(answer: &Answer) -> String {
    let result = answer.result();
    assert_eq!((answer.status, &result["isError"]), (StatusCode::OK, &json!(true)), "{}", answer.text);
    result["content"][0]["text"].as_str().unwrap().to_owned()
}

#[track_caller]
fn succeeded(answer: &Answer) -> Value {
    let result = answer.result();
    assert_eq!((answer.status, &result["isError"]), (StatusCode::OK, &json!(false)), "{}", answer.text);
    result["structuredContent"].clone()
}

#[tokio::test]
async fn each_address_lists_its_tools_in_both_eras() {
    const DOORS: [&str; 3] = ["catalog_call", "catalog_find", "catalog_read"];
    let gateway = gateway();
    let session = gateway.open_session("ada").await;
    for (path, listed) in [
        ("/mcp", [&DOORS[..], &["user_read", "user_write"]].concat()),
        ("/mcp/readonly", vec!["catalog_find", "catalog_read", "user_read"]),
        ("/mcp/all", [&DOORS[..], &["user_destroy", "user_read", "user_wipe", "user_write"]].concat()),
        ("/mcp/all/readonly", vec!["catalog_find", "catalog_read", "user_read"]),
        ("/mcp/x/wiping", [&DOORS[..], &["user_wipe"]].concat()),
        ("/mcp/x/wiping%2Ccareful", [&DOORS[..], &["user_read", "user_wipe", "user_write"]].concat()),
        ("/mcp/x/wiping/readonly", vec!["catalog_find", "catalog_read"]),
        ("/mcp/x/user", [&DOORS[..], &["user_destroy", "user_read", "user_wipe", "user_write"]].concat()),
    ] {
        let modern = ask(&gateway, path, "tools/list", json!({})).await.result();
        let legacy = gateway.send(Call::legacy("tools/list", json!({})).in_session(&session).at(path).of("ada")).await;
        assert_eq!(legacy.result()["tools"], modern["tools"], "{path}");
        let names: Vec<&str> =
            modern["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, listed, "{path}");
    }
}

#[tokio::test]
async fn an_address_that_names_nothing_says_what_there_is() {
    let gateway = gateway();
    let answer = ask(&gateway, "/mcp/x/user,wipin", "tools/list", json!({})).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let text = answer.message();
    assert!(text.contains("`wipin`") && text.contains("Toolsets: careful, wiping. Modules: user."), "{text}");
}

#[tokio::test]
async fn a_call_within_a_call_is_the_call_itself() {
    let gateway = gateway();
    for (path, via, tool) in [
        ("/mcp", "catalog_read", "user_read"),
        ("/mcp", "catalog.call", "user.read"),
        ("/mcp", "catalog-call", "mcp__mana__user-write"),
        ("/mcp", "catalog_call", "write_user"),
        ("/mcp/readonly", "mcp__mana__catalog_read", "user-read"),
        ("/mcp/x/careful", "catalog_call", "user_write"),
    ] {
        let answer = call(&gateway, path, via, json!({ "tool": tool, "arguments": { "any": "thing" } })).await;
        assert_eq!(succeeded(&answer), json!({}), "{path} {via} {tool}");
    }
    // Counted for the tool alone.
    let count = async |tool: &str| {
        counted(&gateway, "mana_mcp_tool_invocations_total", &[&format!("tool=\"{tool}\""), "outcome=\"success\""])
            .await
    };
    assert_eq!((count("user.read").await, count("user.write").await), (3, 3));
    assert_eq!((count("catalog.read").await, count("catalog.call").await), (0, 0));
}

#[tokio::test]
async fn what_an_address_does_not_reach_is_not_there() {
    let gateway = gateway();
    for (path, via, tool) in [
        ("/mcp/readonly", "catalog_read", "user.write"),
        ("/mcp/x/wiping", "catalog_call", "user.read"),
        ("/mcp/x/wiping/readonly", "catalog_read", "user.read"),
        ("/mcp", "catalog_call", "admin.read"),
        ("/mcp/all", "catalog_read", "admin_read"),
        ("/mcp", "catalog_call", "nothing.at_all"),
    ] {
        let through = failure(&call(&gateway, path, via, json!({ "tool": tool })).await);
        let direct = call(&gateway, path, tool, json!({})).await;
        assert_eq!((direct.code(), direct.message()), (-32602, through.clone()), "{path} {tool}");
        assert!(through.starts_with(&format!("There is no tool `{tool}`.")), "{through}");
    }
    // Not listed there, and nothing else than any other unknown tool.
    let absent = call(&gateway, "/mcp/readonly", "catalog_call", json!({ "tool": "user.read" })).await;
    assert_eq!(absent.code(), -32602);
    assert!(
        failure(&call(&gateway, "/mcp", "catalog_call", json!({ "tool": "user.rea" })).await).contains("`user_read`?")
    );
}

#[tokio::test]
async fn no_call_within_a_call_is_one_of_these_again() {
    let gateway = gateway();
    for via in ["catalog.call", "catalog.read"] {
        for tool in [
            "catalog.call",
            "catalog_call",
            "catalog-call",
            "mcp__mana__catalog_call",
            "mcp__mana__catalog-read",
            "catalog.find",
            "catalog_read",
        ] {
            let text = failure(
                &call(&gateway, "/mcp", via, json!({ "tool": tool, "arguments": { "tool": "user.read" } })).await,
            );
            assert!(text.contains("cannot be called through"), "{via} {tool}: {text}");
        }
    }
    let text = failure(&call(&gateway, "/mcp", "catalog_read", json!({ "tool": "user_write" })).await);
    assert!(text.contains("`user_write` changes data") && text.contains("use `catalog_call`"), "{text}");
}

#[tokio::test]
async fn the_arguments_of_a_call_within_a_call_are_an_object() {
    let gateway = gateway();
    for (arguments, part) in [
        (json!({ "tool": "user.read", "arguments": "{}" }), "not as text"),
        (json!({ "tool": "user.read", "arguments": [] }), "/arguments"),
        (json!({ "tool": "user.read", "arguments": 1 }), "/arguments"),
        (json!({ "tool": "user.read", "title": "secret-word" }), "title"),
        (json!({ "tool": 7 }), "/tool"),
        (json!({ "arguments": {} }), "/tool"),
        (json!({}), "/tool"),
    ] {
        let text = failure(&call(&gateway, "/mcp", "catalog_call", arguments.clone()).await);
        assert!(text.contains(part) && !text.contains("secret-word"), "{arguments}: {text}");
    }
    for arguments in [json!({ "tool": "user.read" }), json!({ "tool": "user.read", "arguments": null, "space": null })]
    {
        succeeded(&call(&gateway, "/mcp", "catalog_call", arguments).await);
    }
    // A name that stands twice is refused before anybody reads either.
    let mut twice = Call::modern("tools/call", json!({ "name": "catalog_call", "arguments": "@" }));
    twice = twice.at("/mcp");
    let body = twice.body.to_string().replace("\"@\"", r#"{"tool":"user.read","tool":"user.wipe"}"#);
    let answer = gateway.send(twice.raw(http::Method::POST, "ada", body)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_bounds_of_a_message_hold_for_both_calls_together() {
    let gateway = gateway();
    let nested = async |depth: usize| {
        let deep = (1..depth).fold(json!([]), |inner, _| json!([inner]));
        let arguments = json!({ "tool": "user.read", "arguments": { "deep": deep } });
        call(&gateway, "/mcp", "catalog_call", arguments).await
    };
    succeeded(&nested(90).await);
    assert_eq!(nested(130).await.status, StatusCode::BAD_REQUEST);
    let many = json!({ "tool": "user.read", "arguments": { "many": vec![0; 100_000] } });
    assert_eq!(call(&gateway, "/mcp", "catalog_call", many).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn consent_is_to_a_tool_in_whatever_spelling() {
    let gateway = Gateway::of(&GROUPED, &[("POLICY_MODE", "log-only")]);
    let send = async |spelling: &str, state: Option<&Value>| {
        let mut call = Call::modern("tools/call", json!({ "name": "catalog_call", "arguments": { "tool": spelling } }));
        let params = &mut call.body["params"];
        params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": {} });
        if let Some(state) = state {
            params["requestState"] = state.clone();
            params["inputResponses"] = json!({ "consent": { "action": "accept", "content": { "confirm": true } } });
        }
        gateway.send(call.of("ada")).await
    };
    let asked = async |spelling: &str| {
        let question = send(spelling, None).await.result();
        let message = question["inputRequests"]["consent"]["params"]["message"].as_str().unwrap();
        assert!(message.contains("`user_wipe`"), "{message}");
        question["requestState"].clone()
    };
    for (first, then) in [("user_wipe", "user.wipe"), ("mcp__mana__user-wipe", "user_wipe")] {
        succeeded(&send(then, Some(&asked(first).await)).await);
    }
    let other = send("user.destroy", Some(&asked("user.wipe").await)).await;
    assert_eq!(other.code(), -32602, "{}", other.text);
}

#[tokio::test]
async fn the_space_of_a_call_within_a_call_is_checked_like_any() {
    let gateway = gateway();
    let in_space = async |arguments: Value, header: Option<&str>| {
        let made = Call::modern("tools/call", json!({ "name": "catalog_read", "arguments": arguments }));
        let made = header.map_or(made.clone(), |space| made.with("x-mana-space", space));
        gateway.send(made.of("ada")).await
    };
    let space_of = |answer: &Answer| answer.result()["_meta"]["mana/space"].clone();
    let read = |space: &str| json!({ "tool": "user.read", "space": space });
    assert_eq!(space_of(&in_space(json!({ "tool": "user.read" }), None).await), "ada-home");
    assert_eq!(space_of(&in_space(read("team"), None).await), "team");
    assert_eq!(space_of(&in_space(read("team"), Some("team")).await), "team");
    for foreign in ["bob-home", "nowhere"] {
        assert_eq!(in_space(read(foreign), None).await.status, StatusCode::FORBIDDEN, "{foreign}");
        assert_eq!(in_space(read(foreign), Some(foreign)).await.status, StatusCode::FORBIDDEN, "{foreign}");
    }
    // The address of the connection names its space.
    let text = failure(&in_space(read("team"), Some("ada-home")).await);
    assert!(text.contains("leave `space` out"), "{text}");
}

#[tokio::test]
async fn the_header_names_the_tool_that_is_called_first() {
    let gateway = gateway();
    let through = Call::modern("tools/call", json!({ "name": "catalog_call", "arguments": { "tool": "user.read" } }));
    succeeded(&gateway.send(through.clone().of("ada")).await);
    let answer = gateway.send(through.with("mcp-name", "user.read").of("ada")).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, -32020));
}

#[tokio::test]
async fn tools_are_found_where_they_are_reached() {
    let gateway = gateway();
    let found = async |path: &str, query: &str| {
        let answer = succeeded(&call(&gateway, path, "catalog_find", json!({ "query": query })).await);
        let tools = answer["tools"].as_array().unwrap().clone();
        tools.into_iter().map(|tool| (tool["name"].clone(), tool["callWith"].clone())).collect::<Vec<_>>()
    };
    let pair = |name: &str, with: &str| (json!(name), json!(with));
    assert_eq!(found("/mcp", "wipe").await, [pair("user_wipe", "catalog_call")]);
    assert_eq!(found("/mcp/all", "wipe").await, [pair("user_wipe", "user_wipe")]);
    assert_eq!(found("/mcp/x/careful", "wipe").await, []);
    assert_eq!(found("/mcp/readonly", "user").await, [pair("user_read", "user_read")]);
    assert_eq!(found("/mcp", "user").await.len(), 4);
    assert_eq!(found("/mcp", "admin").await, []);
    let wipe = succeeded(&call(&gateway, "/mcp", "catalog_find", json!({ "query": "wipe" })).await)["tools"][0].take();
    assert_eq!((&wipe["effect"], &wipe["asksPerson"]), (&json!("destructive"), &json!(true)));
    assert_eq!(wipe["inputSchema"], json!({ "type": "object" }));
    let nothing = succeeded(&call(&gateway, "/mcp", "catalog_find", json!({ "query": "zzz" })).await);
    assert!(nothing["hint"].as_str().unwrap().contains("about user"), "{nothing}");
    for query in [json!(""), json!("x".repeat(301)), json!(7), json!(null)] {
        failure(&call(&gateway, "/mcp", "catalog_find", json!({ "query": query })).await);
    }
    assert_eq!(found("/mcp", &"wipe ".repeat(60)).await.len(), 1);
    for query in ["(a+)+$", "\u{202e}", "🙂", "'; --"] {
        succeeded(&call(&gateway, "/mcp", "catalog_find", json!({ "query": query })).await);
    }
}

#[tokio::test]
async fn finding_is_a_call_of_its_own() {
    let gateway = Gateway::of(&GROUPED, &[("POLICY_MODE", "enforce"), ("RATE_LIMIT_PER_MINUTE", "2")]);
    for _ in 0..2 {
        succeeded(&call(&gateway, "/mcp", "catalog_find", json!({ "query": "wipe" })).await);
    }
    let text = failure(&call(&gateway, "/mcp", "catalog_find", json!({ "query": "wipe" })).await);
    assert!(text.contains("`catalog_find` was called too often"), "{text}");
    // A call through `catalog.call` has the place of its own tool.
    for via in ["catalog_call", "catalog_read"] {
        succeeded(&call(&gateway, "/mcp", via, json!({ "tool": "user.read" })).await);
    }
    for answer in [
        call(&gateway, "/mcp", "catalog_call", json!({ "tool": "user.read" })).await,
        call(&gateway, "/mcp", "user.read", json!({})).await,
    ] {
        assert!(failure(&answer).contains("`user_read` was called too often"), "{}", answer.text);
    }
    succeeded(&call(&gateway, "/mcp", "catalog_call", json!({ "tool": "user.write" })).await);
}

#[tokio::test]
async fn prompts_are_listed_and_filled_in_every_revision() {
    let gateway = gateway();
    let session = gateway.open_session("ada").await;
    let get = json!({ "name": "tidy-up", "arguments": { "place": "the {{time}} with user.write", "time": "noon" } });
    let said = "Read the {{time}} with user.write with user_read, then write at noon. \
                Again: the {{time}} with user.write.";
    let messages = json!([{ "role": "user", "content": { "type": "text", "text": said } }]);
    let listed = json!([{
        "name": "tidy-up",
        "title": "Tidy up",
        "description": "Reads, then writes.",
        "arguments": [
            { "name": "place", "description": "Where.", "required": true },
            { "name": "time", "description": "When.", "required": false },
        ],
    }]);
    let in_session = async |method: &str, params: Value| {
        gateway.send(Call::legacy(method, params).in_session(&session).of("ada")).await.result()
    };
    assert_eq!(in_session("prompts/list", json!({})).await, json!({ "prompts": listed }));
    let filled = in_session("prompts/get", get.clone()).await;
    assert_eq!(filled, json!({ "description": "Reads, then writes.", "messages": messages }));
    let list = ask(&gateway, "/mcp/readonly", "prompts/list", json!({})).await.result();
    assert_eq!((&list["prompts"], &list["resultType"]), (&listed, &json!("complete")));
    assert!(list["ttlMs"].is_u64() && list["_meta"].is_object(), "{list}");
    let filled = ask(&gateway, "/mcp", "prompts/get", get).await.result();
    assert_eq!((&filled["messages"], &filled["resultType"]), (&messages, &json!("complete")));
    assert!(filled["_meta"].is_object(), "{filled}");
    let discovered = ask(&gateway, "/mcp", "server/discover", json!({})).await.result();
    assert_eq!(discovered["capabilities"], json!({ "tools": {}, "prompts": {} }));
}

#[tokio::test]
async fn a_prompt_says_what_it_cannot_do() {
    let gateway = gateway();
    for (params, part) in [
        (json!({}), "`name` must be a string"),
        (json!({ "name": 7 }), "`name` must be a string"),
        (json!({ "name": "tidy" }), "There is no prompt `tidy`"),
        (json!({ "name": "tidy-upp" }), "Did you mean `tidy-up`?"),
        (json!({ "name": "tidy-up" }), "needs `place`: Where."),
        (json!({ "name": "tidy-up", "arguments": { "place": "" } }), "needs `place`"),
        (json!({ "name": "tidy-up", "arguments": { "place": "x", "tiem": "y" } }), "it takes `place`, `time`"),
        (json!({ "name": "tidy-up", "arguments": { "place": 7 } }), "`place` must be a string"),
        (json!({ "name": "tidy-up", "arguments": ["x"] }), "`arguments` must be an object"),
        (json!({ "name": "tidy-up", "arguments": { "place": "x".repeat(20_001) } }), "longer than"),
    ] {
        let session = gateway.open_session("ada").await;
        let legacy = gateway.send(Call::legacy("prompts/get", params.clone()).in_session(&session).of("ada")).await;
        assert_eq!(legacy.code(), -32602, "{params}");
        assert!(legacy.message().contains(part), "{params}: {}", legacy.message());
    }
    let get = Call::modern("prompts/get", json!({ "name": "tidy-up", "arguments": { "place": "x" } }));
    for wrong in [get.clone().without("mcp-name"), get.with("mcp-name", "other")] {
        let answer = gateway.send(wrong.of("ada")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, -32020));
    }
}
