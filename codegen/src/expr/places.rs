//! Where the characters of a scalar stand in its source.
//!
//! YAML folds lines, cuts indentation and knows escapes, so a character of the value is not where a count from the beginning
//! would look for it. The value and its source are walked side by side: what the value does not have (quotes, indentation,
//! backslashes) is passed over.

use crate::source::{FileId, Span};

/// The places of the characters of one scalar.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    file: FileId,
    /// The byte at which each character of the value begins in the source.
    starts: Vec<usize>,
    whole: Span,
}

impl Places {
    /// The places of the characters of `value`, which is written at `span` of the text of its file.
    pub(crate) fn of(value: &str, span: Span, text: &str) -> Self {
        let written = text.get(span.start..span.end).unwrap_or_default();
        let (is_double, is_single) = (written.starts_with('"'), written.starts_with('\''));
        let mut source = written.char_indices().peekable();
        if written.starts_with(['|', '>']) {
            // The head of a block: the value begins on the next line.
            for (_, one) in source.by_ref() {
                if one == '\n' {
                    break;
                }
            }
        } else if written.starts_with(['"', '\'']) {
            source.next();
        }
        let mut starts = Vec::new();
        let mut last = span.start;
        for wanted in value.chars() {
            let mut found = None;
            while let Some(&(at, one)) = source.peek() {
                if is_double && one == '\\' {
                    source.next();
                    match source.next().map(|(_, escaped)| escaped) {
                        // A line that is continued: neither the break nor the indentation is of the value.
                        Some('\n') | None => {
                            while source.next_if(|(_, one)| matches!(one, ' ' | '\t')).is_some() {}
                            continue;
                        }
                        Some(escaped) => {
                            let digits = match escaped {
                                'x' => 2,
                                'u' => 4,
                                'U' => 8,
                                _ => 0,
                            };
                            source.by_ref().take(digits).for_each(drop);
                        }
                    }
                    found = Some(at);
                    break;
                }
                source.next();
                let is_fold = one == '\n' && wanted == ' ';
                if one == wanted || is_fold {
                    found = Some(at);
                    if is_single && one == '\'' {
                        source.next();
                    }
                    if is_fold {
                        while source.peek().is_some_and(|(_, one)| one.is_whitespace()) {
                            source.next();
                        }
                    }
                    break;
                }
            }
            last = found.map_or(last, |at| span.start + at);
            starts.push(last);
        }
        Self { file: span.file, starts, whole: span }
    }

    /// The place of the whole scalar, with its quotes.
    pub(crate) fn whole(&self) -> Span {
        self.whole
    }

    /// The place of the characters from `from` to before `to`.
    pub(crate) fn span(&self, from: usize, to: usize) -> Span {
        let at = |character: usize| self.starts.get(character).copied();
        let start = at(from).unwrap_or(self.whole.end);
        let last = to.checked_sub(1).and_then(at).unwrap_or(start);
        let end = at(to).filter(|next| *next > last).unwrap_or(last + 1);
        Span::new(self.file, start, end.min(self.whole.end.max(start)).max(start))
    }
}
