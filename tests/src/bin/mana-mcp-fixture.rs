//! The gateway that tests run. It is the real gateway but for its tools and its clock: it serves the fixture catalog, or with
//! `TEST_CATALOG=shipped` the real one, and calls are made at the time that stands in the file `TEST_CLOCK`, where there is one.

#![forbid(unsafe_code)]

use std::{env, fs, process::ExitCode};

use mana_mcp_runtime::{decode::Timestamp, tool::set_clock};

fn main() -> ExitCode {
    if env::var_os("TEST_CLOCK").is_some() {
        set_clock(|| {
            let written = env::var_os("TEST_CLOCK").and_then(|path| fs::read_to_string(path).ok());
            written.and_then(|time| time.trim().parse().ok()).unwrap_or_else(Timestamp::now)
        });
    }
    match env::var("TEST_CATALOG").as_deref() {
        Ok("shipped") => mana_mcp::cli::main(&mana_mcp_catalog::CATALOG),
        _ => mana_mcp::cli::main(&mana_mcp_fixture::CATALOG),
    }
}
