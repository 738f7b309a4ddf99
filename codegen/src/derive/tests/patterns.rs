//! Patterns are held against the subset that all readers of a schema share.

use super::input_errors;

/// Whether a field may have this pattern.
fn is_taken(pattern: &str) -> bool {
    input_errors(&format!("struct It {{ #[input(pattern = {pattern:?})] it: String }}")).is_empty()
}

#[test]
fn shared_syntax_is_taken() {
    let shared = [
        "",
        "a",
        "^#[0-9a-fA-F]{6}$",
        "^[^\\u0000]*$",
        "(?:a|b)+",
        "(a){1,2}b{3,}",
        "\\.\\/\\\\\\u00e4",
        "[\\]\\-\\^a-z_-]",
        "💚?",
        "[&~]",
    ];
    for pattern in shared {
        assert!(is_taken(pattern), "{pattern}");
    }
}

#[test]
fn what_is_read_differently_is_refused() {
    let different = [
        "\\d",
        "[\\w]",
        "\\s",
        "\\bword",
        "\\p{L}",
        "\\A",
        "(a)\\1",
        "\\cA",
        "\\u{1F49A}",
        "a.b",
        "(?i)a",
        "(?=a)",
        "(?<name>a)",
        "(?P<name>a)",
        "[]a]",
        "[^]a]",
        "[[:alpha:]]",
        "[a&&b]",
        "[a--b]",
        "a{,2}",
        "a{x}",
        "a]",
        "a}",
    ];
    for pattern in different {
        assert!(!is_taken(pattern), "{pattern}");
    }
}

#[test]
fn what_is_no_expression_is_refused() {
    for pattern in ["(", ")", "[", "[a", "a{2", "a{2,1}", "*", "\\", "[z-a]", "\\u12", "((a{1000}){1000}){1000}"] {
        assert!(!is_taken(pattern), "{pattern}");
    }
}
