//! How a call's end looks in MCP: success as structured content with the same JSON as text, every failure as a result
//! with `isError`, so that the model can correct itself (server/tools, "Error Handling"). A question to the person is a
//! result of its own kind, and a state that is not the call's is the protocol's error (basic/patterns/mrtr).

use std::borrow::Cow;

use bytes::Bytes;
use rmcp::model::{CallToolResult, ContentBlock, ErrorData, MetaObject, RequestId};

use super::{
    body::MessageBody,
    consent,
    message::invalid_params,
    methods::lifecycle::Server,
    names::NameWriter,
    refusal::{NOT_GRANTED, TOKEN_REFUSED},
    reply,
    revision::Revision,
};
use crate::{
    auth::NotGranted,
    call::{Answered, CallFailure},
};
use mana_mcp_runtime::tool::ToolOutput;

/// The key of the `_meta` of results under which the id of the call's space stands.
const SPACE: &str = "mana/space";

/// The key under which a call says that it is a dry run, and its result what it would have changed.
pub(super) const DRY_RUN: &str = "mana/dryRun";

/// Writes the messages that answer calls. What is the same in all of them is written once.
pub(super) struct CallResults {
    names: NameWriter,
    /// The `_meta` of results in the stateless revision.
    meta: Option<MetaObject>,
    stateless: Frame,
    sessions: Frame,
}

/// What stands around an output in the message that sends it, from its id on.
struct Frame {
    before_text: &'static str,
    before_space: String,
}

/// What follows the id of the space.
const AFTER_SPACE: &str = "}}}";
/// The same, where the call was carried out before.
const AFTER_SPACE_OF_REPLAY: &str = r#","mana/replayed":true}}}"#;

impl CallResults {
    pub(super) fn new(server: &Server, names: NameWriter) -> Self {
        let meta = server.meta(Revision::Stateless);
        let mut written = serde_json::to_string(&meta).unwrap_or_default();
        // The space is the last member.
        written.truncate(written.len().saturating_sub(1));
        Self {
            names,
            meta,
            stateless: Frame {
                before_text: r#","result":{"resultType":"complete","content":[{"type":"text","text":""#,
                before_space: format!(r#","isError":false,"_meta":{written},"{SPACE}":"#),
            },
            sessions: Frame {
                before_text: r#","result":{"content":[{"type":"text","text":""#,
                before_space: format!(r#","isError":false,"_meta":{{"{SPACE}":"#),
            },
        }
    }

    /// The message that answers a call in a space.
    pub(super) fn message(
        &self,
        revision: Revision,
        id: &RequestId,
        space: &str,
        result: Result<Answered, CallFailure>,
    ) -> Result<MessageBody, ErrorData> {
        match result {
            Ok(Answered { output, is_replayed }) => {
                let after_space = match output.plan() {
                    Some(plan) => {
                        let plan = serde_json::to_string(plan).unwrap_or_default();
                        Cow::Owned(format!(r#","{DRY_RUN}":{plan}{AFTER_SPACE}"#))
                    }
                    None if is_replayed => Cow::Borrowed(AFTER_SPACE_OF_REPLAY),
                    None => Cow::Borrowed(AFTER_SPACE),
                };
                Ok(self.output(revision, id, space, &output, &after_space))
            }
            // That is no business of the model: the client gets a new token.
            Err(CallFailure::Failed(error)) if error.is_of_the_token() => {
                Err(ErrorData::new(TOKEN_REFUSED, error.to_string(), None))
            }
            // A wider token would do: clients know how to get one.
            Err(CallFailure::NotGranted(missing @ NotGranted::Effect { scopes, .. })) => {
                Err(ErrorData::new(NOT_GRANTED, missing.to_string(), Some(scopes.to_string().into())))
            }
            Err(
                failure @ (CallFailure::InvalidInput(_)
                | CallFailure::NotGranted(NotGranted::Module(_) | NotGranted::Space)
                | CallFailure::NotInSpace(_)
                | CallFailure::NotConfigured(_)
                | CallFailure::Denied(_)
                | CallFailure::Refused(_)
                | CallFailure::KeyReused
                | CallFailure::DoneBefore(_)
                | CallFailure::Unasked(_)
                | CallFailure::TooLong(_)
                | CallFailure::Failed(_)),
            ) => {
                let text = self.names.text(&failure.to_string()).into_owned();
                Ok(self.error(revision, id, text, Some(space)))
            }
            Err(CallFailure::Ask(mut question)) => {
                question.message = self.names.text(&question.message).into_owned();
                Ok(reply::result(id.clone(), consent::asked(question, self.meta_in(revision, Some(space)))?))
            }
            Err(CallFailure::ForeignState(foreign)) => Err(invalid_params(foreign.to_string())),
        }
    }

    /// The message that answers a call that did not get as far as a space.
    pub(super) fn failed(&self, revision: Revision, id: &RequestId, text: String) -> MessageBody {
        self.error(revision, id, text, None)
    }

    fn error(&self, revision: Revision, id: &RequestId, text: String, space: Option<&str>) -> MessageBody {
        let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
        result.meta = self.meta_in(revision, space);
        if revision == Revision::Sessions {
            result.result_type = None;
        }
        reply::result(id.clone(), result)
    }

    /// The `_meta` of a result of a call in that space.
    fn meta_in(&self, revision: Revision, space: Option<&str>) -> Option<MetaObject> {
        let meta = match revision {
            Revision::Stateless => self.meta.clone(),
            Revision::Sessions => None,
        };
        let Some(space) = space else { return meta };
        let mut meta = meta.unwrap_or_default();
        meta.0.insert(SPACE.to_owned(), space.into());
        Some(meta)
    }

    /// The message of a call that had an output: its JSON stands in it twice, as its one text and as structured content.
    /// Both are sent as they are, and shared with others who send the same output.
    fn output(
        &self,
        revision: Revision,
        id: &RequestId,
        space: &str,
        output: &ToolOutput,
        after_space: &str,
    ) -> MessageBody {
        let Frame { before_text, before_space } = match revision {
            Revision::Stateless => &self.stateless,
            Revision::Sessions => &self.sessions,
        };
        let id = serde_json::to_string(id).unwrap_or_default();
        let space = serde_json::to_string(space).unwrap_or_default();
        MessageBody::Parts([
            [r#"{"jsonrpc":"2.0","id":"#, &id, before_text].concat().into(),
            output.literal().clone(),
            Bytes::from_static(br#""}],"structuredContent":"#),
            output.json().clone(),
            [before_space.as_str(), &space, after_space].concat().into(),
        ])
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http_body_util::BodyExt;
    use rmcp::model::{ServerJsonRpcMessage, ServerResult};
    use serde_json::{Value, json};

    use super::*;
    use crate::{call::testing::CATALOG, mcp::ToolNames};
    use mana_mcp_runtime::tool::Output;

    fn parts() -> (Server, CallResults) {
        let names = NameWriter::new(&CATALOG, ToolNames::default());
        let server = Server::new(&CATALOG, CATALOG.tools(), names);
        let results = CallResults::new(&server, names);
        (server, results)
    }

    async fn sent(message: MessageBody) -> String {
        let body = Body::from(message).collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    /// The message as the protocol's own types have it.
    fn expected(server: &Server, revision: Revision, id: &RequestId, space: &str, output: &Value) -> String {
        let mut result = CallToolResult::success(vec![ContentBlock::text(output.to_string())]);
        result.structured_content = Some(output.clone());
        let mut meta = server.meta(revision).unwrap_or_default();
        meta.0.insert("mana/space".to_owned(), space.into());
        result.meta = Some(meta);
        if revision == Revision::Sessions {
            result.result_type = None;
        }
        let result = ServerResult::CallToolResult(result);
        serde_json::to_string(&ServerJsonRpcMessage::response(result, id.clone())).unwrap()
    }

    #[tokio::test]
    async fn an_output_is_sent_byte_for_byte_as_the_protocols_types_write_it() {
        let (server, results) = parts();
        let ids = [
            RequestId::Number(0),
            RequestId::Number(-9_007_199_254_740_991),
            RequestId::String("".into()),
            RequestId::String("ä \"quoted\" \\ \u{1}\n".into()),
        ];
        let outputs = [
            json!({}),
            json!({ "text": "say \"so\" \\ or\nnot\u{1}", "ключ": ["😀", 1.5, true, null], "\"": { "a": -0.5 } }),
            json!({ "content": [], "isError": true, "structuredContent": "},{" }),
            // Sent in parts.
            json!({ "long": "\"x\n".repeat(10_000) }),
        ];
        for revision in [Revision::Stateless, Revision::Sessions] {
            for id in &ids {
                for output in &outputs {
                    for space in ["personal", "\"}\u{1}ä"] {
                        let output_of = output.clone().written().unwrap();
                        let message = results.message(revision, id, space, Ok(output_of.into())).unwrap();
                        let expected = expected(&server, revision, id, space, output);
                        assert_eq!(sent(message).await, expected, "{revision:?} {id:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_long_output_is_shared_and_not_copied() {
        let (_, results) = parts();
        let output = json!({ "long": "x".repeat(10_000) }).written().unwrap();
        let message =
            results.message(Revision::Stateless, &RequestId::Number(1), "s", Ok(output.clone().into())).unwrap();
        let parts: Vec<Bytes> = message.into_parts().collect();
        for shared in [output.literal(), output.json()] {
            assert!(parts.iter().any(|part| part.as_ptr() == shared.as_ptr() && part.len() == shared.len()));
        }
    }
}
