//! One JSON-RPC 2.0 message out of one request body (basic/transports, "Sending Messages to the Server").

use std::{cell::Cell, fmt};

use axum::http::StatusCode;
use rmcp::model::{ErrorData, MetaObject, RequestId, RequestMetaObject};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::Value;

use super::{method::Method, refusal::Refusal};
use mana_mcp_runtime::decode::{
    JsonObject,
    shape::{self, Shape},
    tree::{self, Tree},
};

/// A message from a client, its envelope checked and its parameters as they came.
#[derive(Debug)]
pub(super) enum Message {
    /// Wants an answer.
    Request { id: RequestId, call: MethodCall },
    /// Wants none.
    Notification(MethodCall),
    /// The answer to a request that this server never sends.
    Response,
}

/// A method, its parameters, and what stood in their `_meta`.
#[derive(Debug)]
pub(super) struct MethodCall {
    pub(super) method: Method,
    pub(super) params: JsonObject,
    pub(super) meta: RequestMetaObject,
}

/// The members of a message, whatever they hold.
#[derive(Default)]
struct Envelope {
    jsonrpc: Option<Value>,
    id: Option<Value>,
    method: Option<Value>,
    params: Option<Value>,
    result: Option<Value>,
    error: Option<Value>,
    /// One of these stands twice, or a name in an object of theirs.
    is_ambiguous: bool,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Member {
    Jsonrpc,
    Id,
    Method,
    Params,
    Result,
    Error,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Envelope, A::Error> {
        let (mut envelope, repeated) = (Envelope::default(), Cell::new(false));
        while let Some(member) = members.next_key()? {
            // Read in full, whatever it is: what is not JSON anywhere is no message.
            let value = members.next_value_seed(Tree::noting(&repeated))?;
            let place = match member {
                Member::Jsonrpc => &mut envelope.jsonrpc,
                Member::Id => &mut envelope.id,
                Member::Method => &mut envelope.method,
                Member::Params => &mut envelope.params,
                Member::Result => &mut envelope.result,
                Member::Error => &mut envelope.error,
                Member::Other => continue,
            };
            envelope.is_ambiguous |= place.replace(value).is_some();
        }
        envelope.is_ambiguous |= repeated.get();
        Ok(envelope)
    }
}

impl Message {
    /// Reads one message.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        shape::check(body).map_err(misshapen)?;
        let Envelope { jsonrpc, id, method, params, result, error, is_ambiguous } =
            match body.trim_ascii_start().first() {
                Some(b'{') => serde_json::from_slice(body).map_err(|problem| unreadable(body, &problem))?,
                _ => return Err(no_message(body)),
            };
        // A proxy before us may have read the other one.
        if is_ambiguous {
            return Err(invalid(None, "A name stands twice in the message, or in an object within it."));
        }
        let is_response = result.is_some() || error.is_some();
        let id = id.map(request_id).transpose()?;
        if jsonrpc != Some(Value::from("2.0")) {
            return Err(invalid(id.as_ref(), "`jsonrpc` must be \"2.0\"."));
        }
        let method = match method {
            Some(Value::String(method)) => method,
            None if is_response => return Ok(Self::Response),
            _ => return Err(invalid(id.as_ref(), "`method` must be a string.")),
        };
        if is_response {
            return Err(invalid(id.as_ref(), "A request must not carry `result` or `error`."));
        }
        let mut params = match params {
            None => JsonObject::new(),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(no_object(id.as_ref(), "params")),
        };
        let meta = match params.remove("_meta") {
            None => RequestMetaObject::default(),
            Some(Value::Object(meta)) => RequestMetaObject(MetaObject(meta)),
            Some(_) => return Err(no_object(id.as_ref(), "_meta")),
        };
        let call = MethodCall { method: Method::of(method), params, meta };
        Ok(match id {
            Some(id) => Self::Request { id, call },
            None => Self::Notification(call),
        })
    }
}

/// An error for parameters that do not fit their method.
pub(super) fn invalid_params(text: impl Into<String>) -> ErrorData {
    ErrorData::invalid_params(text.into(), None)
}

fn misshapen(shape: Shape) -> Refusal {
    let status = match shape {
        Shape::TooManyValues => StatusCode::PAYLOAD_TOO_LARGE,
        Shape::TooDeep => StatusCode::BAD_REQUEST,
    };
    Refusal::new(status, ErrorData::invalid_request(shape.to_string(), None))
}

fn unreadable(body: &[u8], problem: &serde_json::Error) -> Refusal {
    if let Some(shape) = shape::look(body) {
        return misshapen(shape);
    }
    // The text of `problem` names a place, never content.
    let text = format!(
        "The body cannot be read as JSON: {problem}. Numbers must fit a 64-bit float, and `\\u` escapes must give whole \
         characters."
    );
    Refusal::new(StatusCode::BAD_REQUEST, ErrorData::parse_error(text, None))
}

fn no_message(body: &[u8]) -> Refusal {
    match tree::from_slice(body) {
        Ok(Value::Array(_)) => invalid(None, "Batches are not supported: send one message in one body."),
        Ok(_) => invalid(None, "The body is not a JSON-RPC message: it is no object."),
        Err(problem) => unreadable(body, &problem),
    }
}

fn invalid(id: Option<&RequestId>, why: &'static str) -> Refusal {
    Refusal::of_request(StatusCode::BAD_REQUEST, why).answering(id)
}

fn no_object(id: Option<&RequestId>, name: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, invalid_params(format!("`{name}` must be an object."))).answering(id)
}

fn request_id(value: Value) -> Result<RequestId, Refusal> {
    serde_json::from_value(value).map_err(|_| invalid(None, "`id` must be a string or an integer."))
}

/// Parameters as the type of their method.
pub(super) fn typed<P: DeserializeOwned>(params: JsonObject) -> Result<P, ErrorData> {
    serde_json::from_value(Value::Object(params)).map_err(|_| invalid_params("The parameters do not fit the method."))
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use rmcp::model::ErrorCode;

    use super::*;

    fn code(body: &str) -> ErrorCode {
        Message::parse(body.as_bytes()).unwrap_err().id_and_code().1
    }

    #[test]
    fn what_is_not_json_is_a_parse_error() {
        for body in ["", "{", "nonsense", "{\"a\":\"\\ud800\"}", "\u{feff}{}", "[1e400]"] {
            assert_eq!(code(body), ErrorCode::PARSE_ERROR, "{body:.40}");
        }
        assert_eq!(Message::parse(b"{\"a\":\"\xff\"}").unwrap_err().id_and_code().1, ErrorCode::PARSE_ERROR);
        // One text, which would be read as a hundred thousand values.
        let hidden = serde_json::json!({ "$serde_json::private::RawValue": format!("[{}1]", "1,".repeat(100_000)) });
        for body in [serde_json::json!({ "params": { "a": hidden } }), serde_json::json!([hidden])] {
            assert_eq!(code(&body.to_string()), ErrorCode::PARSE_ERROR);
        }
    }

    #[test]
    fn what_is_no_message_is_an_invalid_request() {
        for body in [
            "[]",
            r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
            "1",
            "null",
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"\u0069d":2,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":1,"\u0078":2}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"a":{"b":1,"b":1}}}}"#,
        ] {
            assert_eq!(code(body), ErrorCode::INVALID_REQUEST, "{body}");
        }
    }

    #[test]
    fn what_would_take_too_much_is_told_so() {
        let refusal = |body: &str| Message::parse(body.as_bytes()).unwrap_err().into_response().status();
        assert_eq!(refusal(&"[".repeat(100_000)), StatusCode::BAD_REQUEST);
        assert_eq!(refusal(&format!("[{}0]", "0,".repeat(200_000))), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(code(&"[".repeat(100_000)), ErrorCode::INVALID_REQUEST);
    }

    #[test]
    fn the_id_is_told_where_it_could_be_read() {
        let refused = Message::parse(br#"{"jsonrpc":"2.0","id":"a","method":"ping","params":[1]}"#).unwrap_err();
        assert_eq!(refused.id_and_code(), (Some(&RequestId::String("a".into())), ErrorCode::INVALID_PARAMS));
    }
}
