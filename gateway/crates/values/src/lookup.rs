//! A cache of hash sets for `in`.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashSet;

use crate::{Key, Value};

/// The most recently searched lists. A condition searches the same list for every row, so the second search builds a hash
/// set; for a single search, that would not pay off.
#[derive(Default)]
pub(crate) struct Lookups(pub(crate) VecDeque<Lookup>);

pub(crate) struct Lookup {
    /// Keeps the list alive, so that its address identifies it.
    pub(crate) list: Arc<[Value]>,
    pub(crate) keys: Option<HashSet<Key>>,
}
