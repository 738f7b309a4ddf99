//! Problems of the catalog, shown to people.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use mana_mcp_codegen::diagnostics::render::{self, Style};
use mana_mcp_codegen::{Diagnostic, Diagnostics, Sources};

/// More problems than this are counted, not shown to people.
const SHOWN: usize = 100;

/// How problems are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// With the lines of the source, as rustc does
    Full,
    /// One line each, for editors and scripts
    Concise,
    /// Workflow commands of GitHub Actions, which mark the lines of a pull request
    Github,
    /// One JSON document on standard output, with every place
    Json,
}

impl Format {
    /// Whether people read it, and may be told more than the problems.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, Self::Full | Self::Concise)
    }
}

/// Shows problems: to people on standard error, coloured on a terminal only; to machines on standard output, all of them.
pub(crate) fn show(diagnostics: &Diagnostics, sources: &Sources, format: Format) -> std::io::Result<()> {
    match format {
        Format::Full => for_people(diagnostics, |one, style| format!("{}\n", render::full(one, sources, style))),
        Format::Concise => for_people(diagnostics, |one, _| render::concise(one, sources)),
        Format::Github => {
            let mut out = stdout().lock();
            diagnostics.iter().try_for_each(|one| writeln!(out, "{}", render::github(one, sources)))
        }
        Format::Json => writeln!(stdout(), "{:#}", render::json(diagnostics, sources)),
    }
}

fn for_people(diagnostics: &Diagnostics, render: impl Fn(&Diagnostic, Style) -> String) -> std::io::Result<()> {
    let mut out = stderr().lock();
    let coloured = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let style = if coloured { Style::Coloured } else { Style::Plain };
    for diagnostic in diagnostics.iter().take(SHOWN) {
        writeln!(out, "{}", render(diagnostic, style))?;
    }
    let (errors, all) = (diagnostics.errors(), diagnostics.len());
    if all > SHOWN {
        writeln!(out, "… and {} more", all - SHOWN)?;
    }
    if all > 0 {
        writeln!(out, "{}, {}", count(errors, "error"), count(all - errors, "warning"))?;
        writeln!(out, "`cargo xtask explain CODE` says more about a code")?;
    }
    Ok(())
}

/// `1 error`, `2 errors`
pub(crate) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
