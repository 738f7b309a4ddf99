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
mod kinds;
mod lenient;
mod object;
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

pub use decoder::{Decode, Decoder, Mode, decode_stored};
pub use id::{Id, NotAnId};
pub use into_value::IntoValue;
pub use lenient::{Leniencies, parse_object};
pub use mana_mcp_values::{Date, Moment, NotADate, NotAMoment, NotATimestamp, Timestamp, nearest};
pub use object::JsonObject;
pub use rules::{Pattern, Rules};
pub use scalar::Scalar;
pub use serde_json::Value;
pub use uuid::{NotAUuid, Uuid};
pub use violation::{Violation, Violations};

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
