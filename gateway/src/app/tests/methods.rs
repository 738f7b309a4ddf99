//! Each method's answer in each revision, to the letter where it is short; and what is answered to all others.

use http::StatusCode;
use serde_json::{Value, json};

use super::harness::{Answer, Call, Gateway, counted, initialize_params, spaces_list};

const SESSION_REVISIONS: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

/// Methods of the protocol that this server does not have, each with parameters that would fit.
fn methods_of_others() -> [(&'static str, Value); 17] {
    let prompt = json!({ "ref": { "type": "ref/prompt", "name": "a" }, "argument": { "name": "a", "value": "b" } });
    [
        ("completion/complete", prompt),
        ("prompts/get", json!({ "name": "a" })),
        ("resources/read", json!({ "uri": "a:b" })),
        ("resources/subscribe", json!({ "uri": "a:b" })),
        ("resources/unsubscribe", json!({ "uri": "a:b" })),
        ("resources/directory/read", json!({ "uri": "a:b" })),
        ("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } })),
        ("tasks/get", json!({ "taskId": "1" })),
        ("tasks/update", json!({ "taskId": "1", "inputResponses": {} })),
        ("tasks/cancel", json!({ "taskId": "1" })),
        ("tasks/list", json!({})),
        ("skills/list", json!({})),
        ("skills/get", json!({ "uri": "skill://a/SKILL.md" })),
        ("nonsense", json!({ "any": "thing" })),
        ("Tools/List", json!({})),
        ("notifications/cancelled", json!({ "requestId": 1 })),
        ("", json!({})),
    ]
}

/// A caller in a session of one of the earlier revisions.
struct Session<'a> {
    gateway: &'a Gateway,
    revision: &'static str,
    id: String,
}

impl<'a> Session<'a> {
    async fn open(gateway: &'a Gateway, revision: &'static str) -> Self {
        let opened = gateway.send(Call::legacy("initialize", initialize_params(revision)).of("ada")).await;
        assert_eq!(opened.result()["protocolVersion"], revision);
        Self { gateway, revision, id: opened.header("mcp-session-id").to_owned() }
    }

    async fn ask(&self, method: &str, params: Value) -> Answer {
        let call = Call::legacy(method, params).in_session(&self.id).with("mcp-protocol-version", self.revision);
        self.gateway.send(call.of("ada")).await
    }
}

async fn ask(gateway: &Gateway, method: &str, params: Value) -> Answer {
    gateway.send(Call::modern(method, params).of("ada")).await
}

fn error(code: i64, message: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": 7, "error": { "code": code, "message": message } }).to_string()
}

#[track_caller]
fn assert_answer(answer: &Answer, status: StatusCode, text: &str) {
    assert_eq!((answer.status, answer.text.as_str()), (status, text));
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn methods_of_others_are_not_found_in_any_revision() {
    let gateway = Gateway::new();
    for revision in SESSION_REVISIONS {
        let session = Session::open(&gateway, revision).await;
        for (method, params) in methods_of_others() {
            assert_answer(&session.ask(method, params).await, StatusCode::OK, &error(-32601, method));
        }
        // This one is of the stateless revision alone, and so is a request for it.
        assert_eq!(session.ask("server/discover", json!({})).await.code(), -32022);
    }
    for (method, params) in methods_of_others() {
        assert_answer(&ask(&gateway, method, params).await, StatusCode::NOT_FOUND, &error(-32601, method));
    }
}

#[tokio::test]
async fn ping_and_levels_are_of_the_revisions_with_sessions() {
    let gateway = Gateway::new();
    let empty = r#"{"jsonrpc":"2.0","id":7,"result":{}}"#;
    let unfit = error(-32602, "The parameters do not fit the method.");
    for revision in SESSION_REVISIONS {
        let session = Session::open(&gateway, revision).await;
        assert_answer(&session.ask("ping", json!({})).await, StatusCode::OK, empty);
        assert_answer(&session.ask("ping", json!({ "any": "thing" })).await, StatusCode::OK, empty);
        let level = |level: Value| session.ask("logging/setLevel", level);
        assert_answer(&level(json!({ "level": "warning" })).await, StatusCode::OK, empty);
        for wrong in [json!({}), json!({ "level": "shout" }), json!({ "level": 3 })] {
            assert_answer(&level(wrong).await, StatusCode::OK, &unfit);
        }
    }
    for (method, params) in [("ping", json!({})), ("logging/setLevel", json!({ "level": "warning" }))] {
        assert_answer(&ask(&gateway, method, params).await, StatusCode::NOT_FOUND, &error(-32601, method));
    }
}

#[tokio::test]
async fn initialize_agrees_on_a_revision_with_sessions() {
    let gateway = Gateway::new();
    for (asked, agreed) in [
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("nonsense", "2025-11-25"),
    ] {
        let answer = gateway.send(Call::legacy("initialize", initialize_params(asked)).of("ada")).await;
        let result = answer.result();
        assert_eq!(result["protocolVersion"], agreed, "{asked}");
        assert_eq!(result["capabilities"], json!({ "tools": {} }));
        assert_eq!(
            result["serverInfo"],
            json!({ "name": "mana-mcp", "title": "Mana", "version": env!("CARGO_PKG_VERSION") })
        );
        assert!(result["instructions"].is_string() && result.get("resultType").is_none(), "{result}");
        assert!(!answer.header("mcp-session-id").is_empty());
    }
    for unfit in [json!({}), json!({ "protocolVersion": 7, "capabilities": {}, "clientInfo": {} })] {
        let answer = gateway.send(Call::legacy("initialize", unfit).of("ada")).await;
        assert_answer(&answer, StatusCode::OK, &error(-32602, "The parameters do not fit the method."));
        assert_eq!(answer.header("mcp-session-id"), "");
    }
    let modern = ask(&gateway, "initialize", initialize_params("2025-11-25")).await;
    assert_eq!((modern.status, modern.code()), (StatusCode::NOT_FOUND, -32601));
    assert_eq!(
        modern.json()["error"]["data"]["supported"],
        json!(["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"])
    );
}

#[tokio::test]
async fn a_list_has_one_page_in_every_revision() {
    let gateway = Gateway::new();
    let of_type = error(-32602, "`cursor` must be a string.");
    let unknown = error(-32602, "This list has one page: no cursor is valid.");
    let stateless = ask(&gateway, "tools/list", json!({})).await.result();
    assert_eq!(stateless["resultType"], "complete");
    for revision in SESSION_REVISIONS {
        let session = Session::open(&gateway, revision).await;
        let list = session.ask("tools/list", json!({ "cursor": null })).await.result();
        // The tools and nothing else.
        assert_eq!(list, json!({ "tools": stateless["tools"] }));
        assert_answer(&session.ask("tools/list", json!({ "cursor": 7 })).await, StatusCode::OK, &of_type);
        assert_answer(&session.ask("tools/list", json!({ "cursor": "" })).await, StatusCode::OK, &unknown);
    }
    assert_answer(&ask(&gateway, "tools/list", json!({ "cursor": 7 })).await, StatusCode::OK, &of_type);
    assert_answer(&ask(&gateway, "tools/list", json!({ "cursor": "" })).await, StatusCode::OK, &unknown);
}

#[tokio::test]
async fn a_call_is_answered_to_the_letter_in_every_revision() {
    let gateway = Gateway::new();
    let stateless = ask(&gateway, "tools/call", spaces_list()).await;
    let output = stateless.result()["structuredContent"].to_string();
    let message = |before: &str, after: &str| {
        let text = Value::from(output.as_str());
        format!(
            r#"{{"jsonrpc":"2.0","id":7,"result":{{{before}"content":[{{"type":"text","text":{text}}}],"structuredContent":{output},"isError":false{after}}}}}"#
        )
    };
    let server = json!({ "name": "mana-mcp", "title": "Mana", "version": env!("CARGO_PKG_VERSION") });
    let space = r#""mana/space":"ada-home""#;
    let meta = format!(r#","_meta":{{"io.modelcontextprotocol/serverInfo":{server},{space}}}"#);
    assert_answer(&stateless, StatusCode::OK, &message(r#""resultType":"complete","#, &meta));
    let meta = format!(r#","_meta":{{{space}}}"#);
    for revision in SESSION_REVISIONS {
        let session = Session::open(&gateway, revision).await;
        assert_answer(&session.ask("tools/call", spaces_list()).await, StatusCode::OK, &message("", &meta));
    }
}

#[tokio::test]
async fn lists_of_what_is_not_there_are_empty_in_every_revision() {
    let gateway = Gateway::new();
    for (method, member) in [
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
        ("prompts/list", "prompts"),
    ] {
        let modern = ask(&gateway, method, json!({})).await.result();
        assert_eq!((&modern[member], &modern["resultType"]), (&json!([]), &json!("complete")), "{modern}");
        assert_eq!(ask(&gateway, method, json!({ "cursor": "a" })).await.code(), -32602);
        for revision in SESSION_REVISIONS {
            let session = Session::open(&gateway, revision).await;
            assert_eq!(session.ask(method, json!({})).await.result(), json!({ member: [] }), "{method} {revision}");
        }
    }
}

#[tokio::test]
async fn arguments_are_taken_as_models_send_them_and_counted() {
    let gateway = Gateway::new();
    let call = async |name: &str, arguments: Value| {
        let params = json!({ "name": name, "arguments": arguments });
        gateway.send(Call::modern("tools/call", params).of("ada")).await
    };
    for arguments in [json!(null), json!("{}")] {
        assert_eq!(call("mcp__mana__spaces-list", arguments).await.result()["isError"], false);
    }
    call("habits-list", json!({ "includeArchived": null })).await.result();
    for arguments in [json!(""), json!("[]"), json!("3"), json!(3), json!([])] {
        assert_eq!(call("habits_list", arguments).await.code(), -32602);
    }
    for (kind, count) in [("null", 2), ("json-text", 1), ("name", 3)] {
        let label = format!("kind=\"{kind}\"");
        assert_eq!(counted(&gateway, "mana_mcp_tool_arguments_corrected_total", &[&label]).await, count, "{kind}");
    }
}

#[tokio::test]
async fn parameters_of_a_call_are_read_as_its_revision_has_them() {
    let gateway = Gateway::new();
    let session = Session::open(&gateway, "2025-11-25").await;
    for (params, text) in [
        (json!({ "arguments": {} }), "`name` must be a string: the tool's name."),
        (json!({ "name": "spaces.list", "arguments": [1] }), "`arguments` must be an object."),
        (
            json!({ "name": "spaces.lisst", "arguments": [1] }),
            "There is no tool `spaces.lisst`. Did you mean `spaces_list`?",
        ),
    ] {
        assert_answer(&session.ask("tools/call", params).await, StatusCode::OK, &error(-32602, text));
    }
    for (name, text) in [
        ("requestState", "`requestState` must be a string."),
        ("inputResponses", "`inputResponses` must be an object."),
    ] {
        let params = json!({ "name": "spaces.list", name: 7 });
        assert_answer(&ask(&gateway, "tools/call", params.clone()).await, StatusCode::OK, &error(-32602, text));
        // Of the stateless revision alone.
        assert_eq!(session.ask("tools/call", params).await.result()["isError"], false);
    }
}

#[tokio::test]
async fn a_request_in_a_session_may_name_only_a_version_that_is_served() {
    let gateway = Gateway::new();
    let session = Session::open(&gateway, "2025-11-25").await;
    let versioned = |version: &str, mut params: Value| {
        params["_meta"] = json!({ "io.modelcontextprotocol/protocolVersion": version });
        params
    };
    for method in ["ping", "tools/list", "nonsense"] {
        let answer = session.ask(method, versioned("2024-11-05", json!({}))).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::OK, -32022), "{method}");
        assert_eq!(answer.json()["error"]["data"]["requested"], "2024-11-05");
    }
    assert_eq!(session.ask("tools/call", versioned("2024-11-05", spaces_list())).await.code(), -32022);
    assert_eq!(session.ask("tools/call", versioned("2025-06-18", spaces_list())).await.result()["isError"], false);
}
