//! Lines that are records of one kind, two of them for each call: written field by field, past the formatting of messages.
//! What writes a field is inlined where the line is written: then a name is a few moves, and not a call to copy it.

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

/// Room for a usual line.
const USUAL_BYTES: usize = 512;

/// The name of a field, as each format begins one; made by [`name!`](crate::telemetry::logging::name).
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// Between spaces.
    pub text: &'static str,
    /// As a member of an object that is not its first.
    pub json: &'static str,
    /// As one whose value is a string.
    pub json_string: &'static str,
}

/// The name of a field.
macro_rules! name {
    ($name:literal) => {
        $crate::telemetry::logging::Name {
            text: concat!(" ", $name, "="),
            json: concat!(",\"", $name, "\":"),
            json_string: concat!(",\"", $name, "\":\""),
        }
    };
}
pub(crate) use name;

/// A line under way. It has the names of a message, in plain text: without colours, and texts without quotes.
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
        record.line.reserve(USUAL_BYTES);
        record.add(&[before]);
        record.time(time);
        record.add(&[between, message, after]);
        record
    }

    /// Adds a name of the gateway's own, which has no character that means something in a log. What is absent is left out.
    #[inline(always)]
    #[must_use]
    pub fn label(mut self, name: Name, value: impl Into<Option<&'static str>>) -> Self {
        if let Some(value) = value.into() {
            self.quoted(name, value.as_bytes());
        }
        self
    }

    /// Adds a text without spaces. What is absent is left out.
    #[must_use]
    pub fn text<'a>(mut self, name: Name, value: impl Into<Option<&'a str>>) -> Self {
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
    #[inline(always)]
    #[must_use]
    pub fn hash(mut self, name: Name, hash: u64) -> Self {
        let mut digits = [0; 16];
        let mut rest = hash;
        for digit in digits.iter_mut().rev() {
            *digit = hexadecimal(rest);
            rest >>= 4;
        }
        self.quoted(name, &digits);
        self
    }

    /// Adds a number. What is absent is left out.
    #[inline(always)]
    #[must_use]
    pub fn number(mut self, name: Name, value: impl Into<Option<u64>>) -> Self {
        if let Some(value) = value.into() {
            self.name(name);
            self.json(value);
        }
        self
    }

    #[inline(always)]
    fn name(&mut self, name: Name) {
        self.add(&[match self.format {
            LogFormat::Text => name.text,
            LogFormat::Json => name.json,
        }]);
    }

    /// A text that needs no more than quotes, where the format has them.
    #[inline(always)]
    fn quoted(&mut self, name: Name, value: &[u8]) {
        match self.format {
            LogFormat::Text => {
                self.add(&[name.text]);
                self.line.extend_from_slice(value);
            }
            LogFormat::Json => {
                self.add(&[name.json_string]);
                self.line.extend_from_slice(value);
                self.line.push(b'"');
            }
        }
    }

    #[inline(always)]
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
        let (mut digits, mut rest) = ([0; 6], time.subsec_microsecond().unsigned_abs());
        for digit in digits.iter_mut().rev() {
            *digit = hexadecimal(u64::from(rest % 10));
            rest /= 10;
        }
        self.line.push(b'.');
        self.line.extend_from_slice(&digits);
        self.line.push(b'Z');
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
                let mut record = self.label(name!("target"), target);
                record.line.push(b'}');
                record
            }
        };
        record.line.push(b'\n');
        record.line
    }
}

/// The last digit of a number.
const fn hexadecimal(number: u64) -> u8 {
    let [digit, ..] = (number & 0xf).to_le_bytes();
    if digit < 10 { b'0' + digit } else { b'a' + (digit - 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(format: LogFormat) -> String {
        let record = Record::at("2026-03-04T05:06:07.08Z".parse().unwrap(), format, "call")
            .label(name!("tool"), "habits.list")
            .label(name!("reason"), None)
            .text(name!("odd"), "a\"b")
            .hash(name!("user"), 0x0012_3456_789a_bcde)
            .number(name!("result_bytes"), 12)
            .number(name!("microseconds"), None);
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
