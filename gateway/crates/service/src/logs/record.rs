//! Lines that are records of one kind, two of them for each call: written field by field, past the formatting of messages.
//! What writes a field is inlined where the line is written: then a name is a few moves, and not a call to copy it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::Serialize;

use super::settings::LogFormat;
use crate::request_id::RequestId;

/// Room for a usual line.
const USUAL_BYTES: usize = 512;
const MICROSECONDS: u64 = 1_000_000;

/// What lines of one kind have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Says what happened.
    pub message: &'static str,
    /// By which filters name them.
    pub target: &'static str,
}

/// The name of a field, as each format begins one; made by [`name!`](crate::name).
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
#[macro_export]
macro_rules! name {
    ($name:literal) => {
        $crate::logs::Name {
            text: concat!(" ", $name, "="),
            json: concat!(",\"", $name, "\":"),
            json_string: concat!(",\"", $name, "\":\""),
        }
    };
}
/// A line under way, in the room of the one before. It has the names of a message, in plain text: without colours, and texts
/// without quotes.
#[derive(Debug)]
pub struct Record {
    line: Vec<u8>,
    pub(super) format: LogFormat,
    /// The second of the line before, and how it is written: most lines are of the same one.
    second: u64,
    second_text: String,
}

impl Record {
    pub(super) fn new(format: LogFormat) -> Self {
        Self { line: Vec::with_capacity(USUAL_BYTES), format, second: u64::MAX, second_text: String::new() }
    }

    /// A whole line of that kind, of that time in microseconds.
    pub(super) fn line(&mut self, kind: Kind, time: u64, add: impl FnOnce(&mut Self)) -> &[u8] {
        let (before, between, after) = match self.format {
            LogFormat::Text => ("", "  INFO ", ""),
            LogFormat::Json => (r#"{"timestamp":""#, r#"","level":"INFO","message":""#, "\""),
        };
        self.line.clear();
        self.add(&[before]);
        self.time(time);
        self.add(&[between, kind.message, after]);
        add(self);
        if self.format == LogFormat::Json {
            self.label(name!("target"), kind.target).add(&["}"]);
        }
        self.add(&["\n"]);
        &self.line
    }

    /// Adds a name of the program's own, which has no character that means something in a log. What is absent is left out.
    #[inline(always)]
    pub fn label(&mut self, name: Name, value: impl Into<Option<&'static str>>) -> &mut Self {
        if let Some(value) = value.into() {
            self.quoted(name, value.as_bytes());
        }
        self
    }

    /// Adds a text without spaces. What is absent is left out.
    pub fn text<'a>(&mut self, name: Name, value: impl Into<Option<&'a str>>) -> &mut Self {
        if let Some(value) = value.into() {
            // Told by all bytes and not by the first one that needs more, which would be looked for one by one.
            let is_plain = value.bytes().fold(true, |plain, byte| plain & is_plain(byte));
            match self.format {
                LogFormat::Json if !is_plain => {
                    self.name(name);
                    self.json(value);
                }
                LogFormat::Json | LogFormat::Text => self.quoted(name, value.as_bytes()),
            }
        }
        self
    }

    /// Adds the id of a request. What is absent is left out.
    #[inline(always)]
    pub fn id<'a>(&mut self, name: Name, id: impl Into<Option<&'a RequestId>>) -> &mut Self {
        if let Some(id) = id.into() {
            self.quoted(name, id.as_bytes());
        }
        self
    }

    /// Adds a hash, in hexadecimal digits.
    #[inline(always)]
    pub fn hash(&mut self, name: Name, hash: u64) -> &mut Self {
        self.quoted(name, &hexadecimal(hash));
        self
    }

    /// Adds a number. What is absent is left out.
    #[inline(always)]
    pub fn number(&mut self, name: Name, value: impl Into<Option<u64>>) -> &mut Self {
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
    fn time(&mut self, microseconds: u64) {
        let second = microseconds / MICROSECONDS;
        if self.second != second {
            self.second = second;
            let time = i64::try_from(second).ok().and_then(|second| Timestamp::from_second(second).ok());
            self.second_text = time.unwrap_or_default().to_string().replace('Z', ".");
        }
        self.line.extend_from_slice(self.second_text.as_bytes());
        let (mut digits, mut rest) = (*b"000000Z", microseconds % MICROSECONDS);
        for digit in digits.iter_mut().rev().skip(1) {
            *digit += (rest % 10).to_le_bytes()[0];
            rest /= 10;
        }
        self.line.extend_from_slice(&digits);
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

/// Whether a byte stands in a JSON string as it is. Whatever is not ASCII does too, but then the text is not worth a look.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

/// All digits of a number, eight of them at once: each half byte in a byte of its own, and those above nine moved up to the
/// letters.
fn hexadecimal(number: u64) -> [u8; 16] {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let digits = |half: u64| {
        let halves = (half | half << 16) & 0x0000_ffff_0000_ffff;
        let bytes = (halves | halves << 8) & 0x00ff_00ff_00ff_00ff;
        let digits = (bytes | bytes << 4) & (ONES * 0xf);
        let letters = ((digits + ONES * 6) >> 4) & ONES;
        digits + ONES * u64::from(b'0') + letters * u64::from(b'a' - b'0' - 10)
    };
    let both = u128::from(digits(number >> 32)) << 64 | u128::from(digits(number & 0xffff_ffff));
    both.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;

    use super::*;
    use crate::request_id::REQUEST_ID_HEADER;

    const KIND: Kind = Kind { message: "call", target: "mana_mcp::audit" };

    /// Adds a field of every sort.
    fn every(record: &mut Record) {
        let headers = [(REQUEST_ID_HEADER, HeaderValue::from_static("r-1"))].into_iter().collect();
        record
            .label(name!("tool"), "habits.list")
            .label(name!("reason"), None)
            .id(name!("request_id"), &RequestId::of(&headers))
            .text(name!("odd"), "a\"b")
            .text(name!("plain"), "a-b")
            .hash(name!("user"), 0x0012_3456_789a_bcde)
            .number(name!("result_bytes"), 12)
            .number(name!("microseconds"), None);
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
    fn hashes_are_written_as_the_library_writes_them() {
        for hash in (0..64).map(|by| 0xfedc_ba98_7654_3210_u64.rotate_left(by)).chain([0, 9, 10, u64::MAX]) {
            assert_eq!(hexadecimal(hash), *format!("{hash:016x}").as_bytes());
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
