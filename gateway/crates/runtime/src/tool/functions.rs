//! The named functions that a catalog file may use in a value (`{fn: wordCount, of: $input.content}`).

/// The number of words in `text`: its runs of characters that are not white space.
#[must_use]
pub fn word_count(text: &str) -> i64 {
    i64::try_from(text.split_whitespace().count()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::word_count;

    #[test]
    fn words_are_separated_by_any_white_space() {
        assert_eq!(word_count(""), 0);
        assert_eq!(word_count(" \n\t"), 0);
        assert_eq!(word_count("ein Wort\u{a0}mehr\n\nund noch-eins "), 5);
    }
}
