//! Texts as words that compare: small letters without accents, parts of names apart, endings cut.

use rust_stemmers::{Algorithm, Stemmer};

/// A longer word is cut here: its rest would tell nothing apart.
const MAX_CHARS: usize = 40;

/// Words that say nothing about a tool.
const STOP_WORDS: [&str; 119] = [
    "a", "aber", "about", "again", "all", "als", "also", "am", "an", "and", "any", "are", "as", "at", "auf", "aus",
    "be", "bei", "bitte", "by", "can", "da", "dann", "das", "dass", "dem", "den", "der", "des", "die", "dir", "do",
    "does", "ein", "eine", "einem", "einen", "einer", "es", "for", "from", "fur", "habe", "haben", "hat", "have",
    "how", "i", "ich", "if", "im", "in", "into", "is", "ist", "it", "its", "kann", "kannst", "know", "mal", "man",
    "me", "mein", "meine", "meinem", "meinen", "meiner", "mich", "mir", "mit", "mochte", "my", "need", "nicht", "noch",
    "not", "nun", "oder", "of", "on", "one", "or", "our", "please", "sein", "sich", "sie", "sind", "so", "that", "the",
    "their", "them", "there", "these", "they", "this", "to", "um", "und", "uns", "von", "vor", "want", "was", "we",
    "were", "what", "wie", "will", "with", "wo", "would", "you", "your", "zu", "zum", "zur",
];

/// Cuts endings.
pub(super) struct Stems {
    english: Stemmer,
    german: Stemmer,
}

impl Default for Stems {
    fn default() -> Self {
        Self { english: Stemmer::create(Algorithm::English), german: Stemmer::create(Algorithm::German) }
    }
}

impl std::fmt::Debug for Stems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stems")
    }
}

impl Stems {
    /// As English has the word.
    pub(super) fn english(&self, word: &str) -> String {
        self.english.stem(word).into_owned()
    }

    /// As German has it. Marked, so that it is no English word.
    pub(super) fn german(&self, word: &str) -> String {
        format!("{}~", self.german.stem(word))
    }
}

/// The words of a text in their order, without those that say nothing.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    let mut words = split(text);
    // Its parts say nothing, and together they are a word.
    while let Some(at) = words.windows(2).position(|pair| pair == ["to", "do"]) {
        words.splice(at..at + 2, ["todo".to_owned()]);
    }
    words.into_iter().filter(|word| STOP_WORDS.binary_search(&word.as_str()).is_err())
}

/// Every word in small letters without accents; `startTimer` is two.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut chars, mut was_small) = (String::new(), 0, false);
    for letter in text.chars() {
        let is_part = letter.is_alphanumeric();
        if (!is_part || (was_small && letter.is_uppercase())) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
            chars = 0;
        }
        was_small = letter.is_lowercase();
        if is_part && chars < MAX_CHARS {
            chars += 1;
            push_folded(letter, &mut word);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn push_folded(letter: char, word: &mut String) {
    for small in letter.to_lowercase() {
        match small {
            'à'..='å' => word.push('a'),
            'æ' => word.push_str("ae"),
            'ç' => word.push('c'),
            'è'..='ë' => word.push('e'),
            'ì'..='ï' => word.push('i'),
            'ñ' => word.push('n'),
            'ò'..='ö' | 'ø' => word.push('o'),
            'ß' => word.push_str("ss"),
            'ù'..='ü' => word.push('u'),
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_in_order() {
        assert!(STOP_WORDS.is_sorted());
        let split = STOP_WORDS.iter().all(|word| split(word) == [*word]);
        assert!(split, "they are written as words are");
    }

    #[test]
    fn a_text_becomes_words() {
        let words = |text: &str| words(text).collect::<Vec<_>>();
        assert_eq!(
            words("times.startTimer, Überfällige AUFGABEN"),
            ["times", "start", "timer", "uberfallige", "aufgaben"]
        );
        assert_eq!(words("wie groß ist das Café?"), ["gross", "cafe"]);
        assert_eq!(words("a_b-c2 HTTPServer"), ["b", "c2", "httpserver"]);
        assert_eq!(words("задача 😀"), ["задача"]);
        assert_eq!(words("my to-do list, To do"), ["todo", "list", "todo"]);
        assert_eq!(words(&"x".repeat(1000)), ["x".repeat(MAX_CHARS)]);
        assert_eq!(words(""), [""; 0]);
    }
}
