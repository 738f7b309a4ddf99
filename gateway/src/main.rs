//! The binary: reads the command line and runs the command.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use mana_mcp::cli::{self, Cli};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // Once, before anything speaks TLS. An error means that there is one already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    cli::run(Cli::parse())
}
