//! Lines that are records of one kind, two of them for each call: written field by field, past the formatting of messages.

use std::cell::{Cell, RefCell};

use jiff::Timestamp;
use serde::Serialize;

use super::{LogFormat, lines};

thread_local! {
    /// The room of the line before.
    static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    /// The second of the line before, and how it is written: most lines are of the same one.
    static SECOND: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
}

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
        let (before, between, after) = match format {
            LogFormat::Text => ("", "  INFO ", ""),
            LogFormat::Json => (r#"{"timestamp":""#, r#"","level":"INFO","message":""#, "\""),
        };
        let mut record = Self { line: ROOM.take(), format };
        record.add(&[before]);
        record.time(time);
        record.add(&[between, message, after]);
        record
    }

    /// Adds a text without spaces: a name or an id. What is absent is left out.
    #[must_use]
    pub fn text<'a>(mut self, name: &'static str, value: impl Into<Option<&'a str>>) -> Self {
        if let Some(value) = value.into() {
            self.name(name);
            match self.format {
                LogFormat::Text => self.add(&[value]),
                LogFormat::Json => self.json(value),
            }
        }
        self
    }

    /// Adds a hash, in hexadecimal digits.
    #[must_use]
    pub fn hash(mut self, name: &'static str, hash: u64) -> Self {
        let digits = hash.to_be_bytes().map(|byte| [byte >> 4, byte & 0xf].map(hexadecimal));
        let quote = if self.format == LogFormat::Json { "\"" } else { "" };
        self.name(name);
        self.add(&[quote]);
        self.line.extend_from_slice(digits.as_flattened());
        self.add(&[quote]);
        self
    }

    /// Adds a number. What is absent is left out.
    #[must_use]
    pub fn number(mut self, name: &'static str, value: impl Into<Option<u64>>) -> Self {
        if let Some(value) = value.into() {
            self.name(name);
            self.json(value);
        }
        self
    }

    fn name(&mut self, name: &'static str) {
        match self.format {
            LogFormat::Text => self.add(&[" ", name, "="]),
            LogFormat::Json => self.add(&[",\"", name, "\":"]),
        }
    }

    fn add(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.line.extend_from_slice(part.as_bytes()));
    }

    fn json(&mut self, value: impl Serialize) {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut self.line, &value);
    }

    /// The time to the microsecond, as messages have it.
    fn time(&mut self, time: Timestamp) {
        SECOND.with_borrow_mut(|(second, text)| {
            if *second != time.as_second() {
                *second = time.as_second();
                *text = format!("{time:.0}");
            }
            self.add(&[text.trim_end_matches('Z')]);
        });
        let point = self.line.len();
        // Seven digits, of which the first one gives the others their zeros.
        self.json(1_000_000 + time.subsec_microsecond());
        self.line.splice(point..=point, *b".");
        self.add(&["Z"]);
    }

    /// Ends the line and writes it.
    pub fn write(self, target: &'static str) {
        let mut line = self.ended(target);
        lines::write(&line);
        line.clear();
        ROOM.set(line);
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

const fn hexadecimal(digit: u8) -> u8 {
    match digit {
        0..=9 => b'0' + digit,
        _ => b'a' + (digit - 10),
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
            .hash("user", 0x0012_3456_789a_bcde)
            .number("result_bytes", 12)
            .number("microseconds", None);
        String::from_utf8(record.ended("mana_mcp::audit")).unwrap()
    }

    #[test]
    fn a_line_has_the_same_fields_in_both_formats() {
        let json =
            r#"{"timestamp":"2026-03-04T05:06:07.080000Z","level":"INFO","message":"call","tool":"habits.list","#;
        let json = format!(
            "{json}{}\n",
            r#""odd":"a\"b","user":"00123456789abcde","result_bytes":12,"target":"mana_mcp::audit"}"#
        );
        assert_eq!(line(LogFormat::Json), json);
        let text =
            "2026-03-04T05:06:07.080000Z  INFO call tool=habits.list odd=a\"b user=00123456789abcde result_bytes=12\n";
        assert_eq!(line(LogFormat::Text), text);
    }
}
