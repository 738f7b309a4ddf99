//! Why a source is not YAML, where that can be told from the line: nearly always a value is to stand in single quotes. The
//! parser's own message names its grammar, and often stands a line later.

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    /// The bytes that are marked: from here …
    pub(super) start: usize,
    /// … to here.
    pub(super) end: usize,
    pub(super) message: String,
    pub(super) help: String,
}

/// The reason for an error at this byte: it is in that line, or in the last one before it that is not empty.
pub(super) fn reason(text: &str, at: usize) -> Option<Reason> {
    let begin = |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let start = begin(at);
    let before = begin(text.get(..start)?.trim_end().len());
    [start, before].into_iter().find_map(|start| {
        let line = text.get(start..)?.lines().next()?;
        Line { text: line, at: 0, open: Vec::new(), is_value: false }.reason(start)
    })
}

/// A line of a source that is read from its beginning.
struct Line<'a> {
    text: &'a str,
    at: usize,
    /// The brackets of YAML that are open: where they begin.
    open: Vec<usize>,
    /// Whether a key stands before.
    is_value: bool,
}

impl Line<'_> {
    fn reason(mut self, start: usize) -> Option<Reason> {
        loop {
            self.skip_blanks();
            let rest = self.rest();
            let first = rest.chars().next()?;
            let found = match first {
                '#' if self.is_value && !rest.starts_with("# ") => {
                    let end = self.end_of_plain();
                    Some(self.quoted(self.at, end, "` #` begins a comment"))
                }
                '#' => return None,
                '-' if rest.starts_with("- ") && self.open.is_empty() => {
                    self.at += 2;
                    None
                }
                '{' | '[' => {
                    self.open.push(self.at);
                    self.at += 1;
                    self.is_value = false;
                    None
                }
                '}' | ']' => self.close(),
                ',' => {
                    self.at += 1;
                    self.is_value = false;
                    None
                }
                '"' | '\'' => self.text_in_quotes(first)?,
                _ => self.plain(first),
            };
            if let Some(found) = found {
                return Some(Reason { start: found.start + start, end: found.end + start, ..found });
            }
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// A bracket that ends: what stands behind it is none of YAML's.
    fn close(&mut self) -> Option<Reason> {
        self.at += 1;
        let opened = self.open.pop()?;
        self.skip_blanks();
        let is_over = self.rest().is_empty() || self.rest().starts_with([',', '}', ']', '#', ':']);
        (!is_over).then(|| self.quoted(opened, self.end_of_plain(), "this does not end with its bracket"))
    }

    /// A text in quotes; the outer `None` where it does not end in this line.
    fn text_in_quotes(&mut self, quote: char) -> Option<Option<Reason>> {
        let opened = self.at;
        let mut characters = self.rest().char_indices().skip(1).peekable();
        let mut end = None;
        while let Some((at, one)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            match one {
                '\\' if quote == '"' => {
                    if let Some(next) = next.filter(|next| !"0abt\tnvfre \"/\\N_LPxuU".contains(*next)) {
                        let help = format!("in single quotes, `\\{next}` stays as it is written");
                        let message = format!("`\\{next}` is not an escape in double quotes");
                        let start = opened + at;
                        return Some(Some(Reason { start, end: start + 1 + next.len_utf8(), message, help }));
                    }
                    characters.next();
                }
                '\'' if quote == '\'' && next == Some('\'') => drop(characters.next()),
                one if one == quote => {
                    end = Some(at + 1);
                    break;
                }
                _ => {}
            }
        }
        self.at = opened + end?;
        let is_key = self.rest().starts_with(':');
        if is_key {
            self.at += 1;
            self.is_value = true;
            return Some(None);
        }
        self.skip_blanks();
        let is_over = self.rest().is_empty()
            || self.rest().starts_with('#')
            || !self.open.is_empty() && self.rest().starts_with([',', '}', ']']);
        Some((!is_over).then(|| {
            if quote == '\'' && self.rest().starts_with(char::is_alphabetic) {
                let message = "an apostrophe in single quotes is written twice".to_owned();
                return Reason { start: self.at - 1, end: self.at, message, help: "write `''`".to_owned() };
            }
            self.quoted(opened, self.end_of_plain(), "this does not end with its text in quotes")
        }))
    }

    /// A key, or a value without quotes.
    fn plain(&mut self, first: char) -> Option<Reason> {
        if !self.is_value
            && let Some(length) = self.key()
        {
            self.at += length;
            self.is_value = true;
            return None;
        }
        let second = self.rest().chars().nth(1);
        let is_odd = match first {
            '@' | '`' | '%' | '!' | '&' | '*' => true,
            '|' | '>' => !matches!(second, None | Some('-' | '+' | '0'..='9' | ' ')),
            _ => false,
        };
        let end = self.end_of_plain();
        let written = self.text.get(self.at..end).unwrap_or_default();
        if is_odd {
            return Some(self.quoted(self.at, end, &format!("a value that begins with `{first}` stands in quotes")));
        }
        if written.starts_with("${") && !self.open.is_empty() {
            return Some(self.quoted(self.at, end, "an expression in braces stands in quotes"));
        }
        if self.is_value && self.open.is_empty() && written.contains(": ") {
            return Some(self.quoted(self.at, end, "a colon and a space end a key"));
        }
        if written.matches('(').count() > written.matches(')').count() {
            return Some(self.quoted(self.at, self.end_of_call(), "a value with a comma in braces stands in quotes"));
        }
        if self.is_value && !self.open.is_empty() && written.contains(['[', '{']) {
            return Some(self.quoted(self.at, self.end_of_call(), "a value with a bracket in braces stands in quotes"));
        }
        self.at = end.max(self.at + 1);
        None
    }

    /// The length of the key that begins here, with its colon.
    fn key(&self) -> Option<usize> {
        let rest = self.rest();
        let end = rest.find(": ").or_else(|| rest.trim_end().strip_suffix(':').map(str::len))?;
        let is_one =
            rest.get(..end)?.chars().all(|one| one.is_alphanumeric() || matches!(one, '_' | '$' | '-' | '.' | '<'));
        is_one.then_some(end + 1)
    }

    /// Where the value ends that begins here and is without quotes.
    fn end_of_plain(&self) -> usize {
        let rest = self.rest();
        let end = match self.open.is_empty() {
            _ if rest.starts_with("${") => self.end_of_expression() - self.at,
            true => rest.find(" #").unwrap_or(rest.len()),
            false => rest.find([',', '}', ']']).unwrap_or(rest.len()),
        };
        self.at + rest.get(..end).unwrap_or(rest).trim_end().len()
    }

    /// Where the `${…}` ends that begins here.
    fn end_of_expression(&self) -> usize {
        let mut open = 0_usize;
        for (at, one) in self.rest().char_indices() {
            match one {
                '{' => open += 1,
                '}' if open == 1 => return self.at + at + 1,
                '}' => open = open.saturating_sub(1),
                _ => {}
            }
        }
        self.text.len()
    }

    /// Where the value ends that begins here and has commas in its brackets.
    fn end_of_call(&self) -> usize {
        let mut open = 0_usize;
        for (at, one) in self.rest().char_indices() {
            match one {
                '(' | '[' | '{' => open += 1,
                ')' | ']' | '}' if open > 0 => open -= 1,
                ',' | '}' | ']' if open == 0 => {
                    return self.at + self.rest().get(..at).unwrap_or_default().trim_end().len();
                }
                _ => {}
            }
        }
        self.end_of_plain()
    }

    fn quoted(&self, start: usize, end: usize, message: &str) -> Reason {
        let written = self.text.get(start..end).unwrap_or_default();
        let help = format!("put it in single quotes: `'{}'`", written.replace('\'', "''"));
        Reason { start, end: end.max(start + 1), message: message.to_owned(), help }
    }
}
