//! `cargo xtask explain`: the page of a code.

use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;

use mana_mcp_codegen::Code;

/// Say what a code of a problem means: why it is refused, an example, and what to write instead
///
/// Examples:
///   cargo xtask explain              lists all codes
///   cargo xtask explain C0007
///   cargo xtask explain missing-key
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The code's number or name; all are listed without it
    code: Option<String>,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut out = stdout().lock();
    let Some(name) = args.code else {
        for code in Code::ALL {
            writeln!(out, "{}  {:<20} {}", code.id(), code.slug(), code.summary().trim())?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some(code) = Code::parse(&name) else {
        let help = Code::suggest(&name).unwrap_or_else(|| "`cargo xtask explain` lists all".to_owned());
        writeln!(stderr(), "there is no code `{name}`; {help}")?;
        return Ok(ExitCode::FAILURE);
    };
    write!(out, "{}", code.markdown())?;
    Ok(ExitCode::SUCCESS)
}
