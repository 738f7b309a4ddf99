//! How text looks on a terminal. Elsewhere it is plain.

use std::io::{self, IsTerminal, Write};

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
    let _ = writeln!(io::stderr(), "{label} {text}");
}

/// Writes a line to standard output. Whoever reads it may have had enough, as `head` does: what a command found, and its exit
/// status, do not depend on that.
pub(super) fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let said = writeln!(out, "{text}").and_then(|()| out.flush());
    said.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}
