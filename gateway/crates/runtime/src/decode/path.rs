//! Where a value lies in what is decoded, and how a message names that place.

use std::fmt::Write as _;

/// A step of the path. Names are those of known properties: a caller's own names are never collected.
#[derive(Debug, Clone, Copy)]
pub(super) enum Segment {
    Property(&'static str),
    Item(usize),
}

/// The path as a JSON Pointer (RFC 6901).
pub(super) fn pointer(path: &[Segment]) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Property(name) => push_token(&mut pointer, name),
            // Writing to a string cannot fail.
            Segment::Item(index) => _ = write!(pointer, "/{index}"),
        }
    }
    pointer
}

/// Adds a reference token to a JSON Pointer.
pub(super) fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    for character in token.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}
