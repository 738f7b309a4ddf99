#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| mana_mcp_tests::fuzzing::token(bytes));
