//! The words that people use, German ones above all, and the catalog's words for them.

use std::collections::HashMap;

use mana_mcp_runtime::tool::WordEntry;

use super::words::{Stems, words};

/// The shortest part of a compound that is looked up.
const PART: usize = 4;
/// What stands between the parts of a German compound: `Einkauf-s-liste`.
const JOINTS: [&str; 5] = ["", "s", "n", "en", "es"];

/// The catalog's words by the stems of people's.
#[derive(Debug)]
pub(super) struct Dictionary {
    by_stem: HashMap<String, Vec<String>>,
}

impl Dictionary {
    pub(super) fn new(entries: &[WordEntry], stems: &Stems) -> Self {
        let mut by_stem: HashMap<String, Vec<String>> = HashMap::new();
        for (from, to) in entries {
            let to: Vec<String> = to.iter().flat_map(|text| words(text)).map(|word| stems.english(&word)).collect();
            for word in words(from) {
                for stem in [stems.english(&word), stems.german(&word)] {
                    by_stem.entry(stem).or_default().extend_from_slice(&to);
                }
            }
        }
        Self { by_stem }
    }

    /// The catalog's words for a word, or for the parts of a compound.
    pub(super) fn look_up(&self, word: &str, stems: &Stems) -> Vec<String> {
        let plain = without_e(word);
        let spellings = [Some(word), plain.as_deref()].into_iter().flatten();
        let found = |parts: fn(&Self, &str, &Stems) -> Option<Vec<String>>| {
            spellings.clone().find_map(|word| parts(self, word, stems))
        };
        found(Self::whole).or_else(|| found(Self::compound)).unwrap_or_default()
    }

    fn whole(&self, word: &str, stems: &Stems) -> Option<Vec<String>> {
        let of = |stem: &str| self.by_stem.get(stem).cloned();
        of(&stems.german(word)).or_else(|| of(&stems.english(word)))
    }

    /// Both parts of a compound where both are known, else the longest one that is: the last part says what it is.
    fn compound(&self, word: &str, stems: &Stems) -> Option<Vec<String>> {
        let splits = word.char_indices().map(|(at, _)| word.split_at(at));
        let splits = splits.filter(|(first, last)| first.len() >= PART && last.len() >= PART);
        let mut half: Option<(usize, Vec<String>)> = None;
        for (first, last) in splits {
            let mut firsts = JOINTS.iter().filter_map(|joint| first.strip_suffix(joint));
            let of_first = firsts.find_map(|first| if first.len() < PART { None } else { self.whole(first, stems) });
            let of_last = self.whole(last, stems);
            let (length, found) = match (of_first, of_last) {
                (Some(mut found), Some(rest)) => {
                    found.extend(rest);
                    return Some(found);
                }
                (None, Some(found)) => (last.len() + 1, found),
                (Some(found), None) => (first.len(), found),
                (None, None) => continue,
            };
            if half.as_ref().is_none_or(|(longest, _)| *longest < length) {
                half = Some((length, found));
            }
        }
        half.map(|(_, found)| found)
    }
}

/// A word whose umlauts were written with an `e` behind, as accents are left out here.
fn without_e(word: &str) -> Option<String> {
    let plain = word.replace("ae", "a").replace("oe", "o").replace("ue", "u");
    (plain != word).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: &[WordEntry] = &[
        ("Aufgabe", &["task"]),
        ("Einkauf", &["shopping"]),
        ("Liste", &["list"]),
        ("überfällig", &["overdue"]),
        ("Wetter", &["weather"]),
    ];

    #[test]
    fn words_are_found_whatever_their_ending() {
        let stems = Stems::default();
        let dictionary = Dictionary::new(ENTRIES, &stems);
        for (word, found) in [
            ("aufgabe", "task"),
            ("aufgaben", "task"),
            ("uberfallige", "overdu"),
            ("ueberfaellige", "overdu"),
            ("einkaufsliste", "shop list"),
            ("einkaufszettel", "shop"),
            ("wochenaufgabe", "task"),
            ("regenwetter", "weather"),
            ("haus", ""),
            ("", ""),
        ] {
            assert_eq!(dictionary.look_up(word, &stems).join(" "), found, "{word}");
        }
    }
}
