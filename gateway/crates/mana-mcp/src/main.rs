//! The program: the gateway with the catalog of Mana. It stands apart from the gateway's library so that a change of the
//! catalog compiles the catalog and links.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    mana_mcp::cli::main(&mana_mcp_catalog::CATALOG)
}
