//! The types of values as the compiler describes them: of fields, of outputs, and of what services are sent and answer.

/// The type of a field, and the shape of an output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    /// `true`, `false`
    Bool,
    /// A whole number within ±(2^53 − 1).
    Int,
    /// Any number.
    Double,
    /// A text.
    Text,
    /// The id of a row.
    Id,
    /// A UUID, written in lower case.
    Uuid,
    /// A day.
    Date,
    /// An instant.
    Timestamp,
    /// A day, a local time or an instant, kept as it was written.
    Moment,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// An array.
    List(&'static Type),
    /// An object of any names.
    Map(&'static Type),
    /// An object of these names.
    Object(&'static [Member]),
    /// Any JSON.
    Json,
    /// A value that must be there, in the answer of a service.
    Required(&'static Type),
}

/// A member of an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
}
