//! JSON as ECMAScript's `JSON.stringify` writes it: the plain text beneath every encrypted field.
//!
//! Numbers are doubles in their shortest form (`1`, `1e+21`, never `1.0`; integers beyond 2^53 as the nearest double).
//! Keys keep their order, but those that are array indices come first, ascending: so ECMAScript orders an object's
//! properties. There is no white space.

use std::io::{self, Write};

use serde_json::{Map, Number, Value};

/// Writes the value's text.
pub(super) fn write(value: &Value, out: &mut impl Write) -> io::Result<()> {
    match value {
        Value::Null => out.write_all(b"null"),
        Value::Bool(true) => out.write_all(b"true"),
        Value::Bool(false) => out.write_all(b"false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.write_all(b"[")?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                write(item, out)?;
            }
            out.write_all(b"]")
        }
        Value::Object(object) => write_object(object, out),
    }
}

/// The length of the value's text in bytes.
pub(super) fn length(value: &Value) -> io::Result<usize> {
    struct Count(usize);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    write(value, &mut count)?;
    Ok(count.0)
}

fn write_object(object: &Map<String, Value>, out: &mut impl Write) -> io::Result<()> {
    let mut indices: Vec<(u32, &String, &Value)> =
        object.iter().filter_map(|(key, value)| Some((array_index(key)?, key, value))).collect();
    indices.sort_unstable_by_key(|(index, ..)| *index);
    let indexed = indices.into_iter().map(|(_, key, value)| (key, value));
    let named = object.iter().filter(|(key, _)| array_index(key).is_none());
    out.write_all(b"{")?;
    for (position, (key, value)) in indexed.chain(named).enumerate() {
        if position > 0 {
            out.write_all(b",")?;
        }
        write_string(key, out)?;
        out.write_all(b":")?;
        write(value, out)?;
    }
    out.write_all(b"}")
}

/// The index, where the key is one as ECMAScript defines it: canonical, and below 2^32 - 1.
fn array_index(key: &str) -> Option<u32> {
    let canonical = key == "0" || (key.bytes().all(|byte| byte.is_ascii_digit()) && !key.starts_with('0'));
    key.parse().ok().filter(|index| canonical && *index != u32::MAX)
}

fn write_number(number: &Number, out: &mut impl Write) -> io::Result<()> {
    // Every number that JSON text can hold here has a double.
    let double = number.as_f64().ok_or(io::ErrorKind::InvalidData)?;
    out.write_all(ryu_js::Buffer::new().format(double).as_bytes())
}

/// The library escapes as ECMAScript does: `"`, `\`, and what stands below U+0020, in its short form where there is one.
fn write_string(text: &str, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}
