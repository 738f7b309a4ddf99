//! `cargo xtask check`: what is wrong with the catalog, and nothing else.

use std::io::{Write as _, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;

use mana_mcp_codegen::compat::{Interface, Judged};

use crate::problems::{self, Format};
use crate::progress::{Progress, summary};
use crate::published::Published;
use crate::watch::watch;
use crate::workspace;

/// Say everything that is wrong with the catalog; write nothing
///
/// All problems of all files are reported at once, each with its place and what to do about it. The exit code is 1
/// where there is an error. A change that `cargo xtask gen` would refuse, because it breaks clients of what is
/// published, is a warning.
///
/// Examples:
///   cargo xtask check
///   cargo xtask check --format concise
///   cargo xtask check --format github    in CI
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// How problems are shown
    #[arg(long, value_enum, default_value_t = Format::Full)]
    format: Format,
    /// Check again whenever a source changes
    #[arg(long)]
    watch: bool,
}

pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let root = workspace::root()?;
    if args.watch { watch(&root, || check(&root, args.format)) } else { check(&root, args.format) }
}

fn check(root: &Path, format: Format) -> anyhow::Result<ExitCode> {
    let progress = Progress::new();
    let sources = workspace::sources(root)?;
    progress.say(&format!("checking {}", problems::count(sources.iter().count(), "source")));
    let checked = mana_mcp_codegen::check(&sources);
    drop(progress);
    match checked {
        Ok((catalog, warnings)) => {
            problems::show(&warnings, &sources, format)?;
            let interface = Interface::of(&catalog);
            if let Some(warning) = would_refuse(root, &interface) {
                warn(&warning, format)?;
            }
            if format.is_for_people() {
                write!(stdout(), "{}", summary(&interface))?;
                writeln!(stdout(), "{}: nothing wrong", problems::count(sources.iter().count(), "source"))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(diagnostics) => {
            problems::show(&diagnostics, &sources, format)?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Why `gen` would not write, if it would not: the first line says so, the others are the changes.
fn would_refuse(root: &Path, interface: &Interface) -> Option<String> {
    let published = match Published::read(root, None) {
        Ok(published) => published,
        Err(error) => return Some(format!("`cargo xtask gen` would fail: {error:#}")),
    };
    let refused: Vec<Judged> = published.judge(interface).into_iter().filter(Judged::is_refused).collect();
    if refused.is_empty() {
        return None;
    }
    let changes = problems::count(refused.len(), "change");
    let base = &published.base;
    let lines = refused.iter().map(|Judged { change, .. }| format!("\n  {} {change}", change.tool));
    Some(format!(
        "`cargo xtask gen` would refuse {changes} that would break clients ({base}):{}",
        lines.collect::<String>()
    ))
}

/// Shows a warning that has no place in a source. The JSON document holds problems with places alone; beside it the
/// warning is on standard error.
fn warn(text: &str, format: Format) -> std::io::Result<()> {
    match format {
        Format::Github => writeln!(stdout(), "::warning::{}", text.replace('%', "%25").replace('\n', "%0A")),
        Format::Full | Format::Concise | Format::Json => writeln!(stderr(), "warning: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::tests::Repository;

    #[test]
    fn what_gen_would_refuse_is_a_warning() {
        let repository = Repository::new();
        let root = repository.root();
        repository.lock();
        assert_eq!(would_refuse(root, &repository.interface()), None);
        repository.module("books", "look", 100);
        let told = would_refuse(root, &repository.interface()).unwrap();
        let lines: Vec<&str> = told.lines().collect();
        assert!(lines[0].starts_with("`cargo xtask gen` would refuse 1 change"), "{told}");
        assert_eq!(lines[1], "  books.look input/title: at most 100 characters instead of 500");
        assert_eq!(check(root, Format::Concise).unwrap(), ExitCode::SUCCESS);

        repository.write("catalog/lock/books.json", "{");
        assert!(would_refuse(root, &repository.interface()).unwrap().contains("would fail"));
    }
}
