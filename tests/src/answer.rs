//! An HTTP answer and the JSON-RPC message in it.

use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An HTTP answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The HTTP headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// Reads `response` to its end.
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("an answer has a whole body");
        Self { status, headers, text }
    }

    /// A header's text, or "" where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// The JSON-RPC message: the body, or the last event of an event stream.
    pub fn message(&self) -> Value {
        let json = if self.header("content-type").starts_with("text/event-stream") {
            let events = self.text.lines().filter_map(|line| line.strip_prefix("data:"));
            events.map(str::trim).rfind(|data| !data.is_empty()).unwrap_or_default()
        } else {
            &self.text
        };
        serde_json::from_str(json).unwrap_or_else(|error| panic!("no JSON ({error}) in {self:?}"))
    }

    /// The JSON-RPC result; anything else fails the test.
    pub fn result(&self) -> Value {
        let message = self.message();
        assert!(message.get("error").is_none(), "an error came instead of a result: {self:?}");
        message["result"].clone()
    }

    /// The JSON-RPC error's code; anything else fails the test.
    pub fn error_code(&self) -> i64 {
        self.message()["error"]["code"].as_i64().unwrap_or_else(|| panic!("no JSON-RPC error in {self:?}"))
    }

    /// The structured content of a tool's success; anything else fails the test.
    pub fn structured(&self) -> Value {
        let result = self.result();
        assert_ne!(result["isError"], true, "the tool failed: {self:?}");
        result["structuredContent"].clone()
    }

    /// The text of a tool's failure (`isError`); anything else fails the test.
    pub fn tool_error(&self) -> String {
        let result = self.result();
        assert_eq!(result["isError"], true, "the tool succeeded: {self:?}");
        result["content"][0]["text"].as_str().expect("a tool's failure has a text").to_owned()
    }
}
