//! Why a source is not YAML, where no single line is wrong: indentation, brackets and quotes that do not end, keys without a
//! colon. What the parser says of these names its grammar; this says what to write.

use granit_parser::ErrorKind;

use super::explain::Reason;

/// The reason for an error of that kind at this byte.
pub(super) fn reason(text: &str, at: usize, kind: &ErrorKind) -> Reason {
    match kind {
        ErrorKind::UnclosedQuotedScalar => {
            let quote = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or('\'');
            return marked(at, 1, "this text in quotes has no end".to_owned(), format!("end it with `{quote}`"));
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, .. } => {
            let close = closing(*open);
            let help = format!("close the last `{open}` with `{close}` first");
            return marked(at, 1, format!("a `{open}` is still open here"), help);
        }
        ErrorKind::MisplacedFlowCollectionEnd => {
            let help = "leave it out, or open it before".to_owned();
            return marked(at, 1, "this bracket closes nothing".to_owned(), help);
        }
        _ => {}
    }
    let lines = Lines::of(text, at);
    if let Some((start, open)) = lines.open_bracket() {
        return match text.get(start..at).is_some_and(|between| between.contains('\n')) {
            true => {
                let help = format!("close it with `{}` behind its last entry", closing(open));
                marked(start, 1, "this bracket is not closed".to_owned(), help)
            }
            false => {
                let help = "entries in brackets stand as `name: value` or `value`, with `, ` between them".to_owned();
                marked(at, 1, "an entry in brackets ends here, and no comma follows".to_owned(), help)
            }
        };
    }
    lines.reason().unwrap_or_else(|| {
        let help = "compare the indentation, colons, quotes and brackets of this line and of the one above".to_owned();
        marked(at, 1, "this line cannot be read as YAML".to_owned(), help)
    })
}

fn marked(start: usize, length: usize, message: String, help: String) -> Reason {
    Reason { start, end: start + length, message, help }
}

fn closing(open: char) -> char {
    if open == '[' { ']' } else { '}' }
}

/// A line that is neither empty nor a comment.
#[derive(Clone, Copy)]
struct Line<'a> {
    /// The byte at which its text begins, behind its indentation.
    start: usize,
    indent: usize,
    text: &'a str,
}

impl Line<'_> {
    /// The length of its key; `None` where there is none.
    fn key(&self) -> Option<usize> {
        self.text.find(": ").or_else(|| self.text.strip_suffix(':').map(str::len))
    }

    fn is_item(&self) -> bool {
        self.text == "-" || self.text.starts_with("- ")
    }

    fn mark(&self, message: String, help: String) -> Reason {
        marked(self.start, self.text.len(), message, help)
    }

    /// `title Add`, `title:Add`, `title`
    fn lacks_colon(&self) -> Reason {
        let name = self.text.split([' ', ':']).next().unwrap_or_default();
        let value = self.text.get(name.len()..).unwrap_or_default().trim_start_matches([':', ' ']);
        let help = format!("write `{}`", format!("{name}: {value}").trim_end());
        self.mark("a key ends with a colon and a space".to_owned(), help)
    }
}

/// The line of an error, and those before it.
struct Lines<'a> {
    source: &'a str,
    at: usize,
    before: Vec<Line<'a>>,
    wrong: Option<Line<'a>>,
}

impl<'a> Lines<'a> {
    fn of(source: &'a str, at: usize) -> Self {
        let mut before = Vec::new();
        let mut wrong = None;
        let mut begin = 0;
        for raw in source.split_inclusive('\n') {
            let text = raw.trim();
            let indent = raw.len() - raw.trim_start().len();
            let end = begin + raw.len();
            if !text.is_empty() && !text.starts_with('#') {
                let line = Line { start: begin + indent, indent, text };
                if end > at {
                    wrong = Some(line);
                    break;
                }
                before.push(line);
            }
            begin = end;
        }
        Self { source, at, before, wrong }
    }

    /// The last bracket before the error that is open, and where it stands.
    fn open_bracket(&self) -> Option<(usize, char)> {
        let mut open = Vec::new();
        let mut quote = None;
        let mut last = '\n';
        for (at, one) in self.source.char_indices().take_while(|(at, _)| *at < self.at) {
            match quote {
                Some(end) if one == end => quote = None,
                Some(_) => {}
                // In a word, an apostrophe opens nothing; a bracket opens where a value begins.
                None if matches!(one, '"' | '\'') && !last.is_alphanumeric() => quote = Some(one),
                None if matches!(one, '{' | '[') && (!open.is_empty() || last == ' ') => open.push((at, one)),
                None if matches!(one, '}' | ']') => drop(open.pop()),
                None => {}
            }
            // A quote that is not closed in its line was none.
            if one == '\n' {
                quote = None;
            }
            last = one;
        }
        open.pop()
    }

    /// The levels of indentation that are open before the line of the error, the outermost first.
    fn levels(&self) -> Vec<usize> {
        let mut levels: Vec<usize> = Vec::new();
        for line in &self.before {
            levels.retain(|level| *level <= line.indent);
            if levels.last() != Some(&line.indent) {
                levels.push(line.indent);
            }
            if line.is_item() {
                levels.push(line.indent + 2);
            }
        }
        levels
    }

    /// The last line before the error that is more than the rest of a text that begins above it.
    fn above(&self) -> Option<Line<'a>> {
        let (last, before) = self.before.split_last()?;
        let begins = before.iter().rev().find(|line| line.indent < last.indent);
        let has_value = |line: &Line<'_>| {
            line.key().is_some_and(|key| line.text.get(key + 1..).is_some_and(|rest| !rest.is_empty()))
        };
        match begins {
            Some(begins) if last.key().is_none() && !last.is_item() && has_value(begins) => Some(*begins),
            _ => Some(*last),
        }
    }

    fn reason(&self) -> Option<Reason> {
        let line = self.wrong?;
        let above = self.above()?;
        if above.key().is_none() && !above.is_item() && line.indent >= above.indent {
            return Some(above.lacks_colon());
        }
        let levels = self.levels();
        if line.indent > above.indent && !above.is_item() {
            if line.key().and_then(|end| line.text.get(..end)).is_some_and(|key| key.contains(' ')) {
                let help = "put the whole text in single quotes, or begin it with `>-` on the line of its key";
                return Some(line.mark("a colon and a space end a key".to_owned(), help.to_owned()));
            }
            let message = "this line is indented more than the one above, which has its value already".to_owned();
            return Some(line.mark(message, format!("indent it by {}, not {}", spaces(above.indent), line.indent)));
        }
        if !levels.contains(&line.indent) {
            let less = levels.iter().rev().find(|level| **level < line.indent);
            let more = levels.iter().find(|level| **level > line.indent);
            let help = match (less, more) {
                (Some(less), Some(more)) => format!("indent it by {less} or by {}", spaces(*more)),
                (Some(one), None) | (None, Some(one)) => format!("indent it by {}", spaces(*one)),
                (None, None) => return None,
            };
            let message = format!("this line is indented by {}, as none above it is", spaces(line.indent));
            return Some(line.mark(message, help));
        }
        if line.key().is_none() && !line.is_item() {
            return Some(line.lacks_colon());
        }
        let same = self.before.iter().rev().find(|other| other.indent <= line.indent)?;
        if line.is_item() && !same.is_item() {
            let message = "a line with `-` stands among keys".to_owned();
            return Some(line.mark(message, "indent it under the key that it belongs to, or leave `-` out".to_owned()));
        }
        if same.is_item() && !line.is_item() {
            let message = "a key stands among lines with `-`".to_owned();
            return Some(
                line.mark(message, "begin it with `- `, or indent it as the key that it belongs to".to_owned()),
            );
        }
        None
    }
}

fn spaces(count: usize) -> String {
    match count {
        1 => "1 space".to_owned(),
        count => format!("{count} spaces"),
    }
}
