//! Uses of the macros that must not compile, one rule each, and the errors that the author sees (`ui/*.stderr`; to write them
//! anew after a deliberate change: `TRYBUILD=overwrite cargo test -p mana-mcp-runtime --test macros`).

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
