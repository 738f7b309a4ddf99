//! Some of the tools of a catalog, one bit each.

use super::ToolId;

const BITS: usize = u64::BITS as usize;

/// A set of tools of one catalog. Cheap to compare and to hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ToolSet {
    /// Without zeros at the end, so that equal sets are equal.
    words: Vec<u64>,
}

impl ToolSet {
    /// Whether the tool is in it.
    #[must_use]
    pub fn contains(&self, tool: ToolId) -> bool {
        let (word, bit) = place(tool);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// How many tools are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| usize::try_from(word.count_ones()).unwrap_or(BITS)).sum()
    }

    /// Whether there is none in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The tools of both sets.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let (longer, shorter) = if self.words.len() < other.words.len() { (other, self) } else { (self, other) };
        let mut words = longer.words.clone();
        words.iter_mut().zip(&shorter.words).for_each(|(word, other)| *word |= other);
        Self { words }
    }

    /// The tools that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut words: Vec<u64> = self.words.iter().zip(&other.words).map(|(word, other)| word & other).collect();
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { words }
    }
}

impl FromIterator<ToolId> for ToolSet {
    fn from_iter<I: IntoIterator<Item = ToolId>>(tools: I) -> Self {
        let mut words = Vec::new();
        for (at, bit) in tools.into_iter().map(place) {
            if words.len() <= at {
                words.resize(at + 1, 0);
            }
            if let Some(word) = words.get_mut(at) {
                *word |= bit;
            }
        }
        Self { words }
    }
}

fn place(tool: ToolId) -> (usize, u64) {
    (tool.index() / BITS, 1 << (tool.index() % BITS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::tool::testing::catalog;

    proptest! {
        #[test]
        fn it_is_a_set(one: BTreeSet<u8>, other: BTreeSet<u8>) {
            let catalog = catalog(256);
            let ids = |numbers: &BTreeSet<u8>| -> BTreeSet<ToolId> {
                numbers.iter().map(|number| catalog.tools()[usize::from(*number)]).collect()
            };
            let (one, other) = (ids(&one), ids(&other));
            let set = |ids: &BTreeSet<ToolId>| ids.iter().copied().collect::<ToolSet>();
            let (a, b) = (set(&one), set(&other));
            prop_assert_eq!(a.union(&b), set(&one.union(&other).copied().collect()));
            prop_assert_eq!(b.union(&a), a.union(&b));
            prop_assert_eq!(a.intersection(&b), set(&one.intersection(&other).copied().collect()));
            prop_assert_eq!((a.len(), a.is_empty()), (one.len(), one.is_empty()));
            prop_assert_eq!(a == b, one == other);
            prop_assert!(catalog.tools().iter().all(|tool| a.contains(*tool) == one.contains(tool)));
        }
    }
}
