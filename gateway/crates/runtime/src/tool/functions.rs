//! The named functions that a catalog file may use in a value (`{fn: wordCount, of: $input.content}`).

/// The number of words in `text`: its runs of characters that are not white space, as the web application counts them.
#[must_use]
pub fn word_count(text: &str) -> i64 {
    let words = text.split(is_white_space).filter(|word| !word.is_empty());
    i64::try_from(words.count()).unwrap_or(i64::MAX)
}

/// Whether ECMAScript's `\s` matches the character. Unlike Unicode's property, it has U+FEFF and lacks U+0085.
fn is_white_space(character: char) -> bool {
    character == '\u{feff}' || character != '\u{85}' && character.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::word_count;

    #[test]
    fn words_are_separated_by_any_white_space() {
        assert_eq!(word_count(""), 0);
        assert_eq!(word_count(" \n\t"), 0);
        assert_eq!(word_count("ein Wort\u{a0}mehr\n\nund noch-eins "), 5);
        assert_eq!(word_count("ein\u{85}Wort \u{feff}zwei\u{feff}drei\u{2028}vier\u{200b}"), 4);
    }
}
