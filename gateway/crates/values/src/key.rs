//! Hashable keys, so that lists are searched and grouped in linear time.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::{Date, Moment, Timestamp};

/// A hashable form of a value. Two keys are equal if and only if their values are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key(pub(crate) Kind);

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    /// The bits of the number as a double: integers and doubles compare as numbers.
    Number(u64),
    Text(SmolStr),
    Date(Date),
    Timestamp(Timestamp),
    Moment(Arc<Moment>),
    Duration(i64),
    List(Box<[Kind]>),
    /// Sorted by name, without null members.
    Map(Box<[(SmolStr, Kind)]>),
}

/// Redacted: the content may be secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}
