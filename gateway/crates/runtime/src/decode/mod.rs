//! JSON in, typed values out: the one validator of tool arguments, and the reader of rows that other programs wrote.
//!
//! A type says how it is read by [`Decode`], nearly always by `#[derive(Input)]`. The keywords of a field are JSON
//! Schema's and mean exactly what JSON Schema 2020-12 says, formats asserted: what [`decode_input`] accepts is what the
//! tool's schema accepts, once two things that models do are undone: null stands for an optional property that is absent,
//! and JSON text for an array or an object. Two things that are checked here no schema says: a time that leaves the years
//! 0000 to 9999 on its way to UTC is refused (see [`Timestamp`]), and the forms of a [`Moment`] stand in its description.
//!
//! Every problem of a call is reported at once ([`Violations`]), without copying the input into the messages.

mod decoder;
mod id;
mod into_value;
mod lenient;
mod path;
mod rules;
mod scalar;
pub mod shape;
mod time;
pub mod tree;
mod unique;
mod uuid;
mod violation;

#[cfg(test)]
mod tests;

pub use decoder::{Decoder, Mode};
pub use id::{Id, NotAnId};
pub use into_value::IntoValue;
pub use lenient::{Leniencies, parse_object};
pub use mana_mcp_values::{Date, Moment, NotADate, NotAMoment, NotATimestamp, Timestamp, nearest};
pub use rules::{Pattern, Rules};
pub use scalar::Scalar;
pub use serde_json::Value;
pub use uuid::{NotAUuid, Uuid};
pub use violation::{Violation, Violations};

use serde::Serialize;

use crate::encode::JsonOut;

/// A JSON object, its keys in the order in which they came.
pub type JsonObject = serde_json::Map<String, Value>;

/// A type that is read from JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from JSON",
    label = "not `Decode`",
    note = "integers are `i64`, numbers `f64`; a type of your own derives `Input`"
)]
pub trait Decode: Sized {
    /// What a value has to be, in words: `a string`, `one of "low", "high"`.
    fn expected() -> String;

    /// Reads `value` under `rules`. `None` means that at least one violation was reported to `at`.
    fn decode(value: &Value, rules: &Rules, at: &mut Decoder) -> Option<Self>;

    /// Reads a value that another program stored, as [`decode_stored`] reads it. `None` where it is of another type.
    fn of_stored(value: Scalar<'_>) -> Option<Self> {
        decode_stored(&value.to_value()).ok()
    }

    /// Writes a value that another program stored, as [`Decode::of_stored`] reads it: `None` where it is of another type, or
    /// has no JSON. For types whose stored form can be written as it is, this spares reading it.
    fn write_stored(value: Scalar<'_>, out: &mut JsonOut) -> Option<()>
    where
        Self: Serialize,
    {
        out.value(&Self::of_stored(value)?).ok()
    }

    /// Reads an object whose wrapping [`Value`] is not at hand. Structs read it in place; the copy is for the others.
    fn decode_object(object: &JsonObject, at: &mut Decoder) -> Option<Self> {
        Self::decode(&Value::Object(object.clone()), &Rules::NONE, at)
    }
}

/// Reads a call's arguments: unknown properties are refused and every keyword is checked.
///
/// # Errors
/// All problems of the arguments.
pub fn decode_input<T: Decode>(arguments: &JsonObject) -> Result<T, Violations> {
    let mut decoder = Decoder::new(Mode::Input);
    let decoded = T::decode_object(arguments, &mut decoder);
    decoder.finish(decoded)
}

/// Reads a call's arguments as [`decode_input`] does, and rewrites them to what was read: properties that were null are
/// left out, and JSON that came as text is in its place. So whatever looks at the arguments later sees what the handler gets.
///
/// # Errors
/// All problems of the arguments.
pub fn decode_arguments<T: Decode>(arguments: &mut JsonObject) -> Result<(T, Leniencies), Violations> {
    let mut decoder = Decoder::new(Mode::Input);
    let decoded = T::decode_object(arguments, &mut decoder);
    let corrections = decoder.take_corrections();
    let decoded = decoder.finish(decoded)?;
    Ok((decoded, lenient::apply(corrections, arguments)))
}

/// Reads a value that another program stored: unknown properties are skipped and only types are checked. Stored values
/// may be secret, so the violations tell shapes and never values.
///
/// # Errors
/// All places where the value is not of the type.
pub fn decode_stored<T: Decode>(value: &Value) -> Result<T, Violations> {
    let mut decoder = Decoder::new(Mode::Stored);
    let decoded = T::decode(value, &Rules::NONE, &mut decoder);
    decoder.finish(decoded)
}
