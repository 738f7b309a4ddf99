//! Where expressions end, and how large they may be: the parser's stack and ours are not without end.

use cel::common::ast::{EntryExpr, Expr, IdedExpr};

/// An expression is at most so long, in characters …
pub(super) const MOST_CHARACTERS: usize = 10_000;
/// … its brackets are nested at most so deep …
pub(super) const MOST_BRACKETS: usize = 64;
/// … and so are its operators, members and calls: `a + b + c` is three levels.
pub(super) const MOST_LEVELS: usize = 100;

/// What has no end, with the character at which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unclosed {
    Text(usize),
    Bracket(usize),
    Expression,
}

/// Where the `}` stands that ends an expression which begins at `from`: not in a text, and not that of a map.
pub(super) fn closing(characters: &[char], from: usize) -> Result<usize, Unclosed> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut at = from;
    while let Some(&one) = characters.get(at) {
        match one {
            '"' | '\'' => at = end_of_text(characters, at).ok_or(Unclosed::Text(at))?,
            '{' | '(' | '[' => open.push((at, one)),
            '}' | ')' | ']' => match open.pop() {
                None if one == '}' => return Ok(at),
                Some((opened, bracket)) if bracket != opening(one) => return Err(Unclosed::Bracket(opened)),
                // What is closed and was not opened is seen by the parser.
                _ => {}
            },
            _ => {}
        }
        at += 1;
    }
    Err(open.last().map_or(Unclosed::Expression, |(at, _)| Unclosed::Bracket(*at)))
}

/// Where the bracket is closed that opens here.
pub(super) fn closing_of(characters: &[char], from: usize) -> Option<usize> {
    let mut open = 0_usize;
    for (at, one) in outside_of_texts(characters).skip_while(|(at, _)| *at < from) {
        match one {
            '{' | '(' | '[' => open += 1,
            '}' | ')' | ']' if open <= 1 => return Some(at),
            '}' | ')' | ']' => open -= 1,
            _ if open == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The first text or bracket of an expression that has no end.
pub(super) fn unclosed(source: &str) -> Option<Unclosed> {
    let mut characters: Vec<char> = source.chars().collect();
    // As if it stood in `${…}`: what is open at its end is open at that bracket.
    characters.push('}');
    closing(&characters, 0).err()
}

fn opening(closing: char) -> char {
    match closing {
        ')' => '(',
        ']' => '[',
        _ => '{',
    }
}

/// The closing quote of the text that begins at `from`.
pub(super) fn end_of_text(characters: &[char], from: usize) -> Option<usize> {
    let quote = *characters.get(from)?;
    let mut at = from + 1;
    loop {
        match *characters.get(at)? {
            '\\' => at += 2,
            one if one == quote => return Some(at),
            _ => at += 1,
        }
    }
}

/// The characters of an expression outside of its texts, with their places.
pub(super) fn outside_of_texts(characters: &[char]) -> impl Iterator<Item = (usize, char)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let here = at;
        let one = *characters.get(here)?;
        at = match one {
            '"' | '\'' => end_of_text(characters, here).unwrap_or(characters.len()) + 1,
            _ => here + 1,
        };
        Some((here, one))
    })
}

/// The bracket that is one too deep.
pub(super) fn too_deep(source: &str) -> Option<usize> {
    let characters: Vec<char> = source.chars().collect();
    let mut open = 0_usize;
    for (at, one) in outside_of_texts(&characters) {
        match one {
            '{' | '(' | '[' if open == MOST_BRACKETS => return Some(at),
            '{' | '(' | '[' => open += 1,
            '}' | ')' | ']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// A comment of CEL outside of texts: where it begins, and its length.
pub(super) fn comment(source: &str) -> Option<(usize, usize)> {
    let characters: Vec<char> = source.chars().collect();
    let begins = |(at, one): &(usize, char)| *one == '/' && characters.get(at + 1) == Some(&'/');
    outside_of_texts(&characters).find(begins).map(|(at, _)| (at, characters.len() - at))
}

/// Whether an expression has more levels than may be: what reads it calls itself for each.
pub(super) fn has_too_many_levels(whole: &IdedExpr) -> bool {
    let mut open = vec![(whole, 1)];
    while let Some((one, level)) = open.pop() {
        if level > MOST_LEVELS {
            return true;
        }
        let mut add = |part| open.push((part, level + 1));
        match &one.expr {
            Expr::Select(select) => add(&select.operand),
            Expr::List(list) => list.elements.iter().for_each(add),
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        add(&entry.key);
                        add(&entry.value);
                    }
                }
            }
            Expr::Call(call) => {
                call.args.iter().for_each(&mut add);
                if let Some(target) = &call.target {
                    add(target);
                }
            }
            _ => {}
        }
    }
    false
}
