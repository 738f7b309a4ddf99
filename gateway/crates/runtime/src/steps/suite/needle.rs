//! The words that a search looks for. A row is found where each of them is in one of its texts, whatever the case of letters.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::Shelf;
use crate::{
    decode::Scalar,
    rows::{Found, RowReader},
    steps::StepError,
    table::case_fold,
};

/// The most words: each is looked for in each text.
const MOST_WORDS: usize = 16;

/// What is looked for.
pub(super) struct Needle {
    /// Without differences of case; no more than there are bits in [`Words`].
    words: Vec<Zeroizing<String>>,
}

/// Some of the words, one bit each.
type Words = u16;

const _: () = assert!(MOST_WORDS <= Words::BITS as usize);

/// Where in a row all words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// In its label.
    Label,
    /// In its texts together.
    Texts,
}

/// Room for one text after the other, without differences of case. It is zeroed when dropped.
#[derive(Default)]
pub(super) struct Folded(Zeroizing<String>);

impl Needle {
    /// The words of a query.
    ///
    /// # Errors
    /// Where there are none, or too many.
    pub(super) fn new(query: &str) -> Result<Self, StepError> {
        let folded = case_fold(query);
        let words: BTreeSet<&str> = folded.split_whitespace().collect();
        let refused = |why: &str| Err(StepError::Refused { why: why.to_owned() });
        match words.len() {
            0 => refused("There is nothing to look for: give one word at least."),
            1..=MOST_WORDS => Ok(Self { words: words.into_iter().map(|word| word.to_owned().into()).collect() }),
            _ => refused("A search takes at most 16 words. Every word must be in a row, so fewer words find more."),
        }
    }

    /// Where in a row the words are. Its texts are opened one by one, until all words are found.
    pub(super) fn place(
        &self,
        shelf: &Shelf,
        texts: &[&'static str],
        reader: &mut RowReader<'_>,
        folded: &mut Folded,
    ) -> Option<Place> {
        let mut missing = self.words_in_field(shelf, shelf.label, self.all(), reader, folded);
        if missing == 0 {
            return Some(Place::Label);
        }
        for field in texts {
            missing = self.words_in_field(shelf, field, missing, reader, folded);
            if missing == 0 {
                return Some(Place::Texts);
            }
        }
        None
    }

    fn all(&self) -> Words {
        let beyond = u32::try_from(self.words.len()).unwrap_or(Words::BITS);
        Words::MAX.checked_shr(Words::BITS.saturating_sub(beyond)).unwrap_or(0)
    }

    /// Those of the missing words that are not in the field either.
    fn words_in_field(
        &self,
        shelf: &Shelf,
        field: &'static str,
        missing: Words,
        reader: &mut RowReader<'_>,
        folded: &mut Folded,
    ) -> Words {
        let left = |found: Found<'_>| {
            Some(match found {
                Found::Scalar(Scalar::Text(text)) => self.left_of(missing, folded.of(text)),
                Found::Tree(Json::Array(items)) => {
                    let texts = items.iter().filter_map(Json::as_str);
                    texts.fold(missing, |missing, text| self.left_of(missing, folded.of(text)))
                }
                Found::Scalar(_) | Found::Tree(_) => missing,
            })
        };
        let left = if shelf.table.spec.is_encrypted(field) {
            reader.take_encrypted(field, left)
        } else {
            reader.take_plain(field, left)
        };
        left.flatten().unwrap_or(missing)
    }

    fn left_of(&self, missing: Words, text: &str) -> Words {
        let bits = (0..Words::BITS).map(|place| 1 << place);
        let wanted = self.words.iter().zip(bits).filter(|(_, bit)| missing & bit != 0);
        wanted.filter(|(word, _)| text.contains(word.as_str())).fold(missing, |left, (_, bit)| left & !bit)
    }
}

impl Folded {
    /// The text as [`case_fold`] makes it.
    fn of(&mut self, text: &str) -> &str {
        // No letter becomes twice as long, and a buffer that grows leaves copies of the text behind.
        if self.0.capacity() < 2 * text.len() {
            self.0 = Zeroizing::new(String::with_capacity(4 * text.len()));
        }
        self.0.clear();
        if text.is_ascii() {
            self.0.push_str(text);
            self.0.make_ascii_lowercase();
            return &self.0;
        }
        for char in text.chars() {
            match char {
                // It is the same letter, at the end of a word.
                'ς' => self.0.push('σ'),
                char if char.is_ascii() => self.0.push(char.to_ascii_lowercase()),
                char => self.0.extend(char.to_lowercase()),
            }
        }
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_folded_as_every_other_search_folds_it(texts: Vec<String>, greek in "[aBΣσςİıKẞßÄäȺ ]{0,20}") {
            let mut folded = Folded::default();
            for text in texts.iter().chain([&greek]) {
                let wanted = case_fold(text);
                prop_assert_eq!(folded.of(text), wanted.as_str());
            }
        }
    }

    #[test]
    fn no_letter_becomes_longer_than_twice_as_long() {
        let grows = |char: &char| char.to_lowercase().map(char::len_utf8).sum::<usize>() > 2 * char.len_utf8();
        assert_eq!((char::MIN..=char::MAX).find(grows), None);
    }

    #[test]
    fn words_are_counted_once() {
        let words = |query: &str| Needle::new(query).map(|needle| (needle.words.len(), needle.all()));
        assert_eq!(words("a").unwrap(), (1, 0b1));
        assert_eq!(words(" b A a\u{a0}B\n").unwrap(), (2, 0b11));
        assert_eq!(words("a b c d e f g h i j k l m n o p").unwrap(), (16, Words::MAX));
        for query in ["", " \t\n", "a b c d e f g h i j k l m n o p q"] {
            assert!(words(query).is_err(), "{query:?}");
        }
    }
}
