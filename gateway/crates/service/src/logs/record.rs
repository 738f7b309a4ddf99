//! Lines that are records of one kind, two of them for each call: written field by field.

use std::{
    fmt::{self, Display},
    io::Write as _,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use jiff::Timestamp;
use serde::Serialize;

use super::settings::LogFormat;

/// Room for a usual line.
const USUAL_BYTES: usize = 512;

/// What lines of one kind have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Says what happened.
    pub message: &'static str,
    /// By which filters name them.
    pub target: &'static str,
}

/// A line under way, in the room of the one before. It has the names of a message, in plain text: without colours, and texts
/// without quotes.
#[derive(Debug)]
pub struct Record {
    line: Vec<u8>,
    pub(super) format: LogFormat,
}

impl Record {
    pub(super) fn new(format: LogFormat) -> Self {
        Self { line: Vec::with_capacity(USUAL_BYTES), format }
    }

    /// A whole line of that kind, of that time in microseconds.
    pub(super) fn line(&mut self, kind: Kind, time: u64, add: impl FnOnce(&mut Self)) -> &[u8] {
        let time = i64::try_from(time).ok().and_then(|time| Timestamp::from_microsecond(time).ok()).unwrap_or_default();
        self.line.clear();
        match self.format {
            LogFormat::Text => self.add(format_args!("{time:.6}  INFO {}", kind.message)),
            LogFormat::Json => {
                self.add(format_args!(r#"{{"timestamp":"{time:.6}","level":"INFO","message":"{}""#, kind.message));
            }
        }
        add(self);
        if self.format == LogFormat::Json {
            self.text("target", kind.target).add(format_args!("}}"));
        }
        self.add(format_args!("\n"));
        &self.line
    }

    /// Adds a text without spaces. What is absent is left out.
    pub fn text<'a>(&mut self, name: &str, value: impl Into<Option<&'a str>>) -> &mut Self {
        match value.into() {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// Adds a hash, in hexadecimal digits.
    pub fn hash(&mut self, name: &str, hash: u64) -> &mut Self {
        self.field(name, format!("{hash:016x}"))
    }

    /// Adds a number. What is absent is left out.
    pub fn number(&mut self, name: &str, value: impl Into<Option<u64>>) -> &mut Self {
        match value.into() {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    fn field(&mut self, name: &str, value: impl Serialize + Display) -> &mut Self {
        match self.format {
            LogFormat::Text => self.add(format_args!(" {name}={value}")),
            LogFormat::Json => {
                self.add(format_args!(",\"{name}\":"));
                // Writing to memory cannot fail.
                let _ = serde_json::to_writer(&mut self.line, &value);
            }
        }
        self
    }

    fn add(&mut self, text: fmt::Arguments<'_>) {
        // Nor can this.
        let _ = self.line.write_fmt(text);
    }
}

/// One moment by both clocks: what was a moment ago by the one that never goes back has a time by the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    instant: Instant,
    microseconds: u64,
}

impl Now {
    pub(super) fn read() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { instant: Instant::now(), microseconds: u64::try_from(since.as_micros()).unwrap_or_default() }
    }

    /// The time of a moment that has been, in microseconds.
    pub(super) fn time_of(self, moment: Instant) -> u64 {
        let ago = self.instant.saturating_duration_since(moment).as_micros();
        self.microseconds.saturating_sub(u64::try_from(ago).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;

    use super::*;
    use crate::request_id::{REQUEST_ID_HEADER, RequestId};

    const KIND: Kind = Kind { message: "call", target: "mana_mcp::audit" };

    /// Adds a field of every sort.
    fn every(record: &mut Record) {
        let headers = [(REQUEST_ID_HEADER, HeaderValue::from_static("r-1"))].into_iter().collect();
        record
            .text("tool", "habits.list")
            .text("reason", None)
            .text("request_id", RequestId::of(&headers).as_str())
            .text("odd", "a\"b")
            .text("plain", "a-b")
            .hash("user", 0x0012_3456_789a_bcde)
            .number("result_bytes", 12)
            .number("microseconds", None);
    }

    fn line(format: LogFormat, time: &str) -> String {
        let time: Timestamp = time.parse().unwrap();
        let mut record = Record::new(format);
        let time = u64::try_from(time.as_microsecond()).unwrap();
        let first = record.line(KIND, time, every).to_vec();
        // Nothing of a line stays for the next one.
        assert_eq!(record.line(KIND, time, every), first);
        String::from_utf8(first).unwrap()
    }

    #[test]
    fn a_line_has_the_same_fields_in_both_formats() {
        let time = "2026-03-04T05:06:07.080001Z";
        let json = [
            r#"{"timestamp":"2026-03-04T05:06:07.080001Z","level":"INFO","message":"call","tool":"habits.list","#,
            r#""request_id":"r-1","odd":"a\"b","plain":"a-b","user":"00123456789abcde","result_bytes":12,"#,
            "\"target\":\"mana_mcp::audit\"}\n",
        ];
        assert_eq!(line(LogFormat::Json, time), json.concat());
        let text = "2026-03-04T05:06:07.080001Z  INFO call tool=habits.list request_id=r-1 odd=a\"b plain=a-b \
                    user=00123456789abcde result_bytes=12\n";
        assert_eq!(line(LogFormat::Text, time), text);
    }

    #[test]
    fn lines_of_other_seconds_have_their_own_time() {
        let mut record = Record::new(LogFormat::Text);
        for time in ["2026-03-04T05:06:07.999999Z", "2026-03-04T05:06:08.000000Z", "2026-03-04T05:06:07.000001Z"] {
            let microseconds = time.parse::<Timestamp>().unwrap().as_microsecond();
            let line = record.line(KIND, u64::try_from(microseconds).unwrap(), |_| ()).to_vec();
            assert_eq!(String::from_utf8(line).unwrap(), format!("{time}  INFO call\n"));
        }
    }

    #[test]
    fn a_moment_ago_has_its_own_time() {
        let now = Now::read();
        let ago = now.instant.checked_sub(Duration::from_micros(1_500)).unwrap();
        assert_eq!(now.time_of(ago), now.microseconds - 1_500);
        // What is not yet is now.
        assert_eq!(now.time_of(now.instant + Duration::from_secs(1)), now.microseconds);
    }
}
