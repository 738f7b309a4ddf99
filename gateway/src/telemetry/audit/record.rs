//! A line of the audit log, as it is written: a record and no message, so that it is serialized as it stands and goes past
//! the formatting of log messages, which would be the larger half of what policy and telemetry cost a call.

use std::{fmt::Write as _, fs::File, io::Write as _};

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Hash, TARGET};
use crate::telemetry::logging::LogFormat;

/// What most lines are shorter than.
const USUAL_BYTES: usize = 512;

/// One line. What is absent is left out.
#[derive(Debug, Serialize)]
pub(super) struct Record<'a> {
    #[serde(serialize_with = "to_the_microsecond")]
    pub(super) timestamp: Timestamp,
    pub(super) level: &'static str,
    pub(super) message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<&'a str>,
    pub(super) user: Hash,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) space: Option<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) decision: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mode: Option<&'static str>,
    pub(super) outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments: Option<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) microseconds: Option<u64>,
    pub(super) target: &'static str,
}

impl<'a> Record<'a> {
    /// A record of now that says no more than who, and how it ended.
    pub(super) fn of(user: Hash, outcome: &'static str) -> Self {
        Self {
            timestamp: Timestamp::now(),
            level: "INFO",
            message: "call",
            request_id: None,
            user,
            space: None,
            tool: None,
            decision: None,
            reason: None,
            mode: None,
            outcome,
            arguments: None,
            arguments_bytes: None,
            result_bytes: None,
            microseconds: None,
            target: TARGET,
        }
    }

    /// Writes the line to the log. A log that takes no more lines is no reason to fail a call.
    pub(super) fn write(&self, mut log: &File, format: LogFormat) {
        let line = match format {
            LogFormat::Json => self.json(),
            LogFormat::Text => self.text(),
        };
        let _ = line.map(|line| log.write_all(&line));
    }

    fn json(&self) -> serde_json::Result<Vec<u8>> {
        let mut line = Vec::with_capacity(USUAL_BYTES);
        serde_json::to_writer(&mut line, self)?;
        line.push(b'\n');
        Ok(line)
    }

    /// The same fields, as log messages show theirs. Each is a name, a number, a hash or an id without spaces.
    fn text(&self) -> serde_json::Result<Vec<u8>> {
        let mut line = format!("{:.6}  {} {}", self.timestamp, self.level, self.message);
        if let Value::Object(fields) = serde_json::to_value(self)? {
            for (name, value) in fields {
                // Writing to a string cannot fail.
                let _ = match (name.as_str(), value) {
                    ("timestamp" | "level" | "message" | "target", _) => Ok(()),
                    (name, Value::String(text)) => write!(line, " {name}={text}"),
                    (name, value) => write!(line, " {name}={value}"),
                };
            }
        }
        line.push('\n');
        Ok(line.into_bytes())
    }
}

/// As log messages have it.
fn to_the_microsecond<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.6}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_same_fields_in_both_formats() {
        let record = Record {
            request_id: Some("a-1"),
            tool: Some("habits.list"),
            space: Some(Hash(0x0123_4567_89ab_cdef)),
            result_bytes: Some(12),
            timestamp: "2026-03-04T05:06:07.08Z".parse().unwrap(),
            ..Record::of(Hash(1), "success")
        };
        let json = String::from_utf8(record.json().unwrap()).unwrap();
        let expected = concat!(
            r#"{"timestamp":"2026-03-04T05:06:07.080000Z","level":"INFO","message":"call","request_id":"a-1","#,
            r#""user":"0000000000000001","space":"0123456789abcdef","tool":"habits.list","outcome":"success","#,
            r#""result_bytes":12,"target":"mana_mcp::audit"}"#,
            "\n"
        );
        assert_eq!(json, expected);
        let text = String::from_utf8(record.text().unwrap()).unwrap();
        let expected = "2026-03-04T05:06:07.080000Z  INFO call request_id=a-1 user=0000000000000001 \
            space=0123456789abcdef tool=habits.list outcome=success result_bytes=12\n";
        assert_eq!(text, expected);
    }
}
