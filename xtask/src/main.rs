//! The project's own commands. They alone read and write the files of the compiler, which is pure.

mod arrows;
mod artefacts;
mod bench;
mod check;
mod ci;
mod compat;
mod crypto;
mod docs;
mod edited;
mod emitted;
mod explain;
mod fixture;
mod former;
mod fuzz;
mod generate;
mod grown;
mod new;
mod notices;
mod package;
mod problems;
mod programs;
mod progress;
mod published;
mod report;
mod scale;
mod sync;
mod throwaway;
mod try_fast;
mod try_tool;
mod watch;
mod web;
mod workspace;

use std::io::{Write as _, stderr};
use std::process::ExitCode;

use clap::Parser;

use programs::is_broken_pipe;

/// The project's own commands.
///
/// A tool is described in catalog/MODULE.yaml; `cargo xtask check` says what is wrong with it, and `cargo xtask gen`
/// writes the Rust, the schemas and the pages that follow from it. `cargo xtask explain` says what a code means.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
enum Xtask {
    Gen(generate::Args),
    Check(check::Args),
    Explain(explain::Args),
    Crypto(crypto::Args),
    Web(web::Args),
    Compat(compat::Args),
    Artefacts(artefacts::Args),
    Package(package::Args),
    Report(report::Args),
    Docs(docs::Args),
    Notices(notices::Args),
    New(new::Args),
    Try(try_tool::Args),
    Arrows(arrows::Args),
    Grown(grown::Args),
    Ci(ci::Args),
    Bench(bench::Args),
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    let outcome = match Xtask::parse() {
        Xtask::Gen(args) => generate::run(args),
        Xtask::Check(args) => check::run(args),
        Xtask::Explain(args) => explain::run(args),
        Xtask::Crypto(args) => crypto::run(args),
        Xtask::Web(args) => web::run(args),
        Xtask::Compat(args) => compat::run(args),
        Xtask::Artefacts(args) => artefacts::run(args),
        Xtask::Package(args) => package::run(args),
        Xtask::Report(args) => report::run(&args),
        Xtask::Docs(args) => docs::run(args),
        Xtask::Notices(args) => notices::run(args),
        Xtask::New(args) => new::run(args),
        Xtask::Try(args) => try_tool::run(args),
        Xtask::Arrows(args) => arrows::run(&args).map(|()| ExitCode::SUCCESS),
        Xtask::Grown(args) => grown::run(&args).map(|()| ExitCode::SUCCESS),
        Xtask::Ci(args) => ci::run(args).map(|()| ExitCode::SUCCESS),
        Xtask::Bench(args) => bench::run(args).map(|()| ExitCode::SUCCESS),
        Xtask::Fuzz(args) => fuzz::run(&args).map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        // Who reads the output has seen enough, as in `cargo xtask gen --stdout | head`. The status is the one that shells give
        // programs that end so (128 and SIGPIPE): a check that was cut short has not passed.
        Err(error) if is_broken_pipe(&error) => ExitCode::from(141),
        // For people who made a mistake: what, without where in this program.
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
        Ok(code) => code,
    }
}
