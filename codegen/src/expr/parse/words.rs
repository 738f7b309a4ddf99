//! What is wrong with an expression that cannot be read, in plain words: the parser's own name its tokens.

use super::bounds::{self, Unclosed};

/// What is wrong, where, and what to write.
pub(super) struct Problem {
    pub(super) message: String,
    /// The characters that are marked: from here …
    pub(super) at: usize,
    /// … this many.
    pub(super) length: usize,
    pub(super) help: Option<&'static str>,
    /// Whether it may go on behind what was read.
    pub(super) is_cut: bool,
}

/// Spellings of other languages, with what is written here; a longer one stands before its beginning.
const FOREIGN: [(&str, &str); 14] = [
    ("===", "`==` compares"),
    ("!==", "`!=` compares"),
    ("=>", "an element is named before a comma: `.map(x, x.name)`"),
    ("??", "write `coalesce(a, b)` for the first that is not null"),
    ("?.", "a member of null is null: write `.`"),
    ("&&", ""),
    ("||", ""),
    ("==", ""),
    ("!=", ""),
    ("<=", ""),
    (">=", ""),
    ("&", "`&&` joins conditions"),
    ("|", "`||` joins conditions"),
    ("=", "`==` compares"),
];

/// The words of other languages.
const WORDS: [(&str, &str); 4] = [
    ("and", "`&&` joins conditions that must all hold"),
    ("or", "`||` joins conditions of which one must hold"),
    ("not", "`!` stands before a condition that must not hold"),
    ("undefined", "what is not there is `null`"),
];

/// What a parser's first error says.
pub(super) fn of(source: &str, errors: &cel::parser::ParseErrors) -> Problem {
    let characters: Vec<char> = source.chars().collect();
    match bounds::unclosed(source) {
        Some(Unclosed::Text(at)) => {
            let help = Some("a text ends with the quote with which it begins");
            return Problem { message: "this text has no end".to_owned(), at, length: 1, help, is_cut: true };
        }
        Some(Unclosed::Bracket(at)) => {
            let message = "this bracket is not closed".to_owned();
            let help = Some("what it opens ends with `)`, `]` or `}`");
            return Problem { message, at, length: 1, help, is_cut: true };
        }
        Some(Unclosed::Expression) | None => {}
    }
    if let Some(foreign) = foreign(&characters) {
        return foreign;
    }
    let first = errors.errors.first();
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let before = source.split('\n').take(usize::try_from(line - 1).unwrap_or(0)).map(|line| line.chars().count() + 1);
    let at = before.sum::<usize>() + usize::try_from(column - 1).unwrap_or(0);
    let is_at_end = first.is_some_and(|error| error.msg.contains("<EOF>")) || at >= characters.len();
    let at = at.min(characters.len().saturating_sub(1));
    if is_at_end {
        let message = "the expression ends too early".to_owned();
        let last = characters.iter().rposition(|one| !one.is_whitespace()).unwrap_or(at);
        return Problem { message, at: last, length: 1, help: Some("something is wanted behind this"), is_cut: true };
    }
    let word = word_at(&characters, at);
    let help = match word.as_str() {
        "," => Some("a comma stands between arguments, elements and members only"),
        ")" | "]" | "}" => Some("no bracket is open here that it closes"),
        _ => Some("an operator, a comma or a bracket is missing before it, or something behind it"),
    };
    Problem {
        message: format!("`{word}` cannot stand here"),
        at,
        length: word.chars().count().max(1),
        help,
        is_cut: false,
    }
}

/// The first spelling of another language.
fn foreign(characters: &[char]) -> Option<Problem> {
    let mut behind = 0;
    for (at, one) in bounds::outside_of_texts(characters) {
        if at < behind {
            continue;
        }
        let follows = |word: &str| word.chars().zip(at..).all(|(wanted, at)| characters.get(at) == Some(&wanted));
        if let Some((word, help)) = FOREIGN.iter().find(|(word, _)| follows(word)) {
            behind = at + word.chars().count();
            if !help.is_empty() {
                let message = format!("`{word}` is not an operator here");
                return Some(Problem { message, at, length: word.chars().count(), help: Some(help), is_cut: false });
            }
        } else if one == '$' {
            let message = "`$` is not a part of a name".to_owned();
            let help = Some("inputs are named `input.x`, without `$`");
            return Some(Problem { message, at, length: 1, help, is_cut: false });
        } else if one == '`' {
            let message = "a text stands in double quotes".to_owned();
            return Some(Problem { message, at, length: 1, help: Some("write `\"…\"`"), is_cut: false });
        } else if one == ';' {
            let message = "an expression ends without `;`".to_owned();
            return Some(Problem { message, at, length: 1, help: Some("leave it out"), is_cut: false });
        } else if one.is_alphabetic() || one == '_' {
            let word = word_at(characters, at);
            behind = at + word.chars().count();
            let is_member = at.checked_sub(1).and_then(|before| characters.get(before)) == Some(&'.');
            if let Some((known, help)) = WORDS.iter().find(|(known, _)| !is_member && *known == word) {
                let message = format!("`{known}` is not an operator here");
                return Some(Problem { message, at, length: known.chars().count(), help: Some(help), is_cut: false });
            }
        }
    }
    None
}

fn word_at(characters: &[char], at: usize) -> String {
    let rest = characters.get(at..).unwrap_or_default();
    let word: String = rest.iter().take_while(|one| one.is_alphanumeric() || **one == '_').collect();
    if word.is_empty() { rest.iter().take(1).collect() } else { word }
}
