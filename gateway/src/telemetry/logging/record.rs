//! Lines that are records of one kind, two of them for each call: written field by field, past the formatting of messages.

use std::io::Write as _;

use jiff::Timestamp;

use super::{LogFormat, lines};

/// What most lines are shorter than.
const USUAL_BYTES: usize = 512;

/// A line under way. In either format it has the form of a message, with the same names.
#[derive(Debug)]
pub struct Record {
    line: Vec<u8>,
    format: LogFormat,
}

impl Record {
    /// A record of now; `message` says of what.
    #[must_use]
    pub fn begin(format: LogFormat, message: &'static str) -> Self {
        Self::at(Timestamp::now(), format, message)
    }

    fn at(time: Timestamp, format: LogFormat, message: &'static str) -> Self {
        let mut line = Vec::with_capacity(USUAL_BYTES);
        // Writing to memory cannot fail, here and below.
        let _ = match format {
            LogFormat::Text => write!(line, "{time:.6}  INFO {message}"),
            LogFormat::Json => write!(line, r#"{{"timestamp":"{time:.6}","level":"INFO","message":"{message}""#),
        };
        Self { line, format }
    }

    /// Adds a text without spaces: a name, a hash, an id. What is absent is left out.
    #[must_use]
    pub fn text<'a>(mut self, name: &'static str, value: impl Into<Option<&'a str>>) -> Self {
        if let Some(value) = value.into() {
            self.name(name);
            match self.format {
                LogFormat::Text => self.line.extend_from_slice(value.as_bytes()),
                LogFormat::Json => {
                    let _ = serde_json::to_writer(&mut self.line, value);
                }
            }
        }
        self
    }

    /// Adds a number. What is absent is left out.
    #[must_use]
    pub fn number(mut self, name: &'static str, value: impl Into<Option<u64>>) -> Self {
        if let Some(value) = value.into() {
            self.name(name);
            let _ = write!(self.line, "{value}");
        }
        self
    }

    fn name(&mut self, name: &'static str) {
        let (before, after): (&[u8], &[u8]) = match self.format {
            LogFormat::Text => (b" ", b"="),
            LogFormat::Json => (b",\"", b"\":"),
        };
        for part in [before, name.as_bytes(), after] {
            self.line.extend_from_slice(part);
        }
    }

    /// Ends the line and writes it.
    pub fn write(self, target: &'static str) {
        lines::write(&self.ended(target));
    }

    fn ended(self, target: &'static str) -> Vec<u8> {
        let mut record = match self.format {
            LogFormat::Text => self,
            LogFormat::Json => {
                let mut record = self.text("target", target);
                record.line.push(b'}');
                record
            }
        };
        record.line.push(b'\n');
        record.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(format: LogFormat) -> String {
        let record = Record::at("2026-03-04T05:06:07.08Z".parse().unwrap(), format, "call")
            .text("tool", "habits.list")
            .text("reason", None)
            .text("odd", "a\"b")
            .number("result_bytes", 12)
            .number("microseconds", None);
        String::from_utf8(record.ended("mana_mcp::audit")).unwrap()
    }

    #[test]
    fn a_line_has_the_same_fields_in_both_formats() {
        let json = r#"{"timestamp":"2026-03-04T05:06:07.080000Z","level":"INFO","message":"call","tool":"habits.list","#;
        let json = format!("{json}{}\n", r#""odd":"a\"b","result_bytes":12,"target":"mana_mcp::audit"}"#);
        assert_eq!(line(LogFormat::Json), json);
        let text = "2026-03-04T05:06:07.080000Z  INFO call tool=habits.list odd=a\"b result_bytes=12\n";
        assert_eq!(line(LogFormat::Text), text);
    }
}
