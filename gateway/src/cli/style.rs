//! How text looks on a terminal. Elsewhere it is plain.

use std::{
    borrow::Cow,
    io::{self, IsTerminal, Write},
};

use url::Url;

/// Whether standard output may be coloured.
pub(super) fn is_coloured() -> bool {
    may_be_coloured(&io::stdout())
}

/// See no-color.org.
fn may_be_coloured(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A heading.
pub(super) fn heading(text: &str, coloured: bool) -> String {
    if coloured { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

/// Tells on standard error what went wrong.
pub(super) fn complain(text: &str) {
    let label = if may_be_coloured(&io::stderr()) { "\x1b[1;31merror:\x1b[0m" } else { "error:" };
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{label} {}", printable(text));
}

/// A text that others may have written, with `\u…` for every character that a terminal would obey and not show: control
/// characters but for the end of a line, and those that change the direction of the text around them. Within the strings of
/// JSON these escapes mean the same characters.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    };
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            // None of them is beyond the basic plane, so four digits are enough.
            shown.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// An address of a service as it is shown: what follows the path may be a secret.
pub(super) fn address(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// Writes a line to standard output. Its reader may have had enough, as `head` does: what a command found, and its exit
/// status, do not depend on that.
pub(super) fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let said = writeln!(out, "{text}").and_then(|()| out.flush());
    said.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_as_an_escape() {
        let evil = "a\u{1b}]0;x\u{7}b\u{9b}2Jc\u{9d}d\u{7f}e\u{202e}f\u{2066}g\rh";
        assert_eq!(printable(evil), r"a\u001b]0;x\u0007b\u009b2Jc\u009dd\u007fe\u202ef\u2066g\u000dh");
        for plain in ["two\nlines\tand a tab", "Zoë 😀 שלום"] {
            assert!(matches!(printable(plain), Cow::Borrowed(same) if same == plain));
        }
        // In a JSON string the escapes are the characters.
        let json = serde_json::Value::from("\u{9b}\u{202e}\u{7f}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&printable(&json.to_string())).unwrap(), json);
    }

    #[test]
    fn an_address_is_shown_without_its_query() {
        let url = Url::parse("https://id.example/base?key=secret#part").unwrap();
        assert_eq!(address(&url), "https://id.example/base");
    }
}
