//! Patterns that mean the same to every reader: to ECMA-262 with the `u` flag (JSON Schema's own) and to Rust's
//! `regex` crate, which checks the arguments.
//!
//! Taken: literals, `\` before one of `^$\.*+?()[]{}|/` (and `-` in a class), `\uXXXX`, classes with ranges and
//! negation, `^`, `$`, `(…)`, `(?:…)`, `|`, and the greedy quantifiers `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`.
//!
//! Refused: `.`, `\d`, `\w`, `\s`, `\b` and their like (ASCII in one, Unicode in the other), look-around and
//! back-references (not linear), flags, named groups, lazy quantifiers. Write the class out: `[0-9]` for `\d`.

use std::iter::Peekable;
use std::str::CharIndices;

/// Why a pattern is refused, and the bytes of it that are meant.
pub(crate) struct Refusal {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// Characters that stand for themselves only after a backslash.
const SYNTAX: &str = "^$\\.*+?()[]{}|/";
/// Deeper nested groups are refused.
const MAX_GROUPS: usize = 16;
/// A greater repetition is refused: a compiled pattern has a bounded size.
const MAX_REPEAT: u32 = 1000;

/// Whether a pattern is in the common subset.
pub(crate) fn check(pattern: &str) -> Result<(), Refusal> {
    let mut parser = PatternParser { chars: pattern.char_indices().peekable(), groups: 0 };
    parser.alternatives()?;
    if let Some((_, one)) = parser.chars.next() {
        return refuse(format!("`{one}` closes nothing"), Some(format!("write `\\{one}` for the character")));
    }
    match regex::Regex::new(pattern) {
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(_)) => refuse("it is too large", None),
        Err(error) => refuse(last_line(&error.to_string()), None),
    }
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ").to_owned()
}

fn refuse<T>(message: impl Into<String>, help: Option<String>) -> Result<T, Refusal> {
    Err(Refusal { message: message.into(), help })
}

struct PatternParser<'a> {
    chars: Peekable<CharIndices<'a>>,
    groups: usize,
}

impl PatternParser<'_> {
    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, one)| *one)
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.chars.next_if(|(_, one)| *one == wanted).is_some()
    }

    fn alternatives(&mut self) -> Result<(), Refusal> {
        loop {
            while let Some(one) = self.peek() {
                match one {
                    '|' | ')' => break,
                    _ => self.term()?,
                }
            }
            if !self.eat('|') {
                return Ok(());
            }
        }
    }

    fn term(&mut self) -> Result<(), Refusal> {
        let Some((_, one)) = self.chars.next() else { return Ok(()) };
        match one {
            '^' | '$' => {
                return match self.peek() {
                    Some('*' | '+' | '?' | '{') => refuse(format!("`{one}` cannot be repeated"), None),
                    _ => Ok(()),
                };
            }
            '(' => self.group()?,
            '[' => self.class()?,
            '\\' => self.escape(SYNTAX)?,
            '.' => {
                return refuse(
                    "`.` leaves out other line ends in ECMA-262 than in Rust",
                    Some("write a class, for example `[^\\u0000]` or `[^\\u000A]`".to_owned()),
                );
            }
            '*' | '+' | '?' | '{' => return refuse(format!("`{one}` repeats nothing"), None),
            ']' | '}' => {
                return refuse(format!("`{one}` closes nothing"), Some(format!("write `\\{one}` for the character")));
            }
            _ => {}
        }
        self.quantifier()
    }

    fn group(&mut self) -> Result<(), Refusal> {
        self.groups += 1;
        if self.groups > MAX_GROUPS {
            return refuse("groups are nested too deeply", None);
        }
        if self.eat('?') && !self.eat(':') {
            let message = "look-around, flags and named groups are not in the common subset";
            return refuse(message, Some("a group is `(…)` or `(?:…)`".to_owned()));
        }
        self.alternatives()?;
        if !self.eat(')') {
            return refuse("a group is not closed", None);
        }
        self.groups -= 1;
        Ok(())
    }

    fn class(&mut self) -> Result<(), Refusal> {
        self.eat('^');
        if self.peek() == Some(']') {
            return refuse("a class is not empty", Some("write `\\]` for the character".to_owned()));
        }
        let mut before = None;
        loop {
            let Some((_, one)) = self.chars.next() else { return refuse("a class is not closed", None) };
            match one {
                ']' => return Ok(()),
                '[' => return refuse("`[` in a class", Some("write `\\[` for the character".to_owned())),
                '\\' => {
                    self.escape("^$\\.*+?()[]{}|/-")?;
                    before = None;
                    continue;
                }
                '&' | '~' | '-' if before == Some(one) => {
                    let message = format!("`{one}{one}` in a class is an operator in Rust");
                    return refuse(message, Some("write the character once".to_owned()));
                }
                _ => before = Some(one),
            }
        }
    }

    fn escape(&mut self, allowed: &str) -> Result<(), Refusal> {
        match self.chars.next() {
            Some((_, 'u')) => self.code_point(),
            Some((_, one)) if allowed.contains(one) => Ok(()),
            Some((_, one)) => {
                let help = match one {
                    'd' => "write `[0-9]`".to_owned(),
                    'w' => "write `[0-9A-Za-z_]`".to_owned(),
                    's' => "write the characters, for example `[ \\u0009\\u000A]`".to_owned(),
                    '0'..='9' => "back-references cannot be checked in linear time".to_owned(),
                    _ if one.is_ascii_alphabetic() => "write the character's code, for example `\\u000A`".to_owned(),
                    _ => format!("write `{one}`, which needs no backslash"),
                };
                refuse(format!("`\\{one}` is not in the common subset"), Some(help))
            }
            None => refuse("a backslash stands at the end", None),
        }
    }

    fn code_point(&mut self) -> Result<(), Refusal> {
        let mut code = 0;
        for _ in 0..4 {
            match self.chars.next().and_then(|(_, one)| one.to_digit(16)) {
                Some(digit) => code = code * 16 + digit,
                None => return refuse("`\\u` is followed by four hexadecimal digits", None),
            }
        }
        match char::from_u32(code) {
            Some(_) => Ok(()),
            None => refuse("`\\u` with half of a surrogate pair", Some("write the character itself".to_owned())),
        }
    }

    fn quantifier(&mut self) -> Result<(), Refusal> {
        let quantified = match self.peek() {
            Some('*' | '+' | '?') => self.chars.next().is_some(),
            Some('{') => {
                self.chars.next();
                self.repetition()?;
                true
            }
            _ => false,
        };
        match self.peek() {
            Some(one @ ('*' | '+' | '?' | '{')) if quantified => refuse(
                format!("`{one}` after a quantifier"),
                Some("quantifiers are greedy, and stand alone".to_owned()),
            ),
            _ => Ok(()),
        }
    }

    fn repetition(&mut self) -> Result<(), Refusal> {
        let least = self.number()?;
        let greatest = match self.eat(',') {
            true if self.peek() == Some('}') => None,
            true => Some(self.number()?),
            false => Some(least),
        };
        if !self.eat('}') {
            return refuse("a repetition is `{n}`, `{n,}` or `{n,m}`", None);
        }
        match greatest {
            Some(greatest) if greatest < least => refuse("a repetition ends before it begins", None),
            _ if least.max(greatest.unwrap_or(0)) > MAX_REPEAT => {
                refuse(format!("a repetition is at most {MAX_REPEAT}"), Some("use `maxLength`".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn number(&mut self) -> Result<u32, Refusal> {
        let mut number: Option<u32> = None;
        while let Some(digit) = self.peek().and_then(|one| one.to_digit(10)) {
            self.chars.next();
            number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(digit));
        }
        match number {
            Some(number) => Ok(number),
            None => {
                refuse("a repetition is `{n}`, `{n,}` or `{n,m}`", Some("write `\\{` for the character".to_owned()))
            }
        }
    }
}
