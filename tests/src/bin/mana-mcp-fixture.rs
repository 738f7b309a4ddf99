//! The gateway with the fixture catalog: what the integration tests run. It is the real gateway but
//! for its tools.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    mana_mcp::cli::main(&mana_mcp_fixture::CATALOG)
}
